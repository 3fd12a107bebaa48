/** Every route of the API, in the order of its document. */
import { stationStatusSchema } from '#src/station/station-state.js';
import { historyRoute } from '../history/history-route.js';
import { PLAN_ROUTES } from './plan-routes.js';
import { type ApiRoute, route } from './route.js';
import { statusOf } from './status.js';

export const ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'The station and its cameras now',
    answer: stationStatusSchema,
    handle: statusOf,
  }),
  historyRoute,
  ...PLAN_ROUTES,
];
