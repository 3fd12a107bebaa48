/**
 * FITS header cards (FITS 4.0, section 4): 80 ASCII bytes each, in blocks of 2880, written straight into the bytes of an
 * HDU so that a frame's header costs no copies.
 */
import { StorageError } from '../errors.js';

export const CARD_BYTES = 80;
export const BLOCK_BYTES = 2880;

/** A real number given as its exact decimal text, for values a double would round. */
export class Decimal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Characters of a long string in a card, the `&` that goes on with it left out. */
const LONG_STRING_PART = 67;

export type CardValue = string | number | bigint | boolean | Decimal;

/** The bytes that `bytes` take when filled to whole blocks. */
export function padToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Nanoseconds as seconds with nine digits, exact. */
export function secondsText(ns: bigint): Decimal {
  const absolute = ns < 0n ? -ns : ns;
  const fraction = String(absolute % 1_000_000_000n).padStart(9, '0');
  return new Decimal(`${ns < 0n ? '-' : ''}${absolute / 1_000_000_000n}.${fraction}`);
}

/** A number as a FITS real: always with a decimal point, so that no reader takes it for an integer. */
function realText(value: number): string {
  if (!Number.isFinite(value)) throw new StorageError('storage.fits-value', `FITS has no card for the value ${value}`);
  const [mantissa = '0', exponent] = String(value).split('e');
  const withPoint = mantissa.includes('.') ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? withPoint : `${withPoint}E${exponent.replace('+', '')}`;
}

/** Text as the standard's printable ASCII (32 to 126); anything else becomes `?`. */
function printable(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, '?');
}

/** A string value in quotes, at least 8 characters between them, at most 68, quotes doubled. */
function quoted(text: string): string {
  let inner = printable(text).replaceAll("'", "''");
  if (inner.length > 68) {
    inner = inner.slice(0, 68);
    // A cut through a doubled quote would end the string early.
    if ((/'+$/.exec(inner)?.[0].length ?? 0) % 2 === 1) inner = inner.slice(0, -1);
  }
  return `'${inner.padEnd(8)}'`;
}

function valueText(value: CardValue): string {
  if (typeof value === 'string') return quoted(value).padEnd(20);
  if (typeof value === 'boolean') return (value ? 'T' : 'F').padStart(20);
  if (typeof value === 'bigint') return String(value).padStart(20);
  if (value instanceof Decimal) return value.text.padStart(20);
  return (Number.isSafeInteger(value) ? String(value) : realText(value)).padStart(20);
}

/** One card of 80 characters. The comment is cut where the card ends. */
export function cardText(keyword: string, value: CardValue, comment = ''): string {
  const start = `${keyword.padEnd(8)}= ${valueText(value)}`;
  const text = comment === '' ? start : `${start} / ${printable(comment)}`;
  return text.slice(0, CARD_BYTES).padEnd(CARD_BYTES);
}

/** Characters of a string that stay whole in a card, with its quotes. */
const LINE_LENGTH = 66;

/** Words with spaces between, in lines that a card's string takes whole. */
export function linesOfWords(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_LENGTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * Gathers the cards of a header of `headerBytes` in `target`. `finish` fills with blank cards, puts END last, because a header
 * ends with the block that END stands in, and writes all of it at once: a card at a time took half as long again.
 */
export class CardWriter {
  readonly #target: Buffer;
  readonly #cards: string[] = [];
  #hasLongStrings = false;

  constructor(target: Uint8Array, headerBytes: number) {
    if (target.byteLength < headerBytes || headerBytes % BLOCK_BYTES !== 0) {
      throw new StorageError(
        'storage.fits-target',
        `a FITS header of ${headerBytes} bytes does not fit ${target.byteLength} bytes, or is not whole blocks of 2880`,
      );
    }
    this.#target = Buffer.from(target.buffer, target.byteOffset, headerBytes);
  }

  /** Cards that still fit, END kept free. */
  get room(): number {
    return this.#target.byteLength / CARD_BYTES - this.#cards.length - 1;
  }

  /** Of the cards so far: where the next one will stand. */
  get bytes(): number {
    return this.#cards.length * CARD_BYTES;
  }

  card(keyword: string, value: CardValue, comment = ''): void {
    this.#add(keyword, cardText(keyword, value, comment));
  }

  #add(keyword: string, card: string): void {
    if (this.room < 1) throw new StorageError('storage.fits-header-full', `no room for the FITS card ${keyword}`);
    this.#cards.push(card.padEnd(CARD_BYTES));
  }

  /** A string of any length without quotes in it, over CONTINUE cards where it is long; trailing spaces are not kept by readers. */
  longString(keyword: string, text: string): void {
    const most = LONG_STRING_PART;
    if (text.length > most && !this.#hasLongStrings) {
      // HEASARC's convention, without which fitsverify warns.
      this.#hasLongStrings = true;
      this.card('LONGSTRN', 'OGIP 1.0', 'strings go on over CONTINUE cards');
    }
    for (let at = 0; at === 0 || at < text.length; at += most) {
      const part = text.slice(at, at + most);
      const value = quoted(at + most < text.length ? `${part}&` : part);
      if (at === 0) this.#add(keyword, `${keyword.padEnd(8)}= ${value}`);
      else this.#add('CONTINUE', `CONTINUE  ${value}`);
    }
  }

  /** The card of a real number, which keeps its decimal point also where the value is whole. */
  real(keyword: string, value: number, comment = ''): void {
    this.card(keyword, new Decimal(realText(value)), comment);
  }

  finish(): void {
    const text = this.#cards.join('');
    const end = this.#target.byteLength - CARD_BYTES;
    this.#target.write(text.padEnd(end) + 'END'.padEnd(CARD_BYTES), 0, 'latin1');
  }
}
