/** How far long work is, on one line of a terminal's standard error; nothing where that is no terminal. */

const EVERY_MS = 200;

export class ProgressLine {
  #shownMs = 0;
  #isShown = false;

  /** `share`: what is done, 0 to 1. */
  show(what: string, share: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shownMs < EVERY_MS) return;
    this.#shownMs = now;
    this.#isShown = true;
    process.stderr.write(`\r\u001b[K${what}: ${Math.floor(100 * share)} %`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}
