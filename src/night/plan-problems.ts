/** What stands in the way of a plan, in words for people. */
import type { Plan, PlanEntry } from './plan.js';
import { type PlannedInterval, tonight } from './planned-intervals.js';
import { darkSpan, nightAt, type Place } from './sun.js';

export interface PlanProblem {
  /** `error`: the entry can never begin. `warning`: this night it does not, or not as a whole. */
  readonly level: 'error' | 'warning';
  readonly entry: string;
  readonly text: string;
}

/** Problems of a plan in the night that holds `nowNs`. `cameras`: how many the station has; null where that is not known. */
export function planProblems(plan: Plan, site: Place | null, nowNs: bigint, cameras: number | null): PlanProblem[] {
  const intervals = tonight(plan, site, nowNs);
  const enabled = plan.entries.filter((entry) => entry.enabled);
  return [
    ...enabled.flatMap((entry) => ofEntry(entry, site, nowNs, cameras)),
    ...intervals.flatMap((interval, i) => overlaps(interval, intervals.slice(i + 1))),
  ];
}

function ofEntry(entry: PlanEntry, site: Place | null, nowNs: bigint, cameras: number | null): PlanProblem[] {
  const { name, when } = entry;
  const found: PlanProblem[] = [];
  const away = cameras === null ? [] : (entry.cameras ?? []).filter((camera) => camera >= cameras);
  for (const camera of away) {
    const text = `the station has no camera ${camera + 1}: ${cameras} ${cameras === 1 ? 'is' : 'are'} named`;
    found.push({ level: 'error', entry: name, text });
  }
  if (when.kind !== 'sun') return found;
  if (site === null) {
    const text =
      'it goes by the sun, and the site of the station is not known: set site.latitude and site.longitude (appulse.toml, or --latitude and --longitude)';
    return [...found, { level: 'error', entry: name, text }];
  }
  if (darkSpan(site, nightAt(nowNs, site), when.eveningDeg, when.morningDeg) === null) {
    const lowest = Math.min(when.eveningDeg, when.morningDeg);
    const text = `the sun does not sink below ${lowest} deg this night at ${site.latitudeDeg} deg north: nothing is recorded`;
    found.push({ level: 'warning', entry: name, text });
  }
  return found;
}

function overlaps(interval: PlannedInterval, later: readonly PlannedInterval[]): PlanProblem[] {
  return later
    .filter((other) => other.fromUtcNs < interval.toUtcNs && other.entry.name !== interval.entry.name)
    .filter((other) => shareCamera(interval.entry, other.entry))
    .map((other) => {
      const [first, second] = interval.index < other.index ? [interval, other] : [other, interval];
      const text = `overlaps with '${first.entry.name}', which stands before it and has the camera as long as both last`;
      return { level: 'warning', entry: second.entry.name, text };
    });
}

function shareCamera(a: PlanEntry, b: PlanEntry): boolean {
  const [of, among] = [a.cameras, b.cameras];
  return of === null || among === null || of.some((camera) => among.includes(camera));
}
