import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { PHONE, painted, TestBrowser, turnTo } from '#test/support/browser.js';
import { countNotRed, pixelsOf } from '#test/support/page-checks.js';
import { suite } from '#test/support/test.js';

const test = suite('night mode');
const browser = new TestBrowser(test);

/** What is on the screen now has no green and no blue, and is not black. */
async function isRed(page: Page, what: string): Promise<void> {
  await painted(page);
  const shot = await pixelsOf(await page.screenshot());
  assert.is(countNotRed(shot), 0, `${what}: pixels with green or blue`);
  assert.ok(new Set(shot.rgb).size > 5, `${what} is not black`);
}

async function lightsOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Night mode' }).click();
  await page.locator('html[data-night]').waitFor();
}

/** A list to choose from is open, with the pointer on its second choice; then it is closed. */
async function openListIsRed(page: Page, name: string): Promise<void> {
  const list = page.getByRole('combobox', { name, exact: true });
  await list.click();
  await page.getByRole('option').nth(1).hover();
  await isRed(page, `the open list ${name}`);
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor({ state: 'hidden' });
}

browser.visit('an open list, a tooltip and the keys are red', 'live', async ({ page, faults }) => {
  await page.locator('.picture canvas[data-frame]').waitFor();
  await lightsOut(page);
  await openListIsRed(page, 'What is shown');
  await page.getByRole('button', { name: 'Manual', exact: true }).hover();
  await page.locator('.tooltip').waitFor();
  await isRed(page, 'a tooltip');
  assert.is(await page.locator('button:hover[title]').count(), 0, 'the browser has no title to show');
  await page.getByRole('button', { name: 'Keys' }).click();
  await page.locator('dialog[open]').waitFor();
  await isRed(page, 'the keys');
  assert.equal(faults, []);
});

browser.visit(
  'what is selected, a call and a plan that is refused are red',
  'messages',
  async ({ page, station, faults }) => {
    await lightsOut(page);
    await page.getByRole('checkbox', { name: 'Frames are lost or not recorded: Sound' }).check();
    station.lost += 3;
    await page.locator('.alarm').waitFor();
    await page.keyboard.press('Control+a');
    await isRed(page, 'messages, all of it selected, with a call');

    await turnTo(page, 'sessions');
    await page.getByLabel('Name', { exact: true }).fill('(433) Eros');
    await openListIsRed(page, 'Frames');
    await turnTo(page, 'night');
    await page.getByRole('button', { name: 'Add an entry' }).click();
    await openListIsRed(page, 'When');
    await page.getByRole('combobox', { name: 'When' }).press('Enter');
    await page.getByRole('option', { name: 'by the clock' }).click();
    await page.getByLabel('From', { exact: true }).fill('25:00');
    await page.getByRole('button', { name: /save/i }).click();
    await page.locator('.failure').waitFor();
    await isRed(page, 'a plan that is refused');
    assert.equal(
      faults.filter((fault) => !fault.includes('status of 400')),
      [],
    );
  },
);

browser.visit(
  'on a phone the keys and an open list are red',
  'live',
  async ({ page, faults }) => {
    await page.locator('.picture canvas[data-frame]').waitFor();
    await lightsOut(page);
    await page.getByRole('button', { name: 'Picture tools' }).click();
    await openListIsRed(page, 'What is shown');
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.locator('dialog[open]').waitFor();
    await isRed(page, 'the keys');
    assert.equal(faults, []);
  },
  PHONE,
);

browser.visit('a page that is opened at night is dark before any of it is there', 'live', async ({ page, faults }) => {
  assert.is(await page.locator('meta[name="theme-color"]').getAttribute('content'), '#0b0d12');
  await lightsOut(page);
  const held: (() => void)[] = [];
  await page.route(/\/assets\/.*\.js$/, (route) => {
    held.push(() => void route.continue());
  });
  const loading = page.reload({ waitUntil: 'commit' });
  await page.locator('html[data-night]').waitFor({ state: 'attached' });
  await loading;
  await page.locator('#page').waitFor({ state: 'attached' });
  const shot = await pixelsOf(await page.screenshot());
  assert.is(held.length, 1, 'the script of the page has not come yet');
  assert.is(countNotRed(shot), 0);
  assert.is(await page.locator('meta[name="theme-color"]').getAttribute('content'), '#000000');
  assert.match((await page.locator('link[rel="icon"]').getAttribute('href')) ?? '', /night/);
  for (const go of held) go();
  await page.locator('.picture canvas[data-frame]').waitFor();
  await isRed(page, 'the page when it has come');
  await page.keyboard.press('n');
  assert.match((await page.locator('link[rel="icon"]').getAttribute('href')) ?? '', /icon\.svg$/);
  assert.equal(faults, []);
});

browser.visit('a list is worked by keys as a select is', 'sessions', async ({ page, faults }) => {
  const list = page.getByRole('combobox', { name: 'Frames', exact: true });
  const options = page.getByRole('option');
  await list.focus();
  await page.keyboard.press('ArrowDown');
  assert.is(await list.getAttribute('aria-expanded'), 'true');
  const all = await options.allInnerTexts();
  assert.ok(all.length >= 3, all.join());
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  assert.is(await options.count(), 0, 'chosen is closed');
  assert.is(await list.locator('> :first-child').innerText(), all.at(-1));
  // A letter chooses by how a name begins, and is no key of the page meanwhile.
  await page.keyboard.press('d');
  await page.keyboard.press('Enter');
  assert.match(await list.locator('> :first-child').innerText(), /^d/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Home');
  await page.keyboard.press('Escape');
  assert.match(await list.locator('> :first-child').innerText(), /^d/, 'what is left is not chosen');
  await list.click();
  await page.getByRole('heading', { level: 2 }).first().click();
  assert.is(await options.count(), 0, 'a click elsewhere closes it');
  assert.equal(faults, []);
});

test.run();
