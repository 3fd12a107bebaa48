import { type Browser, chromium, type Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { parseUtc } from '#gps/instant.js';
import { samplePixel } from '#test/storage/sample-session.js';
import { peerTest } from '#test/support/peers.js';
import { ownUserFolder, recordedFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { suite } from '#test/support/test.js';

const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const test = suite('a recorded frame in chromium');
let browser: Browser | undefined;
let served: ServedStation | undefined;

test.after(async () => {
  await browser?.close();
  await served?.close();
});

/** What stands in the readout with the pointer at a share of the picture's width and height. */
async function readAt(page: Page, across: number, down: number) {
  const box = await page.locator('.picture-stage').boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + across * box.width, box.y + down * box.height);
  const text = (name: string) => page.locator(`.readout-${name}`).innerText();
  await page.locator('.picture-readout dt', { hasText: 'cursor' }).waitFor();
  const [column = -1, row = -1] = (await text('pixel')).split(', ').map(Number);
  return { column, row, value: Number(await text('value')), kind: await text('kind'), time: await text('time') };
}

peerTest(
  test,
  ['chromium'],
  'is opened in the viewer of the live image: stretch, zoom, values and times of rows',
  async () => {
    ownUserFolder();
    const { path, session } = await recordedFolder(12);
    served = await servedStation([path]);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
    const page = await browser.newPage({ viewport: { width: 1_280, height: 1_600 } });
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`${served.url}#sessions`);
    await page.locator('section[aria-label="Sessions"] tbody button').click();
    await page.locator('canvas[data-frame="1"]').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('canvas[data-frame="2"]').waitFor();

    const picture = page.locator('section[aria-label="Recorded frame"]');
    await picture.scrollIntoViewIfNeeded();
    const pixel = await readAt(page, 0.43, 0.61);
    assert.ok(pixel.column > 0 && pixel.row > 0, JSON.stringify(pixel));
    assert.equal([pixel.value, pixel.kind], [samplePixel(2, pixel.row * 64 + pixel.column), 'true pixel']);
    const frames = await served.api.get<{ frames: { key: string }[] }>(`/api/v1/frames?session=${session}`);
    const key = frames.frames[1]?.key ?? '';
    const told = await served.api.get<{ startUtcNs: string }>(
      `/api/v1/sessions/${session}/frames/${key}/time?y=${pixel.row}`,
    );
    const shownNs = parseUtc(pixel.time.replace(' UTC', '').replace(' ', 'T'));
    const offNs = Number(shownNs - BigInt(told.startUtcNs));
    assert.ok(offNs <= 0 && offNs > -1_000, `the row's time is off by ${offNs} ns, not cut to the microsecond`);

    await picture.getByRole('button', { name: 'Linear' }).click();
    const white = picture.getByRole('slider', { name: 'White point' });
    await white.press('PageDown');
    assert.is(await picture.getByRole('button', { name: 'Manual' }).getAttribute('aria-pressed'), 'true');
    const put = await white.getAttribute('aria-valuenow');
    await page.locator('.picture-stage').press('1');
    assert.is(await page.locator('.readout-zoom').innerText(), '1.0 : 1');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('canvas[data-frame="3"]').waitFor();
    assert.is(await page.locator('.readout-zoom').innerText(), '1.0 : 1', 'the next frame is seen as the one before');
    assert.is(await white.getAttribute('aria-valuenow'), put);
    await picture.getByRole('combobox', { name: 'What is shown' }).click();
    await page.getByRole('option', { name: 'maximum' }).click();
    await page.getByRole('link', { name: 'Download as FITS' }).waitFor();
    assert.equal(faults, []);
  },
);

test.run();
