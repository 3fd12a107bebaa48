/**
 * The sun's altitude at a site, and when it passes one. Altitudes are of the centre of the disk above the horizon of the sea, without
 * refraction, as twilights are defined (civil -6, nautical -12, astronomical -18 degrees; it rises and sets at -0.833).
 *
 * Positions are suncalc's (the low precision series of Meeus, chapter 25: 0.01 degrees). At middle latitudes that is a few seconds of
 * time. Where the sun only grazes an altitude, as at high latitudes in summer, it is minutes: a path within 0.02 degrees of the altitude
 * may be taken to cross it or not.
 */
import { getPosition } from 'suncalc';
import { nightOf } from '#storage/retention/nights.js';

export interface Place {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** How long the sun is below the wanted altitudes in a night. */
export interface DarkSpan {
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  /** False where it is as low already at noon, or still: polar night. */
  readonly sinks: boolean;
  readonly rises: boolean;
}

const NS_PER_MS = 1_000_000n;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;
const DEGREE = Math.PI / 180;
/** Crossings are found to this. */
const PRECISION_MS = 100;

/** Degrees. */
export function sunAltitudeDeg(place: Place, utcNs: bigint): number {
  return altitudeAt(place, Number(utcNs / NS_PER_MS));
}

function altitudeAt({ latitudeDeg, longitudeDeg }: Place, utcMs: number): number {
  const apparent = getPosition(new Date(utcMs), latitudeDeg, longitudeDeg).altitude;
  // suncalc adds the refraction, below the horizon that of the horizon.
  let altitude = apparent;
  for (let round = 0; round < 4; round++) altitude = apparent - refractionDeg(Math.max(0, altitude));
  return altitude;
}

/** Meeus, Astronomical Algorithms, 16.4. */
function refractionDeg(altitudeDeg: number): number {
  return 1.02 / 60 / Math.tan((altitudeDeg + 10.26 / (altitudeDeg + 5.1)) * DEGREE);
}

/** Mean noon, at which a night begins (see `nightOf`). Without a place noon is that of UTC. */
export function noonOfNight(night: bigint, place: Place | null): bigint {
  const offsetMs = BigInt(Math.round((place?.longitudeDeg ?? 0) * 240_000));
  return (night * BigInt(MS_PER_DAY) + BigInt(MS_PER_DAY / 2) - offsetMs) * NS_PER_MS;
}

/** The night that holds an instant, from noon to noon by mean solar time. */
export function nightAt(utcNs: bigint, place: Place | null): bigint {
  return nightOf(utcNs, place?.longitudeDeg ?? null);
}

/** When in a night the sun is below `eveningDeg` and has not risen above `morningDeg`; null where it never is: polar day. */
export function darkSpan(place: Place, night: bigint, eveningDeg: number, morningDeg: number): DarkSpan | null {
  const noonMs = Number(noonOfNight(night, place) / NS_PER_MS);
  // The true noon is within 17 minutes of the mean one.
  const first = extremeMs(place, noonMs, 'highest');
  const lowest = extremeMs(place, noonMs + MS_PER_DAY / 2, 'lowest');
  const last = extremeMs(place, noonMs + MS_PER_DAY, 'highest');
  if (altitudeAt(place, lowest) >= Math.min(eveningDeg, morningDeg)) return null;
  const sinks = altitudeAt(place, first) > eveningDeg;
  const rises = altitudeAt(place, last) > morningDeg;
  const fromMs = sinks ? crossingMs(place, eveningDeg, first, lowest) : first;
  const toMs = rises ? crossingMs(place, morningDeg, last, lowest) : last;
  return {
    fromUtcNs: BigInt(Math.round(fromMs)) * NS_PER_MS,
    toUtcNs: BigInt(Math.round(toMs)) * NS_PER_MS,
    sinks,
    rises,
  };
}

/** The highest or lowest sun within an hour of an instant. */
function extremeMs(place: Place, aroundMs: number, wanted: 'highest' | 'lowest'): number {
  const sign = wanted === 'highest' ? 1 : -1;
  let from = aroundMs - MS_PER_HOUR;
  let to = aroundMs + MS_PER_HOUR;
  while (to - from > PRECISION_MS) {
    const third = (to - from) / 3;
    const better = sign * (altitudeAt(place, from + third) - altitudeAt(place, to - third)) > 0;
    if (better) to -= third;
    else from += third;
  }
  return (from + to) / 2;
}

/** Between an instant at which the sun is above an altitude and one at which it is below. */
function crossingMs(place: Place, altitudeDeg: number, aboveMs: number, belowMs: number): number {
  let [above, below] = [aboveMs, belowMs];
  while (Math.abs(above - below) > PRECISION_MS) {
    const middle = (above + below) / 2;
    if (altitudeAt(place, middle) > altitudeDeg) above = middle;
    else below = middle;
  }
  return below;
}
