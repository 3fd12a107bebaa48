/** Rows of the index as the API tells them: the rows of storage/index/rows.ts, with instants, block ids and keys as text. */
import { z } from 'zod';
import { LEVELS } from '#gps/audit/level.js';
import { GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { nanosecondsSchema } from '#src/station/station-state.js';
import { RECORDING_FORMATS } from '#storage/formats/recording-format.js';
import { FRAME_TYPES, GAP_CAUSES, type GapCause } from '#storage/frame-record.js';
import { MARK_CAUSES } from '#storage/index/index-changes.js';
import type {
  CameraRow,
  FrameRow,
  GapRow,
  GapSum,
  MarkRow,
  SegmentRow,
  SessionRow,
  StackRow,
} from '#storage/index/rows.js';
import { FRAME_STATES, SEGMENT_STATES, SESSION_STATES } from '#storage/index/schema.js';

/** A value as it leaves the program. */
export type Told<T> = T extends bigint
  ? string
  : T extends readonly (infer E)[]
    ? readonly Told<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Told<T[K]> }
      : T;

const text = z.string().nullable();
const count = z.number().int().nonnegative();
const real = z.number().nullable();
const instant = nanosecondsSchema;
export const keySchema = z
  .string()
  .regex(/^\d{1,19}$/)
  .meta({ description: 'key of a frame in the index: rises with the order of writing, the cursor of pages' });
const blockSchema = z
  .string()
  .regex(/^\d{1,20}$/)
  .meta({ description: 'block id of the stream, a decimal number as text' });
const gapCause = z.enum(Object.keys(GAP_CAUSES) as [GapCause, ...GapCause[]]);

export const sessionSchema = z.object({
  id: z.string().meta({ description: 'UUIDv7' }),
  stationId: z.string(),
  stationName: z.string(),
  folder: z.string().meta({ description: 'relative to the data folder' }),
  state: z.enum(SESSION_STATES),
  startedUtcNs: instant,
  endedUtcNs: instant.nullable(),
  maxBytes: count.nullable(),
  software: z.string(),
  name: text,
  observer: text,
  telescope: text,
  object: text,
  site: text,
  notes: text,
  formats: z.array(z.enum(RECORDING_FORMATS)),
  cameraIds: z.array(z.string()),
  framesRecorded: count,
  framesIncomplete: count.meta({ description: 'of the recorded ones' }),
  framesLost: count.meta({ description: 'produced, not received' }),
  framesNotRecorded: count.meta({ description: 'received, not written' }),
  framesDestroyed: count.meta({ description: 'recorded, not survived a crash' }),
  bytes: count,
}) satisfies z.ZodType<Told<SessionRow>>;

export const cameraRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  uri: z.string(),
  vendor: z.string(),
  model: z.string(),
  serial: z.string(),
}) satisfies z.ZodType<Told<CameraRow>>;

export const segmentSchema = z.object({
  number: count,
  file: z.string().meta({ description: 'relative to the data folder' }),
  state: z.enum(SEGMENT_STATES),
  format: z.enum(RECORDING_FORMATS),
  cameraId: z.string(),
  frames: count,
  bytes: count,
  durableBytes: count.meta({ description: 'safe from a power cut' }),
}) satisfies z.ZodType<Told<SegmentRow>>;

export const frameSchema = z.object({
  key: keySchema,
  sessionId: z.string(),
  cameraId: z.string(),
  number: count.meta({ description: 'in the session, from 1' }),
  blockId: blockSchema,
  sequence: count.nullable().meta({ description: "the camera's own count" }),
  startUtcNs: instant,
  midUtcNs: instant,
  endUtcNs: instant,
  leapSecond: z.boolean(),
  exposureNs: instant,
  uncertaintyNs: instant,
  source: z.enum(TIME_SOURCES),
  grade: z.enum(GRADES),
  flags: z.array(z.string()),
  receivedUtcNs: instant,
  width: count,
  height: count,
  bitDepth: count,
  pixelFormat: z.string(),
  packetsMissing: count,
  packetsResent: count,
  bytesMissing: count,
  aduMin: real,
  aduMax: real,
  aduMean: real,
  aduStddev: real,
  aduMedian: real,
  saturated: real.meta({ description: 'pixels at the largest value of the format' }),
  file: z.string().meta({ description: 'relative to the data folder' }),
  byteOffset: count,
  byteLength: count,
  headerBytes: count,
  state: z.enum(FRAME_STATES),
  spanStartUtcNs: instant.nullable(),
  spanEndUtcNs: instant.nullable(),
  frameType: z.enum(FRAME_TYPES),
  sampleBytes: z.union([z.literal(1), z.literal(2), z.literal(4)]),
  format: z.enum(RECORDING_FORMATS),
  readMode: text,
  gain: real,
  offset: real,
  binningX: count,
  binningY: count,
  softwareBinning: count,
  sensorTemperatureC: real,
  filter: text,
  dataSum: count.nullable(),
}) satisfies z.ZodType<Told<FrameRow>>;

