import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { AppulseError } from '#gps/errors.js';
import { WebServer } from '#src/servers/web/web-server.js';
import type { PixelRegion } from '#src/station/station-face.js';
import { peerTest } from '#test/support/peers.js';
import { STILL, StillStation } from '#test/support/still-station.js';
import { suite } from '#test/support/test.js';

const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const test = suite('the live image in chromium');
let browser: Browser | undefined;

test.after(async () => {
  await browser?.close();
});

/** A page on a station whose picture stands still and that gives no true pixels by itself; `query`: behind its address. */
async function withPage(
  query: string,
  run: (page: Page, station: StillStation) => Promise<void>,
  station = new StillStation(),
): Promise<void> {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
  const page = await browser.newPage({ viewport: { width: 900, height: 800 }, hasTouch: true });
  try {
    const stars = { 1000: 900, 1001: 2_500, 1060: 4_095, 1061: 4_095, 1500: 310 };
    station.show(1, stars);
    await page.route('**/pixels?*', (route) => route.abort());
    await page.goto(`${server.url}${query}#live`);
    await page.locator('canvas[data-frame="1"]').waitFor();
    await run(page, station);
  } finally {
    await page.close();
    await server.close();
    station.close();
  }
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

/** Red, green and blue of what is on the screen. */
async function seen(page: Page): Promise<Pixels> {
  const png = await page.locator('.picture-canvas').screenshot();
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.is(info.channels, 3);
  return { width: info.width, height: info.height, data };
}

const VIEWS: readonly { readonly name: string; readonly make: (page: Page) => Promise<unknown> }[] = [
  { name: 'auto', make: async () => undefined },
  { name: 'asinh', make: (page) => page.getByRole('button', { name: 'Asinh' }).click() },
  { name: 'saturation', make: (page) => page.getByRole('button', { name: 'Saturation' }).click() },
  { name: 'zoomed', make: (page) => page.locator('.picture-stage').press('+') },
  { name: 'night', make: (page) => page.evaluate('document.documentElement.setAttribute("data-night", "")') },
];

/** What the painter shows of each view, one after the other. */
async function pictures(painter: string): Promise<readonly Pixels[]> {
  const found: Pixels[] = [];
  await withPage(`?painter=${painter}`, async (page) => {
    await page.locator(`canvas[data-painter="${painter}"]`).waitFor();
    for (const { make } of VIEWS) {
      await make(page);
      await painted(page);
      found.push(await seen(page));
    }
  });
  return found;
}

/** What was changed is on the screen two refreshes later. */
const painted = (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

peerTest(test, ['chromium'], 'the GPU and the 2D canvas show the same picture, and at night a red one', async () => {
  const [gpu, canvas] = [await pictures('webgl'), await pictures('2d')];
  for (const [i, { name }] of VIEWS.entries()) {
    const [a, b] = [gpu[i] as Pixels, canvas[i] as Pixels];
    assert.equal([a.width, a.height], [b.width, b.height]);
    let largest = 0;
    for (let at = 0; at < a.data.length; at++) {
      largest = Math.max(largest, Math.abs((a.data[at] as number) - (b.data[at] as number)));
    }
    assert.ok(largest <= 1, `${name}: levels differ by up to ${largest}`);
    const levels = new Set(a.data);
    assert.ok(levels.size > 5, `${name} shows ${levels.size} levels`);
  }
  const night = gpu.at(-1) as Pixels;
  assert.ok(night.data.every((value, at) => at % 3 === 0 || value === 0));
  const saturated = gpu[2] as Pixels;
  assert.ok(
    saturated.data.some((value, at) => at % 3 === 0 && value === 255 && (saturated.data[at + 1] ?? 0) < 100),
    'saturated pixels have a colour of their own',
  );
});

peerTest(
  test,
  ['chromium'],
  'zoomed in, true pixels are fetched and read, but not behind a hold; black and white move by keys',
  () =>
    withPage('', async (page, station) => {
      await page.route('**/api/v1/cameras/0/pixels?*', async (route) => {
        const query = new URL(route.request().url()).searchParams;
        const side = (name: string) => Number(query.get(name));
        const region = { x: side('x'), y: side('y'), width: side('width'), height: side('height') };
        const { pixels, frameNumber, startUtcNs } = await station.pixels(0, region);
        const headers = {
          'x-appulse-frame': String(frameNumber),
          'x-appulse-start-utc-ns': String(startUtcNs),
          'x-appulse-width': String(region.width),
          'x-appulse-height': String(region.height),
          'x-appulse-bit-depth': '12',
        };
        const body = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
        await route.fulfill({ contentType: 'application/octet-stream', headers, body });
      });
      const stage = page.locator('.picture-stage');
      for (let i = 0; i < 4; i++) await stage.press('+');
      await page.locator('.readout-kind', { hasText: 'true pixel' }).waitFor();
      // The middle of the frame: column 60 and row 40 of 120 x 80.
      assert.is(await page.locator('.readout-pixel').innerText(), '60, 40');
      assert.is(await page.locator('.readout-value').innerText(), '1100');
      // 40 of 79 row steps of 100 us behind the start.
      assert.is(await page.locator('.readout-time').innerText(), '2026-11-28 03:00:00.127456 UTC');
      await page.getByRole('combobox', { name: 'What is shown' }).click();
      await page.getByRole('option', { name: 'maximum of the last 15 s' }).click();
      await page.locator('.readout-kind', { hasText: 'preview maximum' }).waitFor();

      const black = page.getByRole('slider', { name: 'Black point' });
      const before = Number(await black.getAttribute('aria-valuenow'));
      await black.press('PageUp');
      assert.ok(Number(await black.getAttribute('aria-valuenow')) > before);
      assert.is(await page.getByRole('button', { name: 'Manual' }).getAttribute('aria-pressed'), 'true');
      await page.getByRole('button', { name: 'Auto' }).click();
      assert.is(Number(await black.getAttribute('aria-valuenow')), before);
    }),
);

peerTest(test, ['chromium'], 'a region is drawn and set at the camera, whose answer is shown', () =>
  withPage('', async (page) => {
    const side = (name: string, value: number) => {
      const minimum = name.startsWith('O') ? 0 : 8;
      return { name, value, minimum, maximum: value, step: 8 };
    };
    const controls = [side('Width', 120), side('Height', 80), side('OffsetX', 16), side('OffsetY', 0)];
    let asked: unknown[] = [];
    await page.route('**/api/v1/cameras/0/controls', async (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ json: { controls } });
      asked.push(route.request().postDataJSON());
      const changes = [{ name: 'Width', value: 56 }];
      return route.fulfill({ json: { changes, refused: [], interrupted: true } });
    });
    await page.getByRole('button', { name: 'Region' }).click();
    const box = await page.locator('.picture-stage').boundingBox();
    assert.ok(box !== null);
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.down();
    await page.mouse.move(middle.x + 40, middle.y + 30, { steps: 3 });
    await page.mouse.up();
    for (const [label, value] of [
      ['Column', 60],
      ['Row', 40],
      ['Width', 57],
      ['Height', 20],
    ] as const) {
      const field = page.getByRole('spinbutton', { name: label });
      await field.fill(String(value));
      await field.press('Tab');
    }
    await page.getByRole('button', { name: 'Set as camera region' }).click();
    await page.getByText('The camera answers: Width 56, the stream was begun again.').waitFor();
    assert.equal(asked, [
      {
        set: [
          { name: 'Width', value: 56 },
          { name: 'Height', value: 16 },
          { name: 'OffsetX', value: 72 },
          { name: 'OffsetY', value: 40 },
        ],
      },
    ]);
    assert.is(await page.locator('.region-frame').count(), 0, 'it was drawn on what the camera read before');
    const stage = await boxOf(page);
    await page.mouse.move(stage.x + stage.width / 2, stage.y + stage.height / 2);
    await page.mouse.down();
    await page.mouse.move(stage.x + stage.width / 2 + 80, stage.y + stage.height / 2 + 60);
    await page.mouse.up();
    await page.locator('.region-frame').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.is(await page.locator('.region-frame').count(), 0);

    asked = [];
    await page.getByRole('button', { name: 'Read the whole sensor' }).click();
    await page.getByText('The camera answers: Width 56').waitFor();
    const set = (...values: [string, number][]) => ({ set: values.map(([name, value]) => ({ name, value })) });
    assert.equal(asked, [set(['OffsetX', 0]), set(['Width', 120], ['Height', 80])]);
  }),
);

