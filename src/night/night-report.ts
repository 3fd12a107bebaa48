/** A plan and the night that it is for, as the page, the API and `appulse plan` tell it. */
import { z } from 'zod';
import { nanosecondsSchema } from '#src/station/station-state.js';
import { type Plan, planSchema } from './plan.js';
import type { PlanFile } from './plan-file.js';
import { planProblems } from './plan-problems.js';
import { nightWindow, tonight } from './planned-intervals.js';
import { darkSpan, nightAt, type Place, sunAltitudeDeg } from './sun.js';

const SUN_STEP_NS = 600_000_000_000n;
/** Altitudes that the twilights end at. */
export const TWILIGHTS = [
  { name: 'sunset', altitudeDeg: -0.833 },
  { name: 'civil', altitudeDeg: -6 },
  { name: 'nautical', altitudeDeg: -12 },
  { name: 'astronomical', altitudeDeg: -18 },
] as const;

const siteSchema = z.object({ latitudeDeg: z.number(), longitudeDeg: z.number(), heightM: z.number() }).nullable();
const spanShape = { fromUtcNs: nanosecondsSchema, toUtcNs: nanosecondsSchema };

export const nightReportSchema = z.object({
  plan: planSchema,
  /** Where the plan stands. */
  file: z.string(),
  /** False: nobody has made one yet. */
  isThere: z.boolean(),
  /** Null: sun altitudes are not known. */
  site: siteSchema,
  nowUtcNs: nanosecondsSchema,
  /** From noon to noon at the site. */
  night: z.object(spanShape),
  intervals: z.array(
    z.object({
      ...spanShape,
      entry: z.string(),
      cameras: z.array(z.number().int()).nullable(),
      fromWhy: z.string(),
      toWhy: z.string(),
    }),
  ),
  /** The sun's altitude in degrees, without refraction. */
  sun: z.array(z.object({ utcNs: nanosecondsSchema, altitudeDeg: z.number() })),
  /** When the sun is below the altitude at which a twilight ends; one that it does not reach is left out. */
  twilights: z.array(z.object({ ...spanShape, name: z.enum(['sunset', 'civil', 'nautical', 'astronomical']) })),
  problems: z.array(z.object({ level: z.enum(['error', 'warning']), entry: z.string(), text: z.string() })),
});
export type NightReport = z.infer<typeof nightReportSchema>;

export interface NightReportOptions {
  readonly plan: Plan;
  readonly file: PlanFile;
  readonly site: (Place & { readonly heightM: number }) | null;
  readonly nowNs: bigint;
  /** How many the station has; null where that is not known. */
  readonly cameras: number | null;
}

export function nightReport({ plan, file, site, nowNs, cameras }: NightReportOptions): NightReport {
  const { fromUtcNs, toUtcNs } = nightWindow(site, nowNs);
  const sun: NightReport['sun'] = [];
  for (let at = fromUtcNs; site !== null && at <= toUtcNs; at += SUN_STEP_NS)
    sun.push({ utcNs: String(at), altitudeDeg: Math.round(sunAltitudeDeg(site, at) * 100) / 100 });
  const twilights = TWILIGHTS.flatMap(({ name, altitudeDeg }) => {
    const span = site === null ? null : darkSpan(site, nightAt(nowNs, site), altitudeDeg, altitudeDeg);
    return span === null ? [] : [{ name, fromUtcNs: String(span.fromUtcNs), toUtcNs: String(span.toUtcNs) }];
  });
  return {
    plan,
    file: file.path,
    isThere: file.isThere,
    site,
    nowUtcNs: String(nowNs),
    night: { fromUtcNs: String(fromUtcNs), toUtcNs: String(toUtcNs) },
    intervals: tonight(plan, site, nowNs).map((each) => ({
      entry: each.entry.name,
      cameras: each.entry.cameras,
      fromUtcNs: String(each.fromUtcNs),
      toUtcNs: String(each.toUtcNs),
      fromWhy: each.fromWhy,
      toWhy: each.toWhy,
    })),
    sun,
    twilights,
    problems: planProblems(plan, site, nowNs, cameras),
  };
}
