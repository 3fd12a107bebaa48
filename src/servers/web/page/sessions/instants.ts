/** Instants as the sessions and the night write and place them: nanoseconds since 1970 UTC, as text or bigint. */
import { formatUtc } from '#gps/instant.js';

export interface Span {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

const SECOND_NS = 1_000_000_000n;
const STEPS_SECONDS = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400] as const;
const MOST_TICKS = 8;

export const hostNowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** `21:04:05` and as many digits of a second. */
export const timeOfDay = (utcNs: bigint | string, digits = 0): string => formatUtc(BigInt(utcNs), digits).slice(11);

/** `2026-11-28 21:04:05`. */
export const dateAndTime = (utcNs: bigint | string, digits = 0): string =>
  formatUtc(BigInt(utcNs), digits).replace('T', ' ');

/** As the API takes it. */
export const asQuery = (utcNs: bigint): string => formatUtc(utcNs);

/** Where an instant stands in a span, from 0 to 100 and beyond. */
export function percentIn({ fromNs, toNs }: Span, utcNs: bigint): number {
  return (Number(utcNs - fromNs) / Number(toNs - fromNs)) * 100;
}

/** A part of a span in percent, cut to it; null where it is outside. At least `least` wide, so that it can be seen. */
export function partOf(span: Span, part: Span, least = 0.15): { readonly x: number; readonly width: number } | null {
  const from = Math.max(0, percentIn(span, part.fromNs));
  const to = Math.min(100, percentIn(span, part.toNs));
  if (to < 0 || from > 100) return null;
  return { x: from, width: Math.max(least, to - from) };
}

/** Instants for the scale of a span, at whole seconds, minutes or hours of UTC. */
export function ticksOf({ fromNs, toNs }: Span): readonly { readonly atNs: bigint; readonly label: string }[] {
  const seconds = Number((toNs - fromNs) / SECOND_NS);
  const step = STEPS_SECONDS.find((each) => seconds / each <= MOST_TICKS) ?? 86_400;
  const stepNs = BigInt(step) * SECOND_NS;
  const ticks = [];
  for (let atNs = (fromNs / stepNs + 1n) * stepNs; atNs < toNs; atNs += stepNs)
    ticks.push({ atNs, label: timeOfDay(atNs).slice(0, step < 60 ? 8 : 5) });
  return ticks;
}

/** `2 h 05 min`, `3 min 20 s`, `12 s`. */
export function lengthText(ns: bigint): string {
  const seconds = Number(ns / SECOND_NS);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds >= 3_600) return `${Math.floor(seconds / 3_600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s` : `${seconds} s`;
}

/** `120 ns`, `1.5 us`, `20 ms`, `3 s`. */
export function shortSpan(ns: bigint | string): string {
  const value = Number(ns);
  const [unit, size] = value >= 1e9 ? ['s', 1e9] : value >= 1e6 ? ['ms', 1e6] : value >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  return `${Number((value / Number(size)).toPrecision(6))} ${unit}`;
}
