/** The parts of the page's plots: SVG text, axes, and what goes between them. Sizes are user units of a 960 wide picture. */
import { formatUtc } from '#gps/instant.js';

export const PLOT = { width: 960, left: 76, right: 944 } as const;

/** Text in HTML and SVG, of anyone's: an index may hold what a hostile file wrote. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

/** From the first to the last instant of a session, the same for all of its plots. */
export class TimeAxis {
  readonly #fromUtcNs: bigint;
  readonly #spanNs: number;

  constructor(fromUtcNs: bigint, toUtcNs: bigint) {
    this.#fromUtcNs = fromUtcNs;
    this.#spanNs = Math.max(Number(toUtcNs - fromUtcNs), 1e6);
  }

  /** Where an instant stands; clamped to the plot, so that a damaged time cannot leave it. */
  x(utcNs: bigint): number {
    const share = Math.min(1, Math.max(0, Number(utcNs - this.#fromUtcNs) / this.#spanNs));
    return PLOT.left + share * (PLOT.right - PLOT.left);
  }

  /** Lines and labels at round times; `top` and `bottom` of the plot's field. */
  svg(top: number, bottom: number): string {
    const step = roundStep(
      this.#spanNs / 6,
      [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600],
    );
    const digits = step >= 1e9 ? 0 : Math.min(9, Math.ceil(-Math.log10(step / 1e9)));
    const stepNs = BigInt(Math.max(1, Math.round(step)));
    const parts: string[] = [];
    const to = this.#fromUtcNs + BigInt(Math.round(this.#spanNs));
    for (let at = (this.#fromUtcNs / stepNs + 1n) * stepNs; at < to && parts.length < 40; at += stepNs) {
      const x = this.x(at).toFixed(1);
      parts.push(`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`);
      parts.push(
        `<text class="tick" x="${x}" y="${bottom + 14}" text-anchor="middle">${formatUtc(at, digits).slice(11)}</text>`,
      );
    }
    return parts.join('');
  }
}

/** From bottom to top. */
export class ValueAxis {
  readonly #min: number;
  readonly #max: number;
  readonly #top: number;
  readonly #bottom: number;
  readonly #text: (value: number) => string;

  /** A field between `top` and `bottom` for values `min` to `max`, and a margin; `text` writes one. */
  constructor(min: number, max: number, top: number, bottom: number, text: (value: number) => string) {
    const margin = max > min ? (max - min) * 0.08 : Math.max(Math.abs(max) * 0.1, 1e-6);
    this.#min = min - margin;
    this.#max = max + margin;
    this.#top = top;
    this.#bottom = bottom;
    this.#text = text;
  }

  y(value: number): number {
    return this.#bottom - ((value - this.#min) / (this.#max - this.#min)) * (this.#bottom - this.#top);
  }

  svg(): string {
    const step = roundStep((this.#max - this.#min) / 4, []);
    const parts: string[] = [];
    for (let n = Math.ceil(this.#min / step); n * step <= this.#max && parts.length < 40; n++) {
      const y = this.y(n * step).toFixed(1);
      parts.push(`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>`);
      parts.push(
        `<text class="tick" x="${PLOT.left - 6}" y="${y}" dy="0.32em" text-anchor="end">${escapeHtml(this.#text(n * step))}</text>`,
      );
    }
    return parts.join('');
  }
}

/** The next of 1, 2, 5 times a power of ten; of whole seconds, in nanoseconds, one of `seconds` where there is one. */
function roundStep(least: number, seconds: readonly number[]): number {
  const clock = seconds.find((step) => step * 1e9 >= least);
  if (clock !== undefined && least >= 1e9) return clock * 1e9;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}

/** A picture with a name for those who do not see it. */
export function picture(name: string, height: number, content: string): string {
  return `<svg viewBox="0 0 ${PLOT.width} ${height}" role="img" aria-label="${escapeHtml(name)}">${content}</svg>`;
}
