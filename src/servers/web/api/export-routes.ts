/** Exports of recorded frames into the data folder's `exports`. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { checkedPattern } from '#src/cli/export.js';
import { UsageError } from '#src/config/usage-error.js';
import { nanosecondsSchema } from '#src/station/station-state.js';
import { EXPORT_FORMATS } from '#storage/export/export-types.js';
import { type ApiRoute, route } from './route.js';
import { selectionOptionsOf, selectionShape } from './selection-schema.js';

const DEFAULT_PATTERN = '{camera}_{utc}_{frame:6}';
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
      selection: z.strictObject(selectionShape).prefault({}),
    }),
    status: 202,
    errors: [404, 409, 503],
    answer: jobSchema,
    handle: async ({ archive, exports }, { body: { format, target, pattern, selection } }) => {
      if (pattern !== undefined && format !== 'fits' && format !== 'fits.fz') {
        throw new UsageError(
          'usage.export-option',
          `pattern is for a file a frame (fits, fits.fz), and not for ${format}`,
        );
      }
      const { dataFolder, filter } = await archive.ask('selection', selectionOptionsOf(selection));
      return exports.begin(target, {
        dataFolder,
        selection: filter,
        format,
        pattern: checkedPattern(pattern ?? DEFAULT_PATTERN),
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
