/** The station's clock as the page knows it, to about a second: for ages and for the axes of plots, never for the time of a frame. */
import { effect, signal } from '@preact/signals';
import { frame, toldUtcNs } from './connection.js';

/** The page's own count of seconds; changes once a second. */
export const seconds = signal(performance.now() / 1_000);
setInterval(() => {
  seconds.value = performance.now() / 1_000;
}, 1_000);

/** UTC of the station less the page's count, seconds. */
let offsetSeconds = Date.now() / 1_000 - performance.now() / 1_000;
effect(() => {
  const told = toldUtcNs.value;
  if (told !== null) offsetSeconds = Number(BigInt(told) / 1_000_000n) / 1_000 - performance.now() / 1_000;
});

/** Seconds since 1970 UTC by the station's clock, now; read it where `seconds` is read and it follows. */
export function stationSeconds(): number {
  return seconds.value + offsetSeconds;
}

/** When the newest frame came, in the page's count. */
export const frameCameAt = signal<number | null>(null);
effect(() => {
  frameCameAt.value = frame.value === null ? null : performance.now() / 1_000;
});

/** Seconds from an instant (nanoseconds since 1970, as text) until now. */
export function secondsSince(utcNs: string): number {
  return stationSeconds() - Number(BigInt(utcNs) / 1_000_000n) / 1_000;
}