const boxOf = async (page: Page) => {
  const box = await page.locator('.picture-stage').boundingBox();
  assert.ok(box !== null);
  return box;
};

/** Where a pixel of the frame is on the screen while all of it is seen. */
function middleOfPixel({ x, y, width, height }: Awaited<ReturnType<typeof boxOf>>, column: number, row: number) {
  const scale = Math.min(width / STILL.frameWidth, height / STILL.frameHeight);
  const at = (middle: number, frame: number, pixel: number) => Math.round(middle + (pixel + 0.5 - frame / 2) * scale);
  return { x: at(x + width / 2, STILL.frameWidth, column), y: at(y + height / 2, STILL.frameHeight, row) };
}

/** The pixel of the frame and the zoom that the readout tells, with the pointer at a place of the window. */
async function readAt(page: Page, x: number, y: number): Promise<{ readonly pixel: string; readonly zoom: string }> {
  await page.mouse.move(x, y);
  await painted(page);
  return {
    pixel: await page.locator('.readout-pixel').innerText(),
    zoom: await page.locator('.readout-zoom').innerText(),
  };
}

peerTest(
  test,
  ['chromium'],
  'the wheel zooms about the cursor, a drag moves, a double click goes to 1:1 and back',
  () =>
    withPage('', async (page) => {
      const stage = await boxOf(page);
      const { x, y } = middleOfPixel(stage, 72, 28);
      const before = await readAt(page, x, y);
      await page.mouse.wheel(0, -600);
      const near = await readAt(page, x, y);
      assert.is(near.pixel, before.pixel);
      assert.ok(Number.parseFloat(near.zoom) > 2 * Number.parseFloat(before.zoom), `${before.zoom} to ${near.zoom}`);
      await page.mouse.down();
      await page.mouse.move(x - 100, y + 50, { steps: 4 });
      await page.mouse.up();
      assert.is((await readAt(page, x - 100, y + 50)).pixel, before.pixel, 'the pixel goes with the pointer');
      await page.mouse.dblclick(x, y);
      assert.is((await readAt(page, x, y)).zoom, '1.0 : 1');
      await page.mouse.dblclick(x, y);
      assert.equal(await readAt(page, x, y), before);
      await page.mouse.wheel(0, 2_000);
      assert.equal(await readAt(page, x, y), before, 'no smaller than it fits');
    }),
);

