/** Pages in chromium, and when each frame came to their screens. */
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Figures } from '../harness.js';
import { coresOfProgram } from './process-figures.js';

/** All else is chromium's own choice: without a GPU it draws on the CPU. */
const ARGS = ['--no-sandbox'];

/**
 * Notes of each frame how long after its last packet it came to the screen, ms: by the refresh behind the one that draws it. Host and
 * browser are on the same clock.
 */
const FOLLOW_FRAMES = `(() => {
  window.latencies = [];
  const canvas = document.querySelector('.picture canvas');
  let number = canvas.dataset.frame;
  new MutationObserver(() => {
    // A picture that is moved is the same frame.
    if (canvas.dataset.frame === number) return;
    number = canvas.dataset.frame;
    const lastPacketMs = Number(BigInt(canvas.dataset.lastPacket) / 1000n) / 1000;
    requestAnimationFrame(() => window.latencies.push(performance.timeOrigin + performance.now() - lastPacketMs));
  }).observe(canvas, { attributes: true, attributeFilter: ['data-frame'] });
})()`;

export class ShownPages {
  readonly #browser: Browser | null;
  readonly #pages: readonly Page[];
  #beganMs = 0;
  #cores: () => number = () => 0;

  private constructor(browser: Browser | null, pages: readonly Page[]) {
    this.#browser = browser;
    this.#pages = pages;
  }

  static async open(url: string, count: number): Promise<ShownPages> {
    if (count === 0) return new ShownPages(null, []);
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
    const pages: Page[] = [];
    for (let i = 0; i < count; i++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`${url}#live`);
      await page.locator('.picture canvas[data-frame]').waitFor();
      await page.evaluate(FOLLOW_FRAMES);
      pages.push(page);
    }
    return new ShownPages(browser, pages);
  }

  /** What was shown until now is forgotten. */
  async begin(): Promise<void> {
    await Promise.all(this.#pages.map((page) => page.evaluate('window.latencies.length = 0')));
    this.#beganMs = performance.now();
    this.#cores = coresOfProgram('chromium');
  }

  /** Since `begin`; none without a page. */
  async figures(): Promise<Figures> {
    if (this.#pages.length === 0) return {};
    const chromiumCores = this.#cores();
    const seconds = (performance.now() - this.#beganMs) / 1_000;
    const each = await Promise.all(this.#pages.map((page) => page.evaluate<readonly number[]>('window.latencies')));
    const ms = each.flat().sort((a, b) => a - b);
    const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))] ?? Number.NaN;
    return {
      chromiumCores,
      shown: ms.length / seconds / this.#pages.length,
      latencyMedianMs: at(0.5),
      latencyP99Ms: at(0.99),
      latencyMostMs: at(1),
    };
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}
