/** Exports of recorded frames into the data folder's `exports`. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { checkedPattern, DEFAULT_PATTERN } from '#src/archive/checked-pattern.js';
import { UsageError } from '#src/config/usage-error.js';
import { nanosecondsSchema } from '#src/station/station-state.js';
import { EXPORT_FORMATS, type ExportFormat } from '#storage/export/export-types.js';
import { isStationCode, stationCodeOf } from '#storage/ff/station-code.js';
import { DEFAULT_SER_STAMP, SER_STAMPS } from '#storage/ser/ser-stamp.js';
import { exportedFile } from '../exports/exported-files.js';
import { wholeNumber } from './parameters.js';
import { type ApiRoute, type FileAnswer, route } from './route.js';
import { selectionOptionsOf, selectionShape } from './selection-schema.js';

const FILE_TYPE = 'application/octet-stream';
/** The frame path needs the other processors. */
const WORKERS = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
const count = z.number().int().nonnegative();

const jobSchema = z.object({
  id: z.string(),
  target: z.string().meta({ description: "name in the data folder's `exports`" }),
  format: z.enum(EXPORT_FORMATS),
  state: z.enum(['running', 'stopping', 'done', 'stopped', 'failed']),
  startedUtcNs: nanosecondsSchema,
  endedUtcNs: nanosecondsSchema.nullable(),
  progress: z
    .object({
      frames: count,
      total: count,
      bytes: count,
      framesPerSecond: z.number(),
      secondsLeft: z.number().nullable(),
    })
    .nullable(),
  result: z
    .object({
      exported: count,
      expired: count,
      missing: count,
      unreadable: count,
      files: count,
      bytes: count,
      resumedFrom: count,
      seconds: z.number(),
    })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  warnings: z.array(z.string()),
});
const jobParams = z.object({ export: z.uuid() });

export const EXPORT_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/exports',
    summary: 'The exports that were begun since the station was started, the newest first',
    answer: z.object({ exports: z.array(jobSchema) }),
    handle: ({ exports }) => ({ exports: exports.all }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/exports',
    summary: 'Begin an export',
    description:
      'Frames are chosen as in `GET /api/v1/frames`. The target stands in `exports` of the data folder, and nothing there is overwritten. An export that was stopped goes on when the same is asked for again. Two at a time.',
    body: z.strictObject({
      format: z.enum(EXPORT_FORMATS),
      target: z
        .string()
        .min(1)
        .max(128)
        .meta({ description: 'a name without folders; a folder where each frame is a file' }),
      pattern: z.string().min(1).max(200).optional().meta({ description: 'names of files, of a file a frame' }),
      serStamp: z
        .enum(SER_STAMPS)
        .optional()
        .meta({ description: 'of SER: which instant of a frame its stamp is; start' }),
      stationCode: z
        .string()
        .refine(isStationCode, 'two capital letters, then four letters or digits, such as US001A')
        .optional()
        .meta({ description: "of FF files; left out: made from the station's name" }),
      selection: z.strictObject(selectionShape).prefault({}),
    }),
    status: 202,
    errors: [404, 409, 503],
    answer: jobSchema,
    handle: async ({ archive, exports, station }, { body }) => {
      refuseUseless(body);
      const { format, target, pattern, serStamp, stationCode, selection } = body;
      const { dataFolder, filter } = await archive.ask('selection', selectionOptionsOf(selection));
      return exports.begin(target, {
        dataFolder,
        selection: filter,
        format,
        pattern: checkedPattern(pattern ?? DEFAULT_PATTERN),
        serStamp: serStamp ?? DEFAULT_SER_STAMP,
        stationCode: stationCode ?? stationCodeOf(null, station.name, 0),
        workers: WORKERS,
      });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/exports/:export',
    summary: 'The state and progress of an export',
    params: jobParams,
    errors: [404],
    answer: jobSchema,
    handle: ({ exports }, { params }) => exports.status(params.export),
  }),
  route({
    method: 'GET',
    path: '/api/v1/exports/:export/files',
    summary: 'The files of an export that has ended, by name',
    description: 'Of one that was stopped, those that are whole.',
    params: jobParams,
    query: z.strictObject({
      after: z.string().max(255).optional().meta({ description: '`nextAfter` of the page before' }),
      limit: wholeNumber(1_000, 1).default(1_000),
    }),
    errors: [404, 409, 503],
    answer: z.object({
      files: z.array(z.object({ name: z.string(), bytes: count })),
      nextAfter: z.string().nullable().meta({ description: 'null: there are no more' }),
    }),
    handle: ({ archive, exports }, { params, query: { after = null, limit } }) =>
      archive.ask('exportFiles', { ...exports.placeOf(params.export), after, limit }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/exports/:export/files/:file',
    summary: 'A file of an export that has ended',
    description: 'As a whole, or the part that `Range` asks for. Four are sent at a time.',
    params: jobParams.extend({ file: z.string().min(1).max(255).meta({ description: 'a name of the list of files' }) }),
    errors: [404, 409, 503],
    ranges: true,
    answer: [FILE_TYPE],
    handle: ({ exports }, { params }): FileAnswer => {
      const place = exports.placeOf(params.export);
      const { name } = exportedFile(place, params.file);
      return { contentType: FILE_TYPE, folder: place.folder, name, ended: exports.beginFetch() };
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/exports/:export',
    summary: 'Stop an export; what it wrote stays',
    params: jobParams,
    status: 202,
    errors: [404],
    answer: jobSchema,
    handle: ({ exports }, { params }) => exports.stop(params.export),
  }),
];

interface Options {
  readonly format: ExportFormat;
  readonly pattern?: string | undefined;
  readonly serStamp?: string | undefined;
  readonly stationCode?: string | undefined;
}

/** Formats by the option that they have a use for. */
const USED_BY = {
  pattern: ['fits', 'fits.fz'],
  serStamp: ['ser'],
  stationCode: ['ff', 'ff-bin'],
} as const satisfies Readonly<Record<string, readonly ExportFormat[]>>;

/** An option that would do nothing is a mistake about what comes out. @throws UsageError `usage.export-option` */
function refuseUseless(options: Options): void {
  for (const [option, formats] of Object.entries(USED_BY)) {
    const given = options[option as keyof typeof USED_BY] !== undefined;
    if (!given || formats.some((format) => format === options.format)) continue;
    throw new UsageError(
      'usage.export-option',
      `${option} is for ${formats.join(' and ')}, and not for ${options.format}`,
    );
  }
}
