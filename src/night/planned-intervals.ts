/** What a plan means on the clock: its entries as intervals of UTC. Pure: the same plan, site and instant give the same intervals. */
import { formatUtc } from '#gps/instant.js';
import { dayOf, instantOfWall } from './local-time.js';
import type { Plan, PlanEntry } from './plan.js';
import { darkSpan, nightAt, noonOfNight, type Place } from './sun.js';
import { WEEKDAYS, type Weekday } from './weekdays.js';

/** An entry of the plan, once. */
export interface PlannedInterval {
  /** Place of the entry in the plan: of two that want a camera the lower one has it. */
  readonly index: number;
  readonly entry: PlanEntry;
  /** Date on which it begins, `2026-11-28`; of a night, that of its evening. The same interval keeps it when its ends are moved. */
  readonly date: string;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  /** What its ends are, in words. */
  readonly fromWhy: string;
  readonly toWhy: string;
}

const NS_PER_DAY = 86_400_000_000_000n;

export function dateOf(day: bigint): string {
  return formatUtc(day * NS_PER_DAY, 0).slice(0, 10);
}

/** 1970-01-01 was a Thursday. */
function weekdayOf(day: bigint): Weekday {
  return WEEKDAYS[(((Number(day % 7n) + 4) % 7) + 7) % 7] as Weekday;
}

/** From noon to noon by the site's mean solar time: the night that holds an instant. */
export function nightWindow(
  site: Place | null,
  nowNs: bigint,
): { readonly fromUtcNs: bigint; readonly toUtcNs: bigint } {
  const fromUtcNs = noonOfNight(nightAt(nowNs, site), site);
  return { fromUtcNs, toUtcNs: fromUtcNs + NS_PER_DAY };
}

/** The intervals of the night (from noon to noon at the site) that holds `nowNs`, by their beginnings. */
export function tonight(plan: Plan, site: Place | null, nowNs: bigint): PlannedInterval[] {
  const { fromUtcNs, toUtcNs } = nightWindow(site, nowNs);
  return intervalsBetween(plan, site, fromUtcNs, toUtcNs);
}

/** The intervals that reach into a span of time. An entry that goes by the sun has none without a site. */
export function intervalsBetween(plan: Plan, site: Place | null, fromNs: bigint, toNs: bigint): PlannedInterval[] {
  return plan.entries
    .flatMap((entry, index) => (entry.enabled ? ofEntry(entry, index, site, fromNs, toNs) : []))
    .filter(({ fromUtcNs, toUtcNs }) => fromUtcNs < toNs && toUtcNs > fromNs)
    .sort((a, b) => (a.fromUtcNs < b.fromUtcNs ? -1 : a.fromUtcNs > b.fromUtcNs ? 1 : a.index - b.index));
}

/** The interval that has a camera at an instant: of several the first of the plan. */
export function wantedBy(intervals: readonly PlannedInterval[], camera: number, nowNs: bigint): PlannedInterval | null {
  return intervals
    .filter(({ fromUtcNs, toUtcNs }) => fromUtcNs <= nowNs && nowNs < toUtcNs)
    .filter(({ entry }) => entry.cameras?.includes(camera) ?? true)
    .reduce<PlannedInterval | null>((first, each) => (first === null || each.index < first.index ? each : first), null);
}

function ofEntry(entry: PlanEntry, index: number, site: Place | null, fromNs: bigint, toNs: bigint): PlannedInterval[] {
  const { when } = entry;
  if (when.kind === 'sun') return site === null ? [] : bySun(entry, index, site, fromNs, toNs);
  const found: PlannedInterval[] = [];
  const lastDay = BigInt(dayOf(when.zone, toNs));
  // One that began the day before may still go on.
  for (let day = BigInt(dayOf(when.zone, fromNs)) - 1n; day <= lastDay; day++) {
    if (!entry.days.includes(weekdayOf(day))) continue;
    const endDay = when.to > when.from ? day : day + 1n;
    const fromUtcNs = instantOfWall(when.zone, Number(day), when.from, 'first');
    // An hour that comes twice is recorded both times.
    const toUtcNs = instantOfWall(when.zone, Number(endDay), when.to, 'last');
    // Both ends may fall into the hour that a clock set forward leaves out.
    if (toUtcNs <= fromUtcNs) continue;
    const [fromWhy, toWhy] = [`${when.from} ${when.zone}`, `${when.to} ${when.zone}`];
    found.push({ index, entry, date: dateOf(day), fromUtcNs, toUtcNs, fromWhy, toWhy });
  }
  return found;
}

function bySun(entry: PlanEntry, index: number, site: Place, fromNs: bigint, toNs: bigint): PlannedInterval[] {
  const { when } = entry;
  if (when.kind !== 'sun') return [];
  const found: PlannedInterval[] = [];
  for (let night = nightAt(fromNs, site) - 1n; night <= nightAt(toNs, site); night++) {
    if (!entry.days.includes(weekdayOf(night))) continue;
    const span = darkSpan(site, night, when.eveningDeg, when.morningDeg);
    if (span === null) continue;
    found.push({
      index,
      entry,
      date: dateOf(night),
      fromUtcNs: span.fromUtcNs,
      toUtcNs: span.toUtcNs,
      fromWhy: span.sinks ? `sun below ${when.eveningDeg} deg` : 'noon of the polar night',
      toWhy: span.rises ? `sun above ${when.morningDeg} deg` : 'noon of the polar night',
    });
  }
  return found;
}
