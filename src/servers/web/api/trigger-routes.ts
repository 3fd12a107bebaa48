/** Spans of time whose frames are kept: before and behind now, or between two instants. */
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { MOST_NOTE_CHARACTERS } from '#src/control/calls.js';
import type { MarkEnd } from '#src/station/mark-request.js';
import type { StationFace } from '#src/station/station-face.js';
import { cameraNumberSchema, nanosecondsSchema } from '#src/station/station-state.js';
import { sessionParams } from './parameters.js';
import { type ApiRoute, route } from './route.js';

const instant = nanosecondsSchema.refine(isOf64Bits, 'beyond 64 bits');
const common = {
  camera: cameraNumberSchema.nullable().default(null).meta({ description: 'null: every camera' }),
  note: z.string().max(MOST_NOTE_CHARACTERS).default('').meta({ description: 'words that are kept with it' }),
  atUtcNs: instant.nullable().default(null).meta({ description: 'the moment that it is about; null: now' }),
};
const end = z
  .union([z.strictObject({ utcNs: instant }), z.strictObject({ offsetNs: instant })])
  .nullable()
  .default(null)
  .meta({ description: "an instant, or a distance from the moment; null: the settings' pre-roll or post-roll" });
const marksSchema = z.object({
  marks: z.array(
    z.object({
      session: z.string(),
      camera: z.string(),
      fromUtcNs: nanosecondsSchema,
      toUtcNs: nanosecondsSchema,
    }),
  ),
});

export const TRIGGER_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'POST',
    path: '/api/v1/trigger',
    tag: 'triggers',
    summary: 'Keep the pre-roll before now and the post-roll behind it',
    body: z.strictObject({
      ...common,
      cause: z
        .enum(['command', 'event'])
        .default('command')
        .meta({ description: 'event: another program saw something' }),
    }),
    status: 201,
    errors: [404, 409],
    answer: marksSchema,
    handle: async ({ station }, { body: { atUtcNs, ...request } }) => ({
      marks: await station.mark({ ...request, atUtcNs: instantOf(atUtcNs), from: null, to: null }),
    }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/marks',
    tag: 'triggers',
    summary: 'Keep a span of time from retention',
    body: z.strictObject({ ...common, from: end, to: end }),
    status: 201,
    errors: [404, 409],
    answer: marksSchema,
    handle: async ({ station }, { body: { atUtcNs, from, to, ...request } }) => ({
      marks: await station.mark({
        ...request,
        cause: 'command',
        atUtcNs: instantOf(atUtcNs),
        from: endOf(from),
        to: endOf(to),
      }),
    }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/sessions/:session/marks',
    tag: 'triggers',
    summary: 'Keep a span of a recorded session from retention',
    description: 'While nothing is recorded.',
    params: sessionParams,
    body: z
      .strictObject({
        fromUtcNs: instant,
        toUtcNs: instant,
        cameraId: z.string().max(200).nullable().default(null).meta({ description: 'null: of every camera' }),
        note: common.note,
      })
      .refine(({ fromUtcNs, toUtcNs }) => BigInt(fromUtcNs) <= BigInt(toUtcNs), 'toUtcNs is before fromUtcNs'),
    status: 201,
    errors: [404, 409, 503],
    answer: z.object({
      session: z.string(),
      frames: z.number().int().nonnegative().meta({ description: 'in the span, with their pixels on disk' }),
      fromUtcNs: nanosecondsSchema,
      toUtcNs: nanosecondsSchema,
    }),
    handle: ({ archive, station }, { params, body: { fromUtcNs, toUtcNs, ...request } }) => {
      requireRest(station);
      return archive.ask('mark', { ...params, ...request, fromUtcNs: BigInt(fromUtcNs), toUtcNs: BigInt(toUtcNs) });
    },
  }),
];

/** A recorder goes by the marks that were there when it began, and by its own. @throws AppulseError `session.recording` */
function requireRest({ cameras }: StationFace): void {
  if (cameras.every(({ session }) => session === null)) return;
  throw new AppulseError(
    'session.recording',
    'a session is being recorded, and its retention would not know of this mark: stop it first, or keep a span of what is recorded now by /api/v1/marks',
  );
}

/** What is no number is refused as that. */
function isOf64Bits(text: string): boolean {
  return !/^-?\d+$/.test(text) || BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

const instantOf = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

function endOf(given: { readonly utcNs: string } | { readonly offsetNs: string } | null): MarkEnd | null {
  if (given === null) return null;
  return 'utcNs' in given ? { utcNs: BigInt(given.utcNs) } : { offsetNs: BigInt(given.offsetNs) };
}