peerTest(test, ['chromium'], 'two fingers zoom and move, one moves what is zoomed', () =>
  withPage('', async (page) => {
    const touch = await page.context().newCDPSession(page);
    const stage = await boxOf(page);
    const { x, y } = middleOfPixel(stage, 58, 42);
    const touches = async (...steps: readonly (readonly (readonly [number, number])[])[]) => {
      for (const [i, points] of steps.entries()) {
        const type = i === 0 ? 'touchStart' : 'touchMove';
        const touchPoints = points.map(([right, down], id) => ({ x: x + right, y: y + down, id }));
        await touch.send('Input.dispatchTouchEvent', { type, touchPoints });
      }
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    };
    const before = await readAt(page, x, y);
    const apart = (distance: number): [number, number][] => [
      [-distance, 0],
      [distance, 0],
    ];
    await touches(apart(40), apart(60), apart(90), apart(120));
    const near = await readAt(page, x, y);
    assert.is(near.pixel, before.pixel, 'the middle between the fingers stays');
    const factor = Number.parseFloat(near.zoom) / Number.parseFloat(before.zoom);
    assert.ok(Math.abs(factor - 3) < 0.2, `fingers three times as far apart zoom ${factor} times`);
    const shift = (right: number, down: number) => apart(60).map(([a, b]): [number, number] => [a + right, b + down]);
    await touches(shift(0, 0), shift(20, 10), shift(60, 30));
    const moved = await readAt(page, x + 60, y + 30);
    assert.equal(moved, { ...near, pixel: before.pixel }, 'both together move');
    await touches([[60, 30]], [[30, 10]], [[0, 0]]);
    assert.equal(await readAt(page, x, y), near, 'one alone as well');
    await touches(apart(120), apart(60), apart(30));
    assert.equal(await readAt(page, x, y), before, 'together again they go back to the whole frame');
  }),
);

