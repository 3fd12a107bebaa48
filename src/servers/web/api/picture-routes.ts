/** What a camera sees now: true pixels of its newest frame, and its preview as a picture. */
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { MOST_REGION_PIXELS } from '#src/station/station-face.js';
import { greyOf } from '../live/grey-picture.js';
import type { StretchChoice } from '../live/stretch.js';
import { cameraParams, LEVELS_RISE, levelsRise, planeSchema, regionShape, stretchShape } from './parameters.js';
import { pictureAnswer } from './preview-picture.js';
import { type ApiRoute, type RawAnswer, type RouteContext, route } from './route.js';

const regionQuery = z.strictObject({
  x: regionShape.x.unwrap().default(0),
  y: regionShape.y.unwrap().default(0),
  width: regionShape.width.unwrap(),
  height: regionShape.height.unwrap(),
});
const previewQuery = z.strictObject({ plane: planeSchema, ...stretchShape }).refine(levelsRise, LEVELS_RISE);

function previewRoute(extension: 'png' | 'jpg'): ApiRoute {
  const format = extension === 'png' ? 'png' : 'jpeg';
  return route({
    method: 'GET',
    path: `/api/v1/cameras/:camera/preview.${extension}`,
    summary: `The newest preview of a camera as ${format.toUpperCase()}, stretched to 8 bits`,
    description:
      'Headers: `x-appulse-frame` (number), `x-appulse-start-utc-ns` (start of exposure of row 0), `x-appulse-grade`.',
    params: cameraParams,
    query: previewQuery,
    errors: [404],
    answer: [`image/${format}`],
    handle: ({ station }, { params, query }) => previewOf(station, params.camera, query, format),
  });
}

export const PICTURE_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/cameras/:camera/pixels',
    summary: 'True pixels of a region of the newest frame',
    description:
      'uint16, little-endian, row by row. Headers: `x-appulse-frame`, `x-appulse-start-utc-ns` (start of exposure of row 0), `x-appulse-x`, `-y`, `-width`, `-height`, `-bit-depth`. At most 8388608 pixels.',
    params: cameraParams,
    query: regionQuery,
    errors: [404, 409, 413],
    answer: ['application/octet-stream'],
    handle: async ({ station }, { params, query }): Promise<RawAnswer> => {
      if (query.width * query.height > MOST_REGION_PIXELS) {
        throw new AppulseError(
          'image.too-large',
          `${query.width} x ${query.height} pixels are more than ${MOST_REGION_PIXELS}: ask for a smaller region`,
        );
      }
      const { frameNumber, startUtcNs, bitDepth, pixels, ...region } = await station.pixels(params.camera, query);
      return {
        contentType: 'application/octet-stream',
        body: Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength),
        headers: headersOf({ frame: frameNumber, 'start-utc-ns': startUtcNs, ...region, 'bit-depth': bitDepth }),
      };
    },
  }),
  previewRoute('png'),
  previewRoute('jpg'),
];

async function previewOf(
  station: RouteContext['station'],
  camera: number,
  { plane, ...stretch }: StretchChoice & { readonly plane: 'mean' | 'maximum' },
  format: 'png' | 'jpeg',
): Promise<RawAnswer> {
  if (!station.cameras.some((state) => state.camera === camera)) {
    throw new AppulseError('station.no-camera', `there is no camera ${camera}: they are counted from 0`);
  }
  const preview = station.preview(camera);
  if (preview === null) throw new AppulseError('station.no-frame', `there is no preview of camera ${camera} yet`);
  const { width, height, bitDepth, frameNumber, time } = preview;
  const headers = headersOf({ frame: frameNumber, 'start-utc-ns': time.startUtcNs, grade: time.grade });
  return pictureAnswer({ width, height, shown: greyOf(preview[plane], bitDepth, stretch) }, format, headers);
}

/** `x-appulse-NAME` of each, and that nothing keeps what is new each time. */
export function headersOf(values: Readonly<Record<string, string | number | bigint>>): Record<string, string> {
  const own = Object.entries(values).map(([name, value]) => [`x-appulse-${name}`, String(value)]);
  return { 'cache-control': 'no-store', ...Object.fromEntries(own) };
}
