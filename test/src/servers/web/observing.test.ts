/** An observer's evening in chromium, with a station as a user starts it. */
import { spawnSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { painted, TestBrowser, turnTo } from '#test/support/browser.js';
import { pixelsOf } from '#test/support/page-checks.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { type StationProcess, startAsNpmStart, startStation } from '#test/support/station-process.js';
import { suite } from '#test/support/test.js';

/** So long the first picture may take on a machine that does much else; what it took is printed. */
const PICTURE_LIMIT_MS = 20_000;
/** Frames that the camera counts and never sends, every two seconds, and one in fifty that may have been lost anywhere. */
const FAULTS = Array.from({ length: 60 }, (_, i) => `frame-gap@${40 * i + 30}`).join();
const CAMERA = `sim:tiny?fps=20&frame-gap=0.02&fault=${FAULTS}`;

const test = suite('an evening with the station page', 120_000);
const browser = new TestBrowser(test);
let evening: StationProcess | null = null;

/** The station of all tests but the first, which watches until a session is started. */
function station(): StationProcess {
  evening ??= startStation('--watch', '--camera', CAMERA, '--latitude', '30', '--longitude', String(afternoon()));
  return evening;
}

/** The longitude at which it is three in the afternoon: what is planned for the night does not begin meanwhile. */
function afternoon(): number {
  const degrees = (15 - new Date().getUTCHours()) * 15;
  return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
}

test.after(async () => {
  await evening?.end();
});

peerTest(test, ['chromium'], 'npm start shows the sky as soon as it is ready', async () => {
  // The browser runs before: what is measured is the station and its page.
  await browser.open('about:blank', async (page) => {
    const started = startAsNpmStart();
    try {
      const [address] = await Promise.all([started.address, started.says(' streams ')]);
      const readyMs = performance.now();
      await page.goto(address);
      const canvas = page.locator('.picture canvas[data-frame]');
      await canvas.waitFor();
      const tookMs = performance.now() - readyMs;
      process.stdout.write(`from npm start being ready to pixels on the screen: ${(tookMs / 1_000).toFixed(2)} s\n`);
      assert.ok(tookMs < PICTURE_LIMIT_MS, `${tookMs} ms`);
      assert.ok(new Set((await pixelsOf(await canvas.screenshot())).rgb).size > 5, 'the picture has stars on a sky');
    } finally {
      await started.end();
    }
  });
});

peerTest(
  test,
  ['chromium', 'astropy'],
  'a session is recorded, marked and stopped, its gaps have causes, its frames are browsed and fetched, its audit is read',
  async () => {
    await station().says(' streams ');
    await browser.open(await station().address, async (page, faults) => {
      await turnTo(page, 'sessions');
      await page.getByLabel('Name', { exact: true }).fill('(433) Eros');
      await page.getByRole('button', { name: 'Start recording' }).click();
      await page.getByText(/has recorded for/).waitFor();
      await page.getByLabel('Note', { exact: true }).fill('it vanished');
      await page.getByRole('button', { name: 'Keep this moment' }).click();
      await page.getByText(/UTC \(.*\) of .* is kept/).waitFor();

      await turnTo(page, 'live');
      const causes = page.locator('.gap-list .gap-cause');
      for (const cause of [/network/i, /camera/i]) await causes.filter({ hasText: cause }).first().waitFor();
      await page.locator('.gap-list summary').first().click();
      await page
        .locator('.gap-list details[open]')
        .getByText(/^\d+ frames?.* cause \S+$/)
        .waitFor();

      await turnTo(page, 'sessions');
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('button', { name: 'Yes, stop' }).click();
      await page.locator('.recording[data-on="false"]').waitFor({ state: 'attached' });
      await page.getByRole('row', { name: /Eros/ }).getByRole('button').click();

      const panel = page.getByRole('region', { name: 'Session', exact: true });
      await panel.getByRole('button', { name: 'First' }).click();
      const told = panel.locator('.frame-browser output');
      await told.filter({ hasText: /^frame \d/ }).waitFor();
      const first = await told.innerText();
      await panel.getByRole('slider', { name: 'Time in the session' }).press('ArrowRight');
      await told.filter({ hasNotText: first }).waitFor();
      const number = Number(/^frame (\d+), /.exec(await told.innerText())?.[1]);
      assert.ok(number > 1);
      const picture = page.getByRole('region', { name: 'Recorded frame' });
      await picture.locator(`canvas[data-frame="${number}"]`).waitFor();
      await fetchFrame(page, number);

      await panel.getByRole('button', { name: 'Audit', exact: true }).click();
      await panel.getByRole('button', { name: 'Run the audit' }).click();
      await panel.getByText(/^Timing of this session: /).waitFor();
      await panel.getByRole('heading', { name: 'Ranges of frames' }).waitFor();
      assert.ok((await panel.getByRole('row').count()) > 2);
      const [report] = await Promise.all([
        page.waitForEvent('popup'),
        panel.getByRole('link', { name: 'The whole report' }).click(),
      ]);
      await report.getByRole('heading', { level: 1 }).waitFor();
      await report.close();
      assert.equal(faults, []);
    });
  },
);

/** Downloads the frame that is shown; the file holds the start and the mean that the page tells. The header in row 0 is no light. */
async function fetchFrame(page: Page, number: number): Promise<void> {
  const fact = (name: string) =>
    page
      .locator('.frame-facts .facts > div', { has: page.locator(`dt:text-is("${name}")`) })
      .locator('dd')
      .innerText();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as FITS' }).click(),
  ]);
  assert.ok(
    download.suggestedFilename().endsWith(`_${String(number).padStart(6, '0')}.fits`),
    download.suggestedFilename(),
  );
  const program = `
from astropy.io import fits
import sys
with fits.open(sys.argv[1]) as hdus:
    hdu = [h for h in hdus if h.data is not None][0]
    print(hdu.header['DATE-OBS'].replace('T', ' '), hdu.data.shape, '%.1f' % hdu.data[1:].mean())`;
  const read = spawnSync(PYTHON, ['-c', program, await download.path()], { encoding: 'utf8' });
  const start = (await fact('start')).replace(' UTC', '');
  const mean = /mean ([\d.]+)/.exec(await fact('ADU'))?.[1];
  const [day, time, ...rest] = read.stdout.trim().split(' ');
  assert.ok(start.startsWith(`${day} ${time}`), `${start}: ${read.stdout}${read.stderr}`);
  assert.is(rest.join(' '), `(240, 320) ${mean}`);
}

