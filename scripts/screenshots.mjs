// npm run screenshots [-- FOLDER]: photographs the main states of the page of a real station on a simulated camera, into docs/images.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { prepare, root } from './prepare.mjs';

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
/** WebGL2 on the CPU: the same picture on every machine. */
const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const LARGEST_BYTES = 150_000;
const STATION_LIMIT_MS = 60_000;
/** So long the plots fill, and stars are found. */
const SETTLE_MS = 6_000;

const NIGHT_PLAN = {
  entries: [
    { name: 'The whole night', when: { kind: 'sun' }, object: 'Occultations' },
    { name: 'Flats', when: { kind: 'clock', from: '15:30', to: '15:40' }, frameType: 'flat', retention: 'keep' },
  ],
};

/** A station that watches; `link` resolves with the address that it prints, which logs a browser in. */
function startStation(folder) {
  const words = [
    'station',
    '--watch',
    '--camera',
    'sim:qhy411-bin3?fps=5',
    '--data',
    join(folder, 'data'),
    '--port',
    '0',
  ];
  const place = ['--station', 'Observatory', '--latitude', '52.5', '--longitude', '13.4', '--elevation', '60'];
  const station = spawn(process.execPath, [join(root, 'bin/appulse.mjs'), ...words, ...place, '--max-bytes', '1GiB'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const link = new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error('the station told no address of its page')), STATION_LIMIT_MS);
    const look = (line) => {
      const found = line.match(/^page +(\S+)$/)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      done(found);
    };
    createInterface({ input: station.stdout }).on('line', look);
    createInterface({ input: station.stderr }).on('line', look);
    station.once('exit', (code) => fail(new Error(`the station ended with ${code}`)));
  });
  return { station, link };
}

async function photograph(page, folder, name) {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const shot = await page.screenshot();
  // As many colours as the size allows.
  for (const colours of [256, 64, 16]) {
    const png = await sharp(shot).png({ palette: true, colours, effort: 10, dither: 0 }).toBuffer();
    if (png.length > LARGEST_BYTES && colours > 16) continue;
    writeFileSync(join(folder, `${name}.png`), png);
    process.stdout.write(`${name}.png: ${png.length} bytes, ${colours} colours\n`);
    return;
  }
}

async function record(page, url) {
  await page.goto(`${url}#sessions`);
  await page.getByLabel('Name', { exact: true }).fill('(433) Eros');
  await page.getByLabel('Object', { exact: true }).fill('(433) Eros');
  await page.getByRole('button', { name: 'Start recording' }).click();
  await page.getByText(/has recorded for/).waitFor();
  await page.waitForTimeout(SETTLE_MS);
}

async function photographAll(browser, link, folder) {
  const url = new URL('/', link).href;
  const page = await (await browser.newContext(DESKTOP)).newPage();
  await page.goto(`${link}#live`);
  await page.locator('.picture canvas[data-frame]').waitFor();
  await record(page, url);
  await photograph(page, folder, 'sessions');
  for (const view of ['live', 'focus', 'controls', 'messages']) {
    await page.goto(`${url}#${view}`);
    await page.waitForTimeout(SETTLE_MS);
    await photograph(page, folder, view);
  }
  await page.goto(`${url}#live`);
  await page.locator('.picture canvas[data-frame]').waitFor();
  await page.keyboard.press('n');
  await page.waitForTimeout(SETTLE_MS);
  await photograph(page, folder, 'night-mode');
  await page.close();

  const phone = await (await browser.newContext(PHONE)).newPage();
  await phone.goto(`${link}#live`);
  await phone.locator('.picture canvas[data-frame]').waitFor();
  await phone.waitForTimeout(SETTLE_MS);
  await photograph(phone, folder, 'phone');
  await phone.close();

  // Last, for it may start a session by itself.
  const night = await (await browser.newContext(DESKTOP)).newPage();
  await night.goto(`${link}#night`);
  const answer = await night.request.put(`${url}api/v1/plan`, { data: NIGHT_PLAN });
  if (!answer.ok()) throw new Error(`the plan was not taken: ${await answer.text()}`);
  await night.goto(`${url}#night`);
  await night.waitForTimeout(SETTLE_MS);
  await photograph(night, folder, 'night-plan');
  await night.close();
}

prepare();
const folder = resolve(process.argv[2] ?? join(root, 'docs/images'));
mkdirSync(folder, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'appulse-screenshots-'));
const { station, link } = startStation(work);
let browser = null;
try {
  const address = await link;
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  await photographAll(browser, address, folder);
} finally {
  await browser?.close();
  if (station.exitCode === null) {
    const ended = new Promise((done) => station.once('exit', done));
    station.kill('SIGTERM');
    await ended;
  }
  rmSync(work, { recursive: true, force: true });
}
