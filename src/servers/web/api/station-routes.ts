/** The station as a whole: its state, what it has said, whether it is well. */
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { type CameraState, gapSchema, messageSchema, stationStatusSchema } from '#src/station/station-state.js';
import { METRICS_TYPE, metricsOf } from './metrics.js';
import { openApiDocument } from './openapi.js';
import { type ApiRoute, type RouteContext, route } from './route.js';
import { statusOf } from './status.js';

export const STATION_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/status',
    tag: 'station',
    summary: 'The station and its cameras now',
    answer: stationStatusSchema,
    handle: statusOf,
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages',
    tag: 'station',
    summary: 'The newest messages, oldest first',
    answer: z.object({ messages: z.array(messageSchema) }),
    handle: ({ station }) => ({ messages: station.messages }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/gaps',
    tag: 'station',
    summary: 'The newest gaps of what is recorded now, oldest first',
    description: 'Those of any session, however old, stand at `/api/v1/sessions/{session}/gaps`.',
    answer: z.object({ gaps: z.array(gapSchema) }),
    handle: ({ station }) => ({ gaps: station.gaps }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/openapi.json',
    tag: 'station',
    summary: 'This document',
    answer: z.looseObject({ openapi: z.string() }),
    handle: () => openApiDocument(),
  }),
];

export const WATCH_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/healthz',
    tag: 'watch',
    summary:
      'Whether the station is well: 200, or 503 with the reason when a camera is lost or frames cannot be written',
    errors: [503],
    answer: z.object({ status: z.literal('ok'), cameras: z.number().int() }),
    handle: healthOf,
  }),
  route({
    method: 'GET',
    path: '/metrics',
    tag: 'watch',
    summary: 'Metrics in the text format of Prometheus',
    answer: [METRICS_TYPE],
    handle: (context) => ({ contentType: METRICS_TYPE, body: metricsOf(context) }),
  }),
];

/** @throws AppulseError `station.unhealthy` */
function healthOf({ station }: RouteContext): { readonly status: 'ok'; readonly cameras: number } {
  const named = (what: string, is: (state: CameraState) => boolean): string[] => {
    const uris = station.cameras.filter(is).map(({ uri }) => uri);
    return uris.length === 0 ? [] : [`${what}: ${uris.join(', ')}`];
  };
  const troubles = [
    ...named('lost', ({ state }) => state === 'lost'),
    ...named('frames cannot be written', ({ diskFails }) => diskFails),
  ];
  if (troubles.length > 0) throw new AppulseError('station.unhealthy', troubles.join('; '));
  return { status: 'ok', cameras: station.cameras.length };
}
