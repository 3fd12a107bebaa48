/**
 * What a running station tells of itself, declared once: schema for those who check it (the HTTP API, its document, the tests), types for
 * the rest. Nanoseconds and block ids are decimal strings, since it leaves the program.
 */
import { z } from 'zod';
import { GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { FRAME_TYPES, GAP_CAUSES, type GapCause } from '#storage/frame-record.js';

/** Nanoseconds since 1970 UTC (or a span of them), a decimal number as text. */
export const nanosecondsSchema = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .meta({ description: 'nanoseconds, a decimal number as text', examples: ['1795834800000000000'] });
/** Number of a camera of the station, from 0, in the order in which they were named. */
export const cameraNumberSchema = z.number().int().min(0).max(63);
const count = z.number().int().nonnegative();
const text = z.string().nullable();

/** How far the time of a camera's newest frame can be defended, and why. */
export const clockSchema = z.object({
  grade: z.enum(GRADES),
  source: z.enum(TIME_SOURCES),
  uncertaintyNs: nanosecondsSchema,
  /** Why it is not `locked`, in words for people; null where it is. */
  why: text,
  /** Since when the grade is what it is. */
  sinceUtcNs: nanosecondsSchema,
  /** Flags of the newest frame's time. */
  flags: z.array(z.string()),
  /** What the camera's receiver says of itself, in words; null where there is none. */
  receiver: text,
  /** Counts of the camera's oscillator in the last PPS second and its error in parts per billion; null where not known. */
  ppsCount: z.number().nullable(),
  ppsErrorPpb: z.number().nullable(),
  satellites: z.number().int().nullable(),
  /** Whether the receiver has the leap-second almanac; null where not known. */
  almanac: z.boolean().nullable(),
  /** When the newest compared frame came less what its header said then, the way from the camera included; null: none was compared. */
  hostOffsetNs: nanosecondsSchema.nullable(),
  /** State of the host's clock, in words. */
  host: text,
});
export type Clock = z.infer<typeof clockSchema>;

/** What a session has counted so far. */
export const framesSchema = z.object({
  received: count,
  recorded: count,
  indexed: count,
  lost: count,
  incomplete: count,
  untriggered: count,
  /** Received, and not recorded for any other reason: the disk did not take them, or a worker failed. */
  notRecorded: count,
});

/** Frames by the grade of their time. */
export const timesSchema = z.object({ locked: count, holdover: count, coarse: count, untrusted: count });

/** A camera of the station, some times a second. */
export const cameraStateSchema = z.object({
  camera: cameraNumberSchema,
  uri: z.string(),
  model: z.string(),
  serial: z.string(),
  state: z.enum(['opening', 'streaming', 'lost', 'stopping']),
  /** The session that is recorded; null while none is. */
  session: z.string().nullable(),
  width: count,
  height: count,
  pixelFormat: z.string(),
  bitDepth: count,
  framesPerSecond: z.number(),
  gigabitsPerSecond: z.number(),
  /** Shares from 0 to 1. */
  ringFill: z.number(),
  workerLoad: z.number(),
  /** Of the session; while none is recorded, since frames are only looked at. */
  frames: framesSchema,
  /** Frames by the grade of their time, of the same. */
  times: timesSchema,
  packetsResent: count,
  diskBytesPerSecond: z.number(),
  freeBytes: z.number().nullable(),
  /** Whether frames of the session cannot be written now: the disk is full, gone or broken. */
  diskFails: z.boolean(),
  /** In words, while the disk is full in less than `--warn-left` at the rate of all cameras; null where it is not, or the archive rolls. */
  diskWarning: z.string().nullable(),
  /** Seconds until the session's own limit or a full disk; null where neither is in sight. */
  secondsLeft: z.number().nullable(),
  seconds: z.number(),
  marks: count,
  outages: count,
  /** Whether a session waits for triggers. */
  waitsForTrigger: z.boolean(),
  clock: clockSchema.nullable(),
});
export type CameraState = z.infer<typeof cameraStateSchema>;

export const stationStatusSchema = z.object({
  version: z.string(),
  stationId: z.string(),
  stationName: z.string(),
  site: z.object({ latitudeDeg: z.number(), longitudeDeg: z.number(), heightM: z.number() }).nullable(),
  nowUtcNs: nanosecondsSchema,
  dataFolder: z.string(),
  cameras: z.array(cameraStateSchema),
});
export type StationStatus = z.infer<typeof stationStatusSchema>;

/** Something that people should know. */
export const messageSchema = z.object({
  number: count,
  utcNs: nanosecondsSchema,
  level: z.enum(['info', 'warning', 'error']),
  camera: cameraNumberSchema.nullable(),
  text: z.string(),
});
export type Message = z.infer<typeof messageSchema>;

export const gapSchema = z.object({
  camera: cameraNumberSchema.nullable(),
  /** Empty: it came between two sessions, and stands in no index. */
  sessionId: z.string(),
  cause: z.enum(Object.keys(GAP_CAUSES) as [GapCause, ...GapCause[]]),
  frames: count,
  firstBlock: z.string().nullable(),
  lastBlock: z.string().nullable(),
  fromUtcNs: nanosecondsSchema.nullable(),
  toUtcNs: nanosecondsSchema.nullable(),
  detail: z.string(),
});
export type Gap = z.infer<typeof gapSchema>;

export const startSessionSchema = z.object({
  camera: cameraNumberSchema.nullable().default(null).meta({ description: 'null: every camera' }),
  name: z.string().max(200).nullable().default(null),
  object: z.string().max(200).nullable().default(null),
  observer: z.string().max(200).nullable().default(null),
  notes: z.string().max(10_000).nullable().default(null),
  frameType: z.enum(FRAME_TYPES).default('light'),
});
export type StartSession = z.infer<typeof startSessionSchema>;
