/** The night plan: reading it with the night that it is for, and putting another in its place. */

import { UsageError } from '#src/config/usage-error.js';
import { type NightReport, nightReport, nightReportSchema } from '#src/night/night-report.js';
import { type Plan, PlanError, parsePlan, planSchema } from '#src/night/plan.js';
import { PlanFile } from '#src/night/plan-file.js';
import { planProblems } from '#src/night/plan-problems.js';
import { type ApiContext, type ApiRoute, route } from './route.js';

const nowNs = () => BigInt(Date.now()) * 1_000_000n;

function fileOf({ dataFolders }: ApiContext): PlanFile {
  const [folder] = dataFolders;
  if (folder === undefined) throw new PlanError('plan.no-folder', 'the station has no data folder to keep a plan in');
  return new PlanFile(folder);
}

function reportOf(context: ApiContext, plan: Plan, file: PlanFile): NightReport {
  const { station } = context;
  return nightReport({ plan, file, site: station.site, nowNs: nowNs(), cameras: station.cameras.length });
}

/** @throws UsageError `usage.plan` for an entry that could never begin */
function checkPlan(plan: Plan, { station }: ApiContext): void {
  const errors = planProblems(plan, station.site, nowNs(), station.cameras.length).filter(
    ({ level }) => level === 'error',
  );
  if (errors.length === 0) return;
  throw new UsageError('usage.plan', errors.map(({ entry, text }) => `'${entry}': ${text}`).join('; '));
}

export const PLAN_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/plan',
    summary: 'The plan of the nights, and what it makes of this one: intervals, sun, twilights, problems',
    answer: nightReportSchema,
    handle: (context) => {
      const file = fileOf(context);
      return reportOf(context, file.read(), file);
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/plan',
    summary: 'Puts a plan in the place of the one before; the station goes by it within a second',
    body: planSchema,
    answer: nightReportSchema,
    handle: (context, { body }) => {
      const file = fileOf(context);
      const plan = parsePlan(body, 'what was sent');
      checkPlan(plan, context);
      file.write(plan);
      return reportOf(context, plan, file);
    },
  }),
];
