/**
 * The station's page in Debian's chromium: one browser for the tests of a file, a fresh profile for each page, and a record of all
 * that went wrong in it. Where chromium is missing, tests are skipped as in peers.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Test } from 'uvu';
import { WebServer } from '#src/servers/web/web-server.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { peerTest } from '#test/support/peers.js';

const ARGS = [
  '--no-sandbox',
  // WebGL2 on the CPU, so that pictures are the same on every machine.
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // A name that somebody has made to lead to this machine.
  '--host-resolver-rules=MAP bent.example 127.0.0.1',
];
/** A canvas that is read back, as for a screenshot, is slow: the browser's warning of that is none about the page. */
const OF_SCREENSHOTS = 'GPU stall due to ReadPixels';
const LAUNCH_LIMIT_MS = 40_000;
const STEP_LIMIT_MS = 20_000;

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

/** A page on a station of its own. */
export interface Visit {
  readonly page: Page;
  readonly station: ImitatedStation;
  readonly url: string;
  /** The address that the station prints, with the key of the run. */
  readonly loginUrl: string;
  /** Errors and warnings of the console, exceptions, requests that failed, requests to another origin, in words. */
  readonly faults: readonly string[];
}

/** The chromium of a test file: begun with the first page, ended after the last test. */
export class TestBrowser {
  readonly #test: Test;
  #browser: Promise<Browser> | null = null;

  constructor(test: Test) {
    this.#test = test;
    test.after(async () => {
      await (await this.#browser)?.close();
    });
  }

  /** Registers a test on a page that may change things, shows view `view` and has told of its first frame. */
  visit(
    name: string,
    view: string,
    run: (visit: Visit) => Promise<void>,
    options: BrowserContextOptions = DESKTOP,
  ): void {
    peerTest(this.#test, ['chromium'], name, () => this.#visit(view, run, options));
  }

  /** Opens `address` in a fresh profile, and closes it after `run`; for tests that have a server of their own. */
  async open(
    address: string,
    run: (page: Page, faults: readonly string[]) => Promise<void>,
    options: BrowserContextOptions = DESKTOP,
  ): Promise<void> {
    this.#browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS, timeout: LAUNCH_LIMIT_MS });
    const browser = await this.#browser;
    const context = await browser.newContext(options);
    try {
      context.setDefaultTimeout(STEP_LIMIT_MS);
      const page = await context.newPage();
      const faults = recordFaults(page, address);
      await page.goto(address);
      await run(page, faults);
    } finally {
      await context.close();
    }
  }

  async #visit(view: string, run: (visit: Visit) => Promise<void>, options: BrowserContextOptions): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'appulse-page-'));
    const station = new ImitatedStation();
    const server = await WebServer.open({ station, dataFolders: [folder], host: '127.0.0.1', port: 0 });
    const visit = async (page: Page, faults: readonly string[]) => {
      await page.locator('[data-connected="true"]').waitFor({ state: 'attached' });
      await run({ page, station, url: server.url, loginUrl: server.loginUrl, faults });
    };
    try {
      await this.open(`${server.loginUrl}#${view}`, visit, options);
    } finally {
      await server.close();
      station.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function recordFaults(page: Page, url: string): readonly string[] {
  const faults: string[] = [];
  const { host } = new URL(url);
  const note = (address: string) => {
    const { protocol, host: asked } = new URL(address);
    if (asked !== host && protocol !== 'blob:' && protocol !== 'data:') faults.push(`asked ${address}`);
  };
  page.on('console', (message) => {
    const isBad = message.type() === 'error' || message.type() === 'warning';
    if (isBad && !message.text().includes(OF_SCREENSHOTS))
      faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => note(request.url()));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // What the page itself gives up, such as a question whose answer nobody waits for any more.
    if (why !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()} ${why}`);
  });
  page.on('websocket', (socket) => note(socket.url()));
  return faults;
}

/** Names of the views that the page offers, as they stand behind `#`. */
export function viewNames(page: Page): Promise<string[]> {
  return page
    .locator('nav.views a')
    .evaluateAll((links) => links.map((link) => String(link.getAttribute('href')).slice(1)));
}

/** Turns to a view as a user does, and waits until it has been drawn. */
export async function turnTo(page: Page, view: string): Promise<void> {
  await page.locator(`nav.views a[href="#${view}"]`).click();
  await page.locator(`nav.views a[href="#${view}"][aria-current="page"]`).waitFor();
  await painted(page);
}

/** What was changed before is on the screen: two refreshes have passed. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}