/** Previews of 1500 columns for a picture that is smaller: half stripes of one column, half sky with saturated pixels. */
class WideStation extends StillStation {
  override get cameras() {
    return super.cameras.map((state) => ({ ...state, width: 3_000, height: 2_000 }));
  }

  override preview(camera: number) {
    const still = super.preview(camera);
    if (still === null) return null;
    const [width, height] = [1_500, 1_000];
    const mean = Uint16Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x < width / 2) return x % 2 === 0 ? 200 : 1_000;
      return x % 50 === 7 && y % 50 === 11 ? 4_095 : 200 + ((i * 7919) % 17);
    });
    return { ...still, width, height, mean, maximum: mean };
  }
}

peerTest(
  test,
  ['chromium'],
  'below 1:1 pixels are mixed, alike on GPU and 2D canvas, and no saturated one is lost',
  async () => {
    const shown: Pixels[] = [];
    for (const painter of ['webgl', '2d']) {
      const run = async (page: Page) => {
        await page.locator(`canvas[data-painter="${painter}"]`).waitFor();
        await page.getByRole('button', { name: 'Linear' }).click();
        await painted(page);
        shown.push(await seen(page));
        await page.getByRole('button', { name: 'Saturation' }).click();
        await painted(page);
        shown.push(await seen(page));
      };
      await withPage(`?painter=${painter}`, run, new WideStation());
    }
    const [gpu, gpuMarked, canvas, canvasMarked] = shown as [Pixels, Pixels, Pixels, Pixels];
    for (const [a, b] of [
      [gpu, canvas],
      [gpuMarked, canvasMarked],
    ] as const) {
      const largest = a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (b.data[at] ?? 0))), 0);
      assert.ok(largest <= 1, `levels differ by up to ${largest}`);
    }
    const scale = Math.min(gpu.width / 3_000, gpu.height / 2_000);
    assert.ok(scale < 0.45, `the picture is smaller than its preview: ${scale}`);
    const row = (at: number) => (Math.floor(gpu.height / 2 + at) * gpu.width + Math.floor(gpu.width / 2)) * 3;
    const stripes = Array.from({ length: 100 }, (_, i) => gpu.data[row(3) - 3 * (20 + i)] ?? 0);
    const [dark, light] = [Math.min(...stripes), Math.max(...stripes)];
    assert.ok(light - dark < 70 && dark > 30, `stripes of black and white are a grey: ${dark} to ${light}`);
    // Each star is one pixel of the preview: 15 x 20 of them, with a mark each.
    const isMarked = (at: number) => gpuMarked.data[at] === 255 && (gpuMarked.data[at + 1] ?? 255) < 100;
    let marks = 0;
    for (let at = 0; at < gpuMarked.data.length; at += 3) {
      if (isMarked(at) && !isMarked(at - 3) && !isMarked(at - 3 * gpuMarked.width)) marks++;
    }
    assert.ok(marks >= 300 && marks <= 330, `${marks} marks for 300 saturated pixels`);
  },
);