/** A frame with the payload bytes that it lacks. */
export const frameWithMissingSchema = frameSchema.extend({
  missing: z
    .array(z.object({ offset: count, length: count }))
    .meta({ description: 'bytes of the payload, 1000 ranges at most' }),
});

export const gapRowSchema = z.object({
  sessionId: z.string(),
  cameraId: text,
  cause: gapCause,
  firstBlock: blockSchema.nullable(),
  lastBlock: blockSchema.nullable(),
  frames: count.meta({ description: '0 where their number cannot be known' }),
  fromUtcNs: instant.nullable(),
  toUtcNs: instant.nullable(),
  detail: z.string(),
}) satisfies z.ZodType<Told<GapRow>>;

export const gapSumSchema = z.object({ cause: gapCause, gaps: count, frames: count }) satisfies z.ZodType<Told<GapSum>>;

export const stackSchema = z.object({
  sessionId: z.string(),
  cameraId: z.string(),
  number: count,
  file: z.string(),
  format: z.enum(['stack', 'ff']),
  frames: count,
  firstFrame: count,
  lastFrame: count,
  startUtcNs: instant,
  endUtcNs: instant,
  bytes: count.meta({ description: '0: removed by retention' }),
}) satisfies z.ZodType<Told<StackRow>>;

export const markRowSchema = z.object({
  sessionId: z.string(),
  cameraId: text.meta({ description: 'null: of all cameras' }),
  fromUtcNs: instant,
  toUtcNs: instant,
  cause: z.enum(MARK_CAUSES),
  detail: z.string(),
  madeUtcNs: instant,
}) satisfies z.ZodType<Told<MarkRow>>;

export const sessionDetailsSchema = z.object({
  session: sessionSchema,
  cameras: z.array(cameraRowSchema),
  grades: z.partialRecord(z.enum(GRADES), count).meta({ description: 'frames by grade' }),
  gaps: z.array(gapSumSchema),
  segments: z.array(segmentSchema).meta({ description: 'the last 1000' }),
  stacks: z.array(stackSchema).meta({ description: 'the last 1000' }),
  marks: z.array(markRowSchema).meta({ description: 'the last 1000' }),
});

const level = z.enum(LEVELS);
const rangeSchema = z.looseObject({ fromFrame: count, toFrame: count, frames: count });
const part = z.looseObject({}).nullable();

/** A change of the GPS receiver's state. */
export const lockChangeSchema = z.object({
  utcNs: instant,
  sessionId: z.string(),
  cameraId: text,
  from: text.meta({ description: 'null where a session begins with it' }),
  to: text,
  why: text,
});

/** What `appulse audit --json` tells; docs/audit.md has the parts that are open here. */
export const auditSchema = z.object({
  session: sessionSchema,
  cameras: z.array(cameraRowSchema),
  state: z.enum(SESSION_STATES),
  frames: count,
  fromUtcNs: instant.nullable(),
  toUtcNs: instant.nullable(),
  verdict: z.object({
    level,
    summary: z.string(),
    ranges: z.array(
      rangeSchema.extend({
        fromUtcNs: instant.nullable(),
        toUtcNs: instant.nullable(),
        level,
        reasons: z.array(z.string()),
        joined: z.boolean(),
      }),
    ),
    frames: z.record(level, count),
  }),
  findings: z.array(
    z.object({
      kind: z.string(),
      level,
      meaning: z.string(),
      range: rangeSchema.nullable(),
      count,
      evidence: z.string(),
    }),
  ),
  lock: part,
  intervals: part,
  oscillator: part,
  wholeSecond: part,
  accounting: part,
  gaps: z.array(z.looseObject({})),
  budgets: z.array(z.looseObject({})),
  recorded: part,
  witnesses: part,
});
