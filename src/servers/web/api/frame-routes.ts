/** Recorded frames: which there are, when a row of one was exposed, its pixels, its FITS. */
import { z } from 'zod';
import { GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { formatUtc } from '#gps/instant.js';
import type { RowPairs } from '#gps/rows/row-model.js';
import { UsageError } from '#src/config/usage-error.js';
import type { PixelRegion } from '#src/station/station-face.js';
import { nanosecondsSchema } from '#src/station/station-state.js';
import { shortSessionId } from '#storage/segments/names.js';
import type { FrameImage, ImageRequest } from '../archive/image.js';
import type { Levels } from '../live/stretch.js';
import {
  frameParams,
  LEVELS_RISE,
  levelsRise,
  planeSchema,
  regionShape,
  stretchShape,
  wholeNumber,
} from './parameters.js';
import { headersOf } from './picture-routes.js';
import { pictureAnswer } from './preview-picture.js';
import { type ApiRoute, type RawAnswer, route } from './route.js';
import { frameWithMissingSchema, keySchema } from './rows-schema.js';
import { flagSchema, selectionOptionsOf, selectionShape } from './selection-schema.js';

const imageShape = {
  ...regionShape,
  columns: wholeNumber(16_384, 1)
    .default(1_024)
    .meta({ description: 'the most columns of the picture: pixels are binned for it' }),
  plane: planeSchema,
};
const imageQuery = z.strictObject(imageShape);
const pictureQuery = z.strictObject({ ...imageShape, ...stretchShape }).refine(levelsRise, LEVELS_RISE);

function previewRoute(extension: 'png' | 'jpg'): ApiRoute {
  const format = extension === 'png' ? 'png' : 'jpeg';
  return route({
    method: 'GET',
    path: `/api/v1/sessions/:session/frames/:frame/preview.${extension}`,
    tag: 'frames',
    summary: `A recorded frame as ${format.toUpperCase()}, stretched to 8 bits`,
    params: frameParams,
    query: pictureQuery,
    errors: [404, 409, 413, 503],
    answer: [`image/${format}`],
    handle: async ({ archive }, { params, query: { stretch, black, white, ...query } }) => {
      const asked = { ...params, image: imageRequestOf(query), stretch: { stretch, black, white } };
      const { shown, ...of } = await archive.ask('picture', asked);
      return pictureAnswer({ width: of.columns, height: of.rows, shown }, format, imageHeaders(of));
    },
  });
}

export const FRAME_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/frames',
    summary: 'Frames of the index, a page at a time',
    description:
      'Chosen as by `appulse frames`. The next page is asked for with `after` = `nextAfter` of this one. `count=true` also counts all that are chosen, which takes seconds for millions.',
    query: z.strictObject({
      ...selectionShape,
      limit: wholeNumber(1_000, 1).default(100),
      after: keySchema.optional(),
      newestFirst: flagSchema,
      count: flagSchema,
    }),
    errors: [404, 503],
    answer: z.object({
      session: z.string().nullable(),
      total: z.number().int().nullable(),
      frames: z.array(frameWithMissingSchema),
      nextAfter: keySchema.nullable(),
    }),
    handle: ({ archive }, { query: { limit, after, newestFirst, count, ...selection } }) =>
      archive.ask('frames', {
        selection: selectionOptionsOf(selection),
        limit,
        newestFirst,
        count,
        ...(after !== undefined && { after: BigInt(after) }),
      }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/frames/:frame',
    tag: 'frames',
    summary: 'A frame by its key, and the keys of its neighbours in the session',
    params: frameParams,
    errors: [404, 503],
    answer: z.object({ frame: frameWithMissingSchema, previous: keySchema.nullable(), next: keySchema.nullable() }),
    handle: ({ archive }, { params }) => archive.ask('frame', params),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/frames/:frame/time',
    tag: 'frames',
    summary: 'When a pixel of a frame was exposed',
    description:
      'By the row model in the frame’s own header, as `docs/timing.md` says it. Columns of a row share its time.',
    params: frameParams,
    query: z.strictObject({
      x: wholeNumber(65_535).default(0).meta({ description: 'column, from 0' }),
      y: wholeNumber(65_535).meta({ description: 'row, from 0, as the image is stored' }),
    }),
    errors: [404, 409, 503],
    answer: z.object({
      number: z.number().int(),
      x: z.number().int(),
      y: z.number().int(),
      startUtcNs: nanosecondsSchema,
      midUtcNs: nanosecondsSchema,
      endUtcNs: nanosecondsSchema,
      leapSecond: z.boolean(),
      uncertaintyNs: nanosecondsSchema,
      spreadNs: nanosecondsSchema.meta({ description: 'how much later the last line of a binned row was exposed' }),
      grade: z.enum(GRADES),
      source: z.enum(TIME_SOURCES),
      flags: z.array(z.string()),
    }),
    handle: ({ archive }, { params, query }) => archive.ask('rowTime', { ...params, ...query }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/frames/:frame/fits',
    tag: 'frames',
    summary: 'A frame as a FITS file with its complete header',
    params: frameParams,
    query: z.strictObject({ compressed: flagSchema.meta({ description: 'true: Rice-compressed, .fits.fz' }) }),
    errors: [404, 409, 503],
    answer: ['application/fits'],
    handle: async ({ archive }, { params, query }): Promise<RawAnswer> => {
      const { stream, byteLength, number, startUtcNs, sessionId } = await archive.fetch({ ...params, ...query });
      const time = formatUtc(startUtcNs, 3).replaceAll(/[:Z]/g, '');
      const name = `${time}_${shortSessionId(sessionId)}_${String(number).padStart(6, '0')}.fits${query.compressed ? '.fz' : ''}`;
      return {
        contentType: 'application/fits',
        body: stream,
        headers: {
          'content-length': String(byteLength),
          'content-disposition': `attachment; filename="${name}"`,
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/frames/:frame/pixels',
    tag: 'frames',
    summary: 'Pixels of a recorded frame, binned until there are no more columns than wanted',
    description:
      'uint16, little-endian, row by row. Headers: `x-appulse-frame`, `x-appulse-start-utc-ns`, `x-appulse-columns`, `-rows` (of the answer), `-x`, `-y`, `-width`, `-height` (of the region in the frame), `-binning`, `-bit-depth`, `-shift` (bits taken away from below where a pixel has more than 16), `-last-row-offset-ns` (from the start of row 0 to that of the last row), `-leap-second`, `-paired-lines-per-row` (0: lines are not read in pairs) and `-first-line-odd`, and of the sky in the whole frame `-median`, `-sigma` and `-high` (which one pixel in 2,000 exceeds).',
    params: frameParams,
    query: imageQuery,
    errors: [404, 409, 413, 503],
    answer: ['application/octet-stream'],
    handle: async ({ archive }, { params, query }): Promise<RawAnswer> => {
      const { pixels, ...of } = await archive.ask('image', { ...params, image: imageRequestOf(query) });
      const body = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
      return { contentType: 'application/octet-stream', body, headers: imageHeaders(of) };
    },
  }),
  previewRoute('png'),
  previewRoute('jpg'),
];

interface ImageQuery extends Partial<Undefinable<PixelRegion>> {
  readonly columns: number;
  readonly plane: 'mean' | 'maximum';
}
type Undefinable<T> = { [K in keyof T]: T[K] | undefined };

function imageRequestOf({ columns, plane, ...wanted }: ImageQuery): ImageRequest {
  const region = regionOf(wanted);
  return { columns, plane, ...(region !== null && { region }) };
}

interface ImageFacts extends Omit<FrameImage, 'pixels'>, Levels {
  readonly number: number;
  readonly startUtcNs: bigint;
  readonly lastRowOffsetNs: bigint;
  readonly leapSecond: boolean;
  readonly rowPairs: RowPairs | null;
}

function imageHeaders(of: ImageFacts): Record<string, string> {
  const { number, startUtcNs, lastRowOffsetNs, leapSecond, rowPairs, bitDepth, median, sigma, high, ...shape } = of;
  return headersOf({
    frame: number,
    'start-utc-ns': startUtcNs,
    'last-row-offset-ns': lastRowOffsetNs,
    'leap-second': String(leapSecond),
    'paired-lines-per-row': rowPairs?.linesPerRow ?? 0,
    'first-line-odd': String(rowPairs?.firstLineIsOdd ?? false),
    ...shape,
    'bit-depth': bitDepth,
    median: median.toFixed(3),
    sigma: sigma.toFixed(3),
    high: high.toFixed(3),
  });
}

/** All of a region, or nothing of it. @throws UsageError `usage.region` */
function regionOf({ x, y, width, height }: Omit<ImageQuery, 'columns' | 'plane'>): PixelRegion | null {
  if (x === undefined && y === undefined && width === undefined && height === undefined) return null;
  if (width === undefined || height === undefined) {
    throw new UsageError(
      'usage.region',
      'a region has width and height, and x and y that are 0 where they are left out',
    );
  }
  return { x: x ?? 0, y: y ?? 0, width, height };
}
