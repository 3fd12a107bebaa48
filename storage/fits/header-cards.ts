/** The cards of a header as text, for values that must come back exactly as they were written. */
import { CARD_BYTES } from './cards.js';
import { exactKeyword, percentDecoded } from './text-cards.js';

/** Values by keyword, the first where one repeats. */
export class HeaderCards {
  readonly #strings = new Map<string, string>();
  readonly #others = new Map<string, string>();

  /** `header`: cards of 80 characters, up to END. */
  constructor(header: string) {
    let longString: string | null = null;
    for (let at = 0; at + CARD_BYTES <= header.length; at += CARD_BYTES) {
      const keyword = header.slice(at, at + 8).trimEnd();
      if (keyword === 'END') return;
      const value = header.slice(at + 10, at + CARD_BYTES).trimStart();
      const part = /^'((?:[^']|'')*)'/.exec(value)?.[1]?.replaceAll("''", "'").trimEnd();
      const before: string | undefined = longString === null ? undefined : this.#strings.get(longString);
      if (keyword === 'CONTINUE' && longString !== null && before?.endsWith('&') && part !== undefined) {
        this.#strings.set(longString, before.slice(0, -1) + part);
        continue;
      }
      longString = null;
      if (header.slice(at + 8, at + 10) !== '= ' || this.has(keyword)) continue;
      if (part === undefined) this.#others.set(keyword, (value.split('/')[0] ?? '').trim());
      else {
        this.#strings.set(keyword, part);
        longString = keyword;
      }
    }
  }

  has(keyword: string): boolean {
    return this.#strings.has(keyword) || this.#others.has(keyword);
  }

  /** A string; null where there is none. */
  string(keyword: string): string | null {
    return this.#strings.get(keyword) ?? null;
  }

  /** A text, from the exact card beside it where there is one. */
  text(keyword: string): string | null {
    const exact = this.string(exactKeyword(keyword));
    return (exact === null ? null : percentDecoded(exact)) ?? this.string(keyword);
  }

  logical(keyword: string): boolean | null {
    const text = this.#others.get(keyword);
    return text === 'T' ? true : text === 'F' ? false : null;
  }

  /** A whole number of any size. */
  integer(keyword: string): bigint | null {
    const text = this.#others.get(keyword);
    return text !== undefined && /^[+-]?\d{1,40}$/.test(text) ? BigInt(text) : null;
  }

  /** A whole number that a double holds. */
  count(keyword: string): number | null {
    const value = Number(this.integer(keyword) ?? Number.NaN);
    return Number.isSafeInteger(value) ? value : null;
  }

  real(keyword: string): number | null {
    const text = this.#others.get(keyword) ?? '';
    const value = /^[+-]?(\d+\.?\d*|\.\d+)([ED][+-]?\d+)?$/.test(text) ? Number(text.replace('D', 'E')) : Number.NaN;
    return Number.isFinite(value) ? value : null;
  }

  /** Seconds with up to nine digits behind the point, as nanoseconds. */
  seconds(keyword: string): bigint | null {
    const match = /^(-?)(\d{1,30})(?:\.(\d{0,9}))?$/.exec(this.#others.get(keyword) ?? '');
    if (match === null) return null;
    const ns = BigInt(match[2] ?? 0) * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
    return match[1] === '-' ? -ns : ns;
  }
}
