import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { PHONE, painted, TestBrowser } from '#test/support/browser.js';
import { widthTooMuch } from '#test/support/page-checks.js';
import { suite } from '#test/support/test.js';

/** What an observer looks for: all of it is seen at once. */
const SEEN = [
  '.picture canvas',
  '.picture-tools',
  '.histogram',
  '.utc',
  '.grade',
  '.uncertainty',
  '.why',
  '.clock-facts',
  '.drift .plot',
  '.amounts',
  '.counts',
  '.meters',
  '.history .plot',
  '.gap-list li:nth-child(1)',
] as const;
const DESKS = [
  { width: 1280, height: 800 },
  { width: 1024, height: 768 },
  { width: 1920, height: 1080 },
] as const;

const test = suite('the layout of the live view');
const browser = new TestBrowser(test);

/** By how much the window and the panels beside the picture would have to be scrolled, pixels. */
const SCROLLS = `['html', '.live-picture', '.live-side'].map((name) => {
  const { scrollHeight, clientHeight } = document.querySelector(name);
  return scrollHeight - clientHeight;
})`;

async function notSeen(page: Page): Promise<string[]> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const found: string[] = [];
  for (const name of SEEN) {
    const box = await page.locator(name).boundingBox();
    const isSeen = box !== null && box.width > 0 && box.height > 0 && box.x >= 0 && box.x + box.width <= width;
    if (!isSeen || box.y < 0 || box.y + box.height > height) found.push(`${name}: ${JSON.stringify(box)}`);
  }
  return found;
}

browser.visit(
  'on a desk everything is seen without scrolling, when the time is not locked too; only the list of gaps scrolls',
  'live',
  async ({ page, station, faults }) => {
    station.grade = 'coarse';
    await page.locator('.picture canvas[data-frame]').waitFor();
    await page.locator('.why').waitFor();
    for (let i = 0; i < 30; i++) station.addGap('network', 1 + i);
    await page.locator('.gap-list li').nth(19).waitFor();
    assert.match(await page.locator('.gap-list li').first().innerText(), /30$/, 'the newest gap stands first');
    for (const size of DESKS) {
      await page.setViewportSize(size);
      await painted(page);
      assert.equal(await notSeen(page), [], JSON.stringify(size));
      assert.equal(await page.evaluate(SCROLLS), [0, 0, 0], JSON.stringify(size));
      assert.is(await widthTooMuch(page), 0, JSON.stringify(size));
    }
    await page.getByRole('button', { name: 'Show all 30' }).click();
    await page.locator('.gap-list li').nth(29).waitFor();
    assert.equal(faults, []);
  },
);

browser.visit(
  'on a phone the picture comes first, then its clock, its tools when they are asked for, the stream and the gaps',
  'live',
  async ({ page, station, faults }) => {
    await page.locator('.picture canvas[data-frame]').waitFor();
    station.addGap('network', 2);
    const topOf = async (name: string) => (await page.locator(name).boundingBox())?.y ?? Number.NaN;
    const names = ['.picture-stage', '.clock', '.bench', '.stream', '.gaps'];
    const tops = await Promise.all(names.map(topOf));
    assert.equal(
      tops.toSorted((a, b) => a - b),
      tops,
      names.join(),
    );
    const clock = await page.locator('.clock').boundingBox();
    assert.ok(clock !== null && clock.y + clock.height <= 844, 'picture and clock are seen at once');
    const linear = page.getByRole('button', { name: 'Linear', exact: true });
    assert.not(await linear.isVisible());
    await page.getByRole('button', { name: 'Picture tools' }).click();
    await linear.click();
    await page.reload();
    await linear.waitFor();
    assert.is(await widthTooMuch(page), 0);
    assert.equal(faults, []);
  },
  PHONE,
);

test.run();
