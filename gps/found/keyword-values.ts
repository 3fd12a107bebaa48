/**
 * The keywords of a FITS header as the readers of times take them. Names are upper case, as FITS has them, whatever the
 * program called them. Real numbers may stand as their text, so that none of their digits is lost.
 */
import { scaledDecimal } from './decimal.js';

export type KeywordValue = string | number | bigint | boolean | null;
export type Keywords = ReadonlyMap<string, KeywordValue>;

/** The first of `names` that holds text; null where none does. */
export function keywordText(keywords: Keywords, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = keywords.get(name);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return null;
}

/** The decimal text of the first of `names` that holds a number, also one in quotes; null where none does. */
export function keywordNumber(keywords: Keywords, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = keywords.get(name);
    const text = typeof value === 'boolean' || value === null || value === undefined ? '' : String(value).trim();
    if (scaledDecimal(text, 1n) !== null) return text;
  }
  return null;
}

/** The first of `names` that holds a whole number of at least 0 that a double can hold; null where none does. */
export function keywordInteger(keywords: Keywords, ...names: readonly string[]): number | null {
  const text = keywordNumber(keywords, ...names);
  const thousandths = text === null ? null : scaledDecimal(text, 1000n);
  if (thousandths === null || thousandths % 1000n !== 0n) return null;
  const value = Number(thousandths / 1000n);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The first of `names` that holds a number, times `unitNs`: nanoseconds. */
export function keywordNs(keywords: Keywords, unitNs: bigint, ...names: readonly string[]): bigint | null {
  const text = keywordNumber(keywords, ...names);
  return text === null ? null : scaledDecimal(text, unitNs);
}

export function isTrue(keywords: Keywords, name: string): boolean {
  return keywords.get(name) === true;
}
