/** What an audit of a web page looks at, in every view, by day and by night, on a desk and on a phone. */
import { rmSync } from 'node:fs';
import type { BrowserContextOptions, Page, Response } from 'playwright-core';
import * as assert from 'uvu/assert';
import { accessibleOf, headingFaults, smallTargets, structureFaults } from '#test/support/accessibility-checks.js';
import { DESKTOP, PHONE, painted, TestBrowser, turnTo, viewNames } from '#test/support/browser.js';
import { countNotRed, goRoundByTab, textsBelow, widthTooMuch, windowsOf } from '#test/support/page-checks.js';
import { peerTest } from '#test/support/peers.js';
import { recordedFolder, servedStation } from '#test/support/recorded-folder.js';
import { suite } from '#test/support/test.js';

const WEIGHT_LIMIT_BYTES = 500_000;
/** What a finger needs: as the guidelines of Android and WCAG 2.5.5 have it, less a border. */
const TARGET_PX = 40;

const test = suite('quality of the station page', 120_000);
const browser = new TestBrowser(test);

/** A page full of everything: a picture, gaps, messages, a recorded session that is looked into and audited. */
async function withFullPage(
  options: BrowserContextOptions,
  run: (page: Page, faults: readonly string[], loaded: readonly Response[]) => Promise<void>,
): Promise<void> {
  const { path } = await recordedFolder(30);
  const served = await servedStation([path]);
  served.station.addGap('network', 2);
  served.station.say('error', 'the imitated disk is full');
  const visit = async (page: Page, faults: readonly string[]) => {
    const loaded: Response[] = [];
    page.on('response', (response) => loaded.push(response));
    await page.reload();
    await page.locator('.picture canvas[data-frame]').waitFor();
    await page.locator('.gap-list li').waitFor();
    await run(page, faults, loaded);
  };
  try {
    await browser.open(`${served.url}#live`, visit, options);
  } finally {
    await served.close();
    rmSync(path, { recursive: true, force: true });
  }
}

/** What a view has after somebody has worked in it. */
async function fill(page: Page, view: string): Promise<void> {
  const folded = page.locator('main .bench-switch[aria-expanded="false"]:visible');
  if ((await folded.count()) > 0) await folded.first().click();
  if (view !== 'sessions') return;
  const rows = page.locator('tbody tr button');
  await rows.first().waitFor();
  if ((await page.locator('tr.chosen').count()) === 0) await rows.first().click();
  await page.locator('section[aria-label="Recorded frame"] canvas[data-frame]').waitFor();
}

for (const [device, options] of [
  ['a desk', DESKTOP],
  ['a phone', PHONE],
] as const) {
  peerTest(
    test,
    ['chromium'],
    `on ${device} each view reads, is named, reached by keys and no wider than its window`,
    () =>
      withFullPage(options, async (page, faults) => {
        const titles = new Set<string>();
        for (const view of await viewNames(page)) {
          await turnTo(page, view);
          await fill(page, view);
          const where = `${view} on ${device}`;
          titles.add(await page.title());
          const { operated, nameless, levels, landmarks } = await accessibleOf(page);
          assert.ok(operated > 5, `${where}: ${operated} controls`);
          assert.equal(nameless, [], `${where}: without a name`);
          assert.equal(headingFaults(levels), [], `${where}: ${levels.join(' ')}`);
          assert.equal([...landmarks].sort(), ['banner', 'main', 'navigation'], where);
          assert.equal(await structureFaults(page), [], where);
          assert.is(await widthTooMuch(page), 0, `${where}: wider than its window`);
          if (options === PHONE) assert.equal(await smallTargets(page, TARGET_PX), [], `${where}: small targets`);
          const { count, found } = await textsBelow(page, 4.5, false);
          assert.ok(count > 5, `${where}: ${count} texts`);
          assert.equal(found, [], `${where}: hard to read`);
          const { unreached, unringed, astray } = await goRoundByTab(page);
          assert.equal([unreached, unringed, astray], [[], [], []], `${where}: Tab`);
          await page.evaluate('document.activeElement.blur(), scrollTo(0, 0)');
        }
        assert.is(titles.size, (await viewNames(page)).length, 'each view has a title of its own');
        assert.equal(faults, []);
      }),
  );

  peerTest(test, ['chromium'], `at night on ${device} each view reads, and no pixel is green or blue`, () =>
    withFullPage(options, async (page, faults) => {
      await page.keyboard.press('n');
      for (const view of await viewNames(page)) {
        await turnTo(page, view);
        await fill(page, view);
        assert.equal((await textsBelow(page, 4, true)).found, [], `${view} on ${device}: hard to read`);
        for (const shot of await windowsOf(page)) {
          assert.is(countNotRed(shot), 0, `${view} on ${device}: pixels with green or blue`);
          assert.ok(new Set(shot.rgb).size > 5, `${view} on ${device} is not black`);
        }
      }
      assert.equal(faults, []);
    }),
  );
}

peerTest(
  test,
  ['chromium'],
  'the keys are shown in a dialog that takes the focus, ends by Escape and gives it back',
  () =>
    withFullPage(DESKTOP, async (page, faults, loaded) => {
      const keys = page.getByRole('button', { name: 'Keys', exact: true });
      await keys.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Keys' });
      await dialog.waitFor();
      for (let i = 0; i < 3; i++) {
        await page.keyboard.press('Tab');
        assert.is(await page.evaluate('document.activeElement.closest("main, header") === null'), true);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await painted(page);
      assert.is(await keys.evaluate((button) => button.matches(':focus')), true, 'the focus is back');

      for (const view of await viewNames(page)) await turnTo(page, view);
      const own = new Set(loaded.map((response) => response.url()).filter((url) => !/\/(api|live)/.test(url)));
      let bytes = 0;
      for (const url of own) {
        const answer = await page.request.get(url);
        assert.is(answer.status(), 200, url);
        // As it is sent: nothing is compressed on the way.
        bytes += (await answer.body()).byteLength;
      }
      assert.ok(own.size >= 3 && bytes > 50_000 && bytes <= WEIGHT_LIMIT_BYTES, `${own.size} files, ${bytes} bytes`);
      assert.equal(faults, []);
    }),
);

test.run();
