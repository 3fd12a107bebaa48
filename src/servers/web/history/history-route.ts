/** The history of a camera for the page's plots. */
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { type ApiRoute, route } from '../api/route.js';
import { historyOf, minuteStateSchema } from './camera-history.js';

export const historyRoute: ApiRoute = route({
  method: 'GET',
  path: '/api/v1/cameras/:camera/history',
  summary: 'The last hour of a camera by minute, oldest first: rates, load, frames lost, the error of its oscillator',
  params: z.object({ camera: z.coerce.number().int().min(0).max(63) }),
  answer: z.object({ minutes: z.array(minuteStateSchema) }),
  handle: ({ station }, { params: { camera } }) => {
    if (!station.cameras.some((each) => each.camera === camera)) {
      throw new AppulseError(
        'station.camera.not-found',
        `the station has no camera ${camera}: they are numbered from 0 in the order in which they were named`,
      );
    }
    return { minutes: historyOf(station).minutes(camera) };
  },
});
