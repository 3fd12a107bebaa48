import type { BrowserContext, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { TestBrowser, turnTo } from '#test/support/browser.js';
import { suite } from '#test/support/test.js';

const test = suite('sounds and notifications');
const browser = new TestBrowser(test);

/** Notes each notification and each tone that the page gives, beside giving them. */
const SPY = `(() => {
  window.told = [];
  window.tones = 0;
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      window.told.push(title + ': ' + options.body);
    }
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    window.tones++;
    return start.apply(this, at);
  };
})()`;
const told = (page: Page): Promise<string[]> => page.evaluate('window.told');
const tones = (page: Page): Promise<number> => page.evaluate('window.tones');
/** The station tells its state four times a second: by now it has told it some times more. */
const someStates = (page: Page): Promise<void> => page.waitForTimeout(1_500);
const tick = (page: Page, name: string) => page.getByRole('checkbox', { name, exact: true }).check();
const LIMIT_MS = 20_000;

/** The page forbids what playwright would wait with: text that is run by a timer. */
async function until(page: Page, holds: () => Promise<boolean>): Promise<void> {
  const beganMs = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - beganMs < LIMIT_MS, `waited for ${holds}`);
    await page.waitForTimeout(50);
  }
}
const calls = (page: Page, count: number) => until(page, async () => (await told(page)).length >= count);

async function spiedUpon(context: BrowserContext, page: Page): Promise<void> {
  await context.grantPermissions(['notifications']);
  await page.addInitScript(SPY);
  await page.reload();
  await page.locator('[data-connected="true"]').waitFor({ state: 'attached' });
}

browser.visit(
  'a lost lock, lost frames and a disk that is nearly full are told by sound and notification when chosen, and once',
  'messages',
  async ({ page, station, faults }) => {
    await spiedUpon(page.context(), page);
    assert.is(
      await page.getByRole('checkbox', { checked: true }).count(),
      0,
      'nothing is chosen before the observer does',
    );
    station.grade = 'coarse';
    station.lost += 2;
    station.diskWarning = 'the disk takes 29 min more';
    await page.locator('.unread').waitFor({ state: 'detached' });
    await someStates(page);
    assert.equal([await told(page), await tones(page)], [[], 0]);
    station.grade = 'locked';
    station.diskWarning = null;

    for (const name of ['The time is no longer locked', 'Frames are lost or not recorded', 'The disk is nearly full']) {
      await tick(page, `${name}: Sound`);
      await tick(page, `${name}: Notification`);
    }
    await until(page, async () => (await tones(page)) === 6);
    await someStates(page);
    assert.equal(await told(page), []);

    station.grade = 'coarse';
    await calls(page, 1);
    station.lost += 5;
    await calls(page, 2);
    station.diskWarning = 'the disk takes 29 min more';
    await calls(page, 3);
    const expected = [
      'Imitated station: Imitated camera: the time is no longer locked (coarse)',
      'Imitated station: Imitated camera: 5 frames were lost',
      'Imitated station: Imitated camera: the disk takes 29 min more',
    ];
    assert.equal(await told(page), expected);
    assert.is(await tones(page), 12, 'two tones each');
    assert.match(await page.locator('.alarm').innerText(), /the disk takes 29 min more/);

    // It goes on, comes back, and goes on: all of it within the minute.
    for (const grade of ['locked', 'coarse'] as const) {
      station.grade = grade;
      station.lost += 1;
      await someStates(page);
    }
    assert.equal(await told(page), expected, 'not told again within a minute');
    assert.is(await tones(page), 12);

    await turnTo(page, 'live');
    await page.getByRole('button', { name: 'Seen' }).click();
    await page.locator('.alarm').waitFor({ state: 'detached' });
    assert.equal(faults, []);
  },
);

browser.visit(
  'the browser keeps what was chosen; where notifications are forbidden the page says so and keeps the choice off',
  'messages',
  async ({ page, station, faults }) => {
    await tick(page, 'Frames are lost or not recorded: Sound');
    const notification = page.getByRole('checkbox', {
      name: 'Frames are lost or not recorded: Notification',
      exact: true,
    });
    await notification.click();
    await page
      .getByText(/notifications/)
      .last()
      .waitFor();
    await until(page, async () => (await page.getByRole('checkbox', { checked: true }).count()) === 1);
    await page.reload();
    await page
      .getByRole('checkbox', { name: 'Frames are lost or not recorded: Sound', exact: true, checked: true })
      .waitFor();
    assert.not(await notification.isChecked());
    // Another browser has chosen nothing.
    const other = await (await page.context().browser()?.newContext())?.newPage();
    assert.ok(other !== undefined);
    await other.goto(page.url());
    await other.getByRole('checkbox', { name: 'Frames are lost or not recorded: Sound', exact: true }).waitFor();
    assert.is(await other.getByRole('checkbox', { checked: true }).count(), 0);
    await other.context().close();
    station.lost += 1;
    await page.locator('.alarm', { hasText: 'a frame was lost' }).waitFor();
    assert.equal(faults, []);
  },
);

test.run();
