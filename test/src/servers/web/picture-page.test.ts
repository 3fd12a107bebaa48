import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { WebServer } from '#src/servers/web/web-server.js';
import { peerTest } from '#test/support/peers.js';
import { StillStation } from '#test/support/still-station.js';
import { suite } from '#test/support/test.js';

const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const test = suite('the live image in chromium');
let browser: Browser | undefined;

test.after(async () => {
  await browser?.close();
});

/** A page on a station whose picture stands still and that gives no true pixels by itself; `query`: behind its address. */
async function withPage(query: string, run: (page: Page, station: StillStation) => Promise<void>): Promise<void> {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  const station = new StillStation();
  const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
  const page = await browser.newPage({ viewport: { width: 900, height: 800 } });
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
    const side = (name: string, value: number) => ({ name, value, minimum: name.startsWith('O') ? 0 : 8, step: 8 });
    const controls = [side('Width', 120), side('Height', 80), side('OffsetX', 16), side('OffsetY', 0)];
    let asked: unknown;
    await page.route('**/api/v1/cameras/0/controls', async (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ json: { controls } });
      asked = route.request().postDataJSON();
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
    assert.equal(asked, {
      set: [
        { name: 'Width', value: 56 },
        { name: 'Height', value: 16 },
        { name: 'OffsetX', value: 72 },
        { name: 'OffsetY', value: 40 },
      ],
    });
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.is(await page.locator('.region-frame').count(), 0);
  }),
);

test.run();
