/**
 * The calls of a running station: what the command line, and later the page, ask of it. Records on the socket are msgpack
 * maps, one request and one answer each: {id, call, ...} and {id, value} or {id, error: {code, message}}.
 */
import { z } from 'zod';
import type { SetControlsRequest } from '#src/station/control-request.js';
import type { MarkEnd, MarkRequest } from '#src/station/mark-request.js';
import { type StartSession, startSessionSchema } from '#src/station/station-state.js';

/** Nanoseconds as a decimal number, as everywhere outside of the program. */
const nanoseconds = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text));

export const MOST_NOTE_CHARACTERS = 1_000;
const markEnd = z.union([z.object({ utcNs: nanoseconds }), z.object({ offsetNs: nanoseconds })]);

const wantedControl = z.object({
  name: z.string().min(1).max(200),
  value: z.union([z.number(), z.boolean(), z.string().max(10_000), z.null()]),
});

export const requestSchema = z.object({
  id: z.number().int().nonnegative(),
  call: z.enum([
    'status',
    'stop',
    'preview',
    'trigger',
    'mark',
    'controls',
    'controls-set',
    'session-start',
    'session-stop',
    'page',
  ]),
  /** `preview`, `trigger`, `mark`, `controls-set`, `session-stop`: number of the camera, from 0. */
  camera: z.number().int().min(0).max(63).optional(),
  /** `trigger`, `mark`: `event` for one that another program saw; the moment it is about (now); words for people. */
  cause: z.enum(['command', 'event']).optional(),
  atUtcNs: nanoseconds.optional(),
  note: z.string().max(MOST_NOTE_CHARACTERS).optional(),
  /** `mark`: an instant, or a distance from that moment. */
  from: markEnd.optional(),
  to: markEnd.optional(),
  /** `controls-set`: what, in the order in which it was given; null executes a command. */
  set: z.array(wantedControl).min(1).max(500).optional(),
  /** `controls-set`: those that the camera takes, instead of all or none. */
  whatGoes: z.boolean().optional(),
  /** `controls-set`: false: not for the next time that the camera is opened. */
  keep: z.boolean().optional(),
  /** `session-start`: what is recorded, and of which camera. */
  session: startSessionSchema.optional(),
});

/** What `page` is answered with: the address of the station's page, the same with the key of the run, and that key. */
export const pageAnswerSchema = z.object({ url: z.string(), loginUrl: z.string(), key: z.string() });
export type PageAnswer = z.infer<typeof pageAnswerSchema>;

/** What a `session-start` asks of the station. */
export function startSessionOf({ session }: ControlRequest): StartSession {
  return session ?? startSessionSchema.parse({});
}

/** What a `controls-set` asks of the station. */
export function setControlsRequestOf({
  camera = 0,
  set = [],
  whatGoes = false,
  keep = true,
}: ControlRequest): SetControlsRequest {
  return { camera, set, whatGoes, keep };
}

/** What a `trigger` or a `mark` asks of the station. */
export function markRequestOf(request: ControlRequest): MarkRequest {
  const end = (given: ControlRequest['from']): MarkEnd | null => {
    if (given === undefined) return null;
    return 'utcNs' in given ? { utcNs: BigInt(given.utcNs) } : { offsetNs: BigInt(given.offsetNs) };
  };
  const spans = request.call === 'mark' ? { from: end(request.from), to: end(request.to) } : { from: null, to: null };
  return {
    camera: request.camera ?? null,
    cause: request.cause ?? 'command',
    note: request.note ?? '',
    atUtcNs: request.atUtcNs === undefined ? null : BigInt(request.atUtcNs),
    ...spans,
  };
}

export type ControlRequest = z.infer<typeof requestSchema>;
export type ControlCall = ControlRequest['call'];

export const answerSchema = z.object({
  id: z.number().int().nonnegative(),
  value: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type ControlAnswer = z.infer<typeof answerSchema>;

/** A request larger than this is not one of ours; the connection is cut. */
export const REQUEST_LIMIT_BYTES = 65_536;
