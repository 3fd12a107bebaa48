/** Every route of the API, in the order of its document. */
import { historyRoute } from '../history/history-route.js';
import { CAMERA_ROUTES } from './camera-routes.js';
import { EXPORT_ROUTES } from './export-routes.js';
import { FRAME_ROUTES } from './frame-routes.js';
import { PICTURE_ROUTES } from './picture-routes.js';
import { PLAN_ROUTES } from './plan-routes.js';
import type { ApiRoute } from './route.js';
import { SESSION_ROUTES } from './session-routes.js';
import { STATION_ROUTES, WATCH_ROUTES } from './station-routes.js';
import { TRIGGER_ROUTES } from './trigger-routes.js';

export const ROUTES: readonly ApiRoute[] = [
  ...STATION_ROUTES,
  ...CAMERA_ROUTES,
  historyRoute,
  ...PICTURE_ROUTES,
  ...SESSION_ROUTES,
  ...FRAME_ROUTES,
  ...TRIGGER_ROUTES,
  ...EXPORT_ROUTES,
  ...PLAN_ROUTES,
  ...WATCH_ROUTES,
];
