/** How an audit's numbers are written, on the terminal and on the page. */
import { formatUtc } from '#gps/instant.js';

/** Nanoseconds with the unit that leaves one to three digits before the point; exact below a microsecond. */
export function durationText(ns: number | bigint): string {
  const value = Number(ns);
  const size = Math.abs(value);
  if (size < 1e3) return `${Number.isInteger(value) ? value : value.toFixed(1)} ns`;
  if (size < 1e6) return `${trimmed(value / 1e3)} us`;
  if (size < 1e9) return `${trimmed(value / 1e6)} ms`;
  return `${trimmed(value / 1e9)} s`;
}

const trimmed = (value: number): string => String(Number(value.toPrecision(6)));

/** How long something took, for people: 3 h 25 min, 2 min 5 s, 20.05 s. */
export function spanText(ns: bigint): string {
  const seconds = Number(ns) / 1e9;
  if (seconds < 120) return `${trimmed(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${Math.round(seconds - minutes * 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An instant to the microsecond: enough to find a place in a session; JSON has all nine digits. */
export const timeText = (utcNs: bigint | null): string => (utcNs === null ? '-' : formatUtc(utcNs, 6));

/** `1,234,567`. */
export const countText = (count: number): string => count.toLocaleString('en-US');

/** `12 frames`, `1 frame`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

export const signed = (value: number, digits: number): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
