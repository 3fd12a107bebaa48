import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { painted, TestBrowser } from '#test/support/browser.js';
import { type Pixels, pixelsOf } from '#test/support/page-checks.js';
import { suite } from '#test/support/test.js';

const PAGE_FILES = fileURLToPath(new URL('../../../../page/', import.meta.url));
const WEIGHT_LIMIT_BYTES = 500_000;

const test = suite('the station page');
const browser = new TestBrowser(test);

const canvasOf = async (page: Page): Promise<Pixels> => pixelsOf(await page.locator('.picture canvas').screenshot());
const firstPicture = (page: Page) => page.locator('.picture canvas[data-frame]').waitFor();

browser.visit(
  'the live image appears, the stretch changes it, 1:1 fetches true pixels',
  'live',
  async ({ page, faults }) => {
    await firstPicture(page);
    const auto = await canvasOf(page);
    assert.ok(new Set(auto.rgb).size > 5, 'the picture has stars on a sky');
    await page.getByRole('button', { name: 'Linear', exact: true }).click();
    await painted(page);
    assert.not(auto.rgb.equals((await canvasOf(page)).rgb), 'another stretch is another picture');

    const answer = page.waitForResponse(/\/api\/v1\/cameras\/0\/pixels\?/);
    await page.getByRole('button', { name: '1:1', exact: true }).click();
    assert.is((await answer).status(), 200);
    await page.locator('.readout-kind', { hasText: 'true pixel' }).waitFor();
    assert.is(await page.locator('.readout-zoom').innerText(), '1.0 : 1');
    assert.equal(faults, []);
  },
);

browser.visit(
  'a region is drawn on the picture; a gap is listed with its cause',
  'live',
  async ({ page, station, faults }) => {
    await firstPicture(page);
    await page.getByRole('button', { name: 'Region', exact: true }).click();
    const box = await page.locator('.picture-stage').boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2 + 40, { steps: 3 });
    await page.mouse.up();
    await page.locator('.region-frame').waitFor();
    assert.ok(Number(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()) > 30);

    station.addGap('network', 7);
    const gap = page.locator('.gap-list li');
    await gap.waitFor();
    assert.match(await gap.locator('summary').innerText(), /7/);
    await gap.locator('summary').click();
    await gap.getByText('imitated network').waitFor();
    await gap.getByText('cause network').waitFor();
    assert.equal(faults, []);
  },
);

browser.visit(
  'the gain is set on the controls view, which shows the answer',
  'controls',
  async ({ page, station, faults }) => {
    const gain = page.locator('#control-Gain');
    await gain.fill('42');
    await gain.press('Enter');
    await page.locator('.control', { has: gain }).locator('.control-answer span').first().waitFor();
    const [told] = await station.controls();
    assert.is(told?.controls.find(({ name }) => name === 'Gain')?.value, 42);
    assert.equal(faults, []);
  },
);

browser.visit('a session is started and stopped', 'sessions', async ({ page, station, faults }) => {
  await page.getByLabel('Name', { exact: true }).fill('(433) Eros');
  await page.getByRole('button', { name: 'Start recording' }).click();
  await page.getByText(/has recorded for/).waitFor();
  assert.type(station.session, 'string');
  await page.locator('.recording[data-on="true"]').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: 'Yes, stop' }).click();
  await page.locator('.recording[data-on="false"]').waitFor({ state: 'attached' });
  assert.is(station.session, null);
  assert.equal(faults, []);
});

test('the whole page weighs 500 kB at most', () => {
  const bytes = readdirSync(PAGE_FILES, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(PAGE_FILES, name)))
    .filter((entry) => entry.isFile())
    .reduce((sum, { size }) => sum + size, 0);
  assert.ok(bytes > 50_000 && bytes <= WEIGHT_LIMIT_BYTES, `${bytes} bytes`);
});

test.run();