peerTest(
  test,
  ['chromium'],
  'by keys alone a control is set, whose answer is shown, and a session begins and ends',
  async () => {
    await station().says(' streams ');
    await browser.open(await station().address, async (page, faults) => {
      const focused = (words: RegExp) => tabTo(page, words);
      await page.locator('[data-connected="true"]').waitFor({ state: 'attached' });
      await byKeys(page, 'controls');
      const gain = page.locator('#control-Gain');
      await gain.waitFor();
      await focused(/control-Gain"/);
      const answer = page.locator('.control', { has: gain }).locator('.control-answer');
      assert.is(await gain.inputValue(), '0');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await answer.getByText('the camera took 0.1').waitFor();
      assert.is(await gain.inputValue(), '0.1');
      // The slider behind the field takes the arrows, too.
      await page.keyboard.press('Tab');
      await page.keyboard.press('End');
      await answer.getByText('the camera took 24').waitFor();
      assert.is(await gain.inputValue(), '24');

      await page.evaluate('document.activeElement.blur()');
      await byKeys(page, 'sessions');
      await focused(/^<input type="text"/);
      await page.keyboard.type('by keys');
      await page.keyboard.press('Enter');
      await page.getByText(/has recorded for/).waitFor();
      await focused(/>Stop</);
      await page.keyboard.press('Enter');
      await focused(/>Yes, stop</);
      await page.keyboard.press('Enter');
      await page.locator('.recording[data-on="false"]').waitFor({ state: 'attached' });
      await page.getByRole('row', { name: /by keys/ }).waitFor();
      assert.equal(faults, []);
    });
  },
);

/** Turns to a view with the page's own keys. */
async function byKeys(page: Page, view: string): Promise<void> {
  const link = page.locator(`nav.views a[href="#${view}"][aria-current="page"]`);
  while ((await link.count()) === 0) {
    await page.keyboard.press('>');
    await painted(page);
  }
}

/** Presses Tab until what has the focus begins in its HTML with `words`. */
async function tabTo(page: Page, words: RegExp): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (words.test(String(await page.evaluate('document.activeElement.outerHTML.slice(0, 300)')))) return;
    await page.keyboard.press('Tab');
  }
  assert.unreachable(`Tab does not come to ${words}`);
}

peerTest(test, ['chromium'], 'the plan of the nights is written on the page and shown as a timeline', async () => {
  await station().says(' streams ');
  await browser.open(await station().address, async (page, faults) => {
    await turnTo(page, 'night');
    await page.getByRole('button', { name: 'Add an entry' }).click();
    await page.getByLabel('Entry', { exact: true }).fill('Leonids');
    await page.getByLabel('Evening: sun below, degrees').fill('-15');
    await page.getByRole('button', { name: 'Save the plan' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^saved$/ })
      .waitFor();
    await page.reload();
    assert.is(await page.getByLabel('Entry', { exact: true }).inputValue(), 'Leonids');
    await page.getByRole('img', { name: /^Tonight: Leonids from \d\d:\d\d to \d\d:\d\d UTC/ }).waitFor();
    await page.getByRole('button', { name: 'Remove Leonids' }).click();
    await page.getByRole('button', { name: 'Save the plan' }).click();
    await page.getByText('Nothing is planned for this night.').waitFor();
    assert.equal(faults, []);
  });
});

test.run();
