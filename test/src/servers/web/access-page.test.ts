import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { PHONE, TestBrowser } from '#test/support/browser.js';
import { countNotRed, goRoundByTab, pixelsOf, textsBelow, widthTooMuch } from '#test/support/page-checks.js';
import { suite } from '#test/support/test.js';

const test = suite('the page and who may change things');
const browser = new TestBrowser(test);

const startRecording = (page: Page) => page.getByRole('button', { name: 'Start recording' }).click();
const loginButton = (page: Page) => page.getByRole('banner').getByRole('button', { name: 'Log in' });
const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Log in to change things' });
/** A browser says each refusal in its console. */
const besidesRefusals = (faults: readonly string[]) => faults.filter((fault) => !/status of 401/.test(fault));

browser.visit(
  'the printed address leaves no key in the page; who logs out may look only, and is asked where something is tried',
  'sessions',
  async ({ page, station, url, loginUrl, faults }) => {
    assert.is(page.url(), `${url}#sessions`);
    assert.is(await page.evaluate('document.referrer + document.cookie'), '');

    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await loginButton(page).waitFor();
    await startRecording(page);
    await dialogOf(page).getByRole('button', { name: 'Look only' }).click();
    await page.getByText('to change anything needs').waitFor();
    assert.is(station.session, null);

    await startRecording(page);
    await dialogOf(page).getByLabel('Address, key or token').fill('a guess');
    await page.keyboard.press('Enter');
    await dialogOf(page).getByText('each start of the station has a new key').waitFor();
    await page.keyboard.insertText(loginUrl);
    await page.keyboard.press('Enter');
    // What was tried goes on by itself.
    await page.getByText(/has recorded for/).waitFor();
    assert.type(station.session, 'string');
    await loginButton(page).waitFor({ state: 'detached' });
    assert.equal(besidesRefusals(faults), []);
  },
);

browser.visit(
  'without a login all is seen; the way to log in reads by day and by night and fits a phone',
  'live',
  async ({ page, url, faults }) => {
    await page.context().clearCookies();
    await page.goto(`${url}#live`);
    await page.reload();
    await page.locator('.picture canvas[data-frame]').waitFor();
    assert.is(await widthTooMuch(page), 0);
    await loginButton(page).click();
    await dialogOf(page).waitFor();
    assert.is(await widthTooMuch(page), 0);
    assert.equal((await textsBelow(page, 4.5, false)).found, []);
    assert.equal((await goRoundByTab(page)).unringed, []);
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await loginButton(page).click();
    assert.is(countNotRed(await pixelsOf(await page.screenshot())), 0);
    assert.equal(faults, []);
  },
  PHONE,
);

test.run();