peerTest(
  test,
  ['chromium'],
  'a hold keeps what moved through the picture; reticle and compass stand where they should',
  () =>
    withPage('', async (page, station) => {
      await page.getByRole('combobox', { name: 'What is shown' }).click();
      await page.getByRole('option', { name: 'maximum of the last 60 min' }).click();
      for (const [number, at] of [
        [2, 1_210],
        [3, 1_230],
        [4, 1_250],
      ] as const) {
        station.show(number, { [at]: 4_000 });
        await page.locator(`canvas[data-frame="${number}"]`).waitFor();
      }
      await painted(page);
      const { width, height, data } = await seen(page);
      const scale = Math.min(width / 60, height / 40);
      const level = (column: number, line: number) => {
        const [x, y] = [width / 2 + (column + 0.5 - 30) * scale, height / 2 + (line + 0.5 - 20) * scale];
        return data[(Math.floor(y) * width + Math.floor(x)) * 3] ?? 0;
      };
      for (const column of [10, 30, 50]) assert.ok(level(column, 20) > 200, `a trail at column ${column}`);
      assert.ok(level(20, 20) < 120);
      await page.getByRole('button', { name: 'Reticle' }).click();
      const circle = page.locator('.reticle circle').first();
      const stage = await boxOf(page);
      assert.ok(Math.abs(Number(await circle.getAttribute('cx')) - stage.width / 2) < 1);
      assert.ok(Math.abs(Number(await circle.getAttribute('cy')) - stage.height / 2) < 1);
      await page.getByRole('button', { name: 'Compass' }).click();
      const middleOf = async (letter: string) => {
        const box = await page.locator('.compass text', { hasText: letter }).boundingBox();
        assert.ok(box !== null);
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      };
      const [north, east] = [await middleOf('N'), await middleOf('E')];
      assert.ok(north.y < east.y && east.x < north.x, 'north is up and east to the left, as on the sky');
      await page.getByRole('checkbox', { name: 'mirrored' }).check();
      assert.ok((await middleOf('E')).x > north.x, 'in a mirror to the right');
      await page.getByRole('spinbutton', { name: 'North at' }).fill('180');
      await page.getByRole('spinbutton', { name: 'North at' }).press('Tab');
      assert.ok((await middleOf('N')).y > (await middleOf('E')).y);
    }),
);

/** A camera that is being opened: it is not known yet, and has sent nothing. */
class OpeningStation extends StillStation {
  isOpen = false;

  override get cameras() {
    return super.cameras.map((state) => (this.isOpen ? state : { ...state, state: 'opening' as const }));
  }

  override async controls() {
    const known = await super.controls();
    return this.isOpen ? known : known.map((each) => ({ ...each, identity: null, controls: [] }));
  }

  override async pixels(camera: number, region: PixelRegion) {
    if (!this.isOpen) throw new AppulseError('station.no-frame', 'the camera has sent no frame yet');
    return super.pixels(camera, region);
  }
}

peerTest(
  test,
  ['chromium'],
  'while the camera is being opened nothing is asked of it that it cannot answer',
  async () => {
    browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
    const station = new OpeningStation();
    const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
    const page = await browser.newPage({ viewport: { width: 900, height: 800 } });
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`);
    });
    const view = (name: string) => page.locator(`nav.views a[href="#${name}"]`).click();
    try {
      await page.goto(`${server.url}#live`);
      await page.getByText('The camera is being opened').waitFor();
      const told = page.waitForResponse((response) => response.url().endsWith('/cameras/0/controls'));
      await view('controls');
      await told;
      await view('focus');
      // As long as two measurements take.
      await page.waitForTimeout(1_200);
      assert.equal(faults, []);
      station.isOpen = true;
      station.show(1);
      await page.waitForResponse((response) => response.url().includes('/cameras/0/pixels?') && response.ok());
      const profiles = page.waitForResponse((response) => response.url().endsWith('/cameras/0/profiles'));
      await view('controls');
      assert.ok((await profiles).ok());
      assert.equal(faults, []);
    } finally {
      await page.close();
      await server.close();
      station.close();
    }
  },
);

test.run();
