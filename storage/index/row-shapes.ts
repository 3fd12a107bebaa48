/** What the rows of the index's tables hold, frames aside. */
import type { FormatName } from '../formats/recording-format.js';
import { parseEventData } from './event-data.js';
import { count, flag, integer, nullable, RowShape, text, unsigned, word } from './row-shape.js';
import type {
  CameraRow,
  EventRow,
  FrameTimingRow,
  GapRow,
  GapSum,
  MarkRow,
  SegmentRow,
  SessionRow,
  StackRow,
} from './rows.js';

/** Joins the session of a row, and its camera where it has one. */
export const OF_SESSION_AND_CAMERA =
  'JOIN sessions ON sessions.key = session_key LEFT JOIN cameras ON cameras.key = camera_key';

/** What group_concat made of several values. */
function list(value: unknown): string[] | undefined {
  return value === null ? [] : typeof value === 'string' ? value.split(',') : undefined;
}

export const SESSION = new RowShape<SessionRow>('session', {
  id: ['sessions.id', text],
  stationId: ['stations.id', text],
  stationName: ['stations.name', text],
  folder: ['folder', text],
  state: ['state', word()],
  startedUtcNs: ['started_utc_ns', integer],
  endedUtcNs: ['ended_utc_ns', nullable(integer)],
  maxBytes: ['max_bytes', nullable(count)],
  software: ['software', text],
  name: ['sessions.name', nullable(text)],
  observer: ['observer', nullable(text)],
  telescope: ['telescope', nullable(text)],
  object: ['object', nullable(text)],
  site: ['site', nullable(text)],
  notes: ['notes', nullable(text)],
  formats: [
    '(SELECT group_concat(DISTINCT format) FROM segments WHERE session_key = sessions.key)',
    (value) => list(value) as FormatName[] | undefined,
  ],
  cameraIds: [
    `(SELECT group_concat(id) FROM cameras WHERE key IN (SELECT camera_key FROM segments WHERE session_key = sessions.key))`,
    list,
  ],
  framesRecorded: ['frames_recorded', count],
  framesIncomplete: ['frames_incomplete', count],
  framesLost: ['frames_lost', count],
  framesNotRecorded: ['frames_not_recorded', count],
  framesDestroyed: ['frames_destroyed', count],
  bytes: ['bytes', count],
});

export const SEGMENT = new RowShape<SegmentRow>('segment', {
  number: ['segments.number', count],
  file: ['file', text],
  state: ['segments.state', word()],
  format: ['format', word()],
  cameraId: ['cameras.id', text],
  frames: ['frames', count],
  bytes: ['segments.bytes', count],
  durableBytes: ['durable_bytes', count],
});

export const CAMERA = new RowShape<CameraRow>('camera', {
  id: ['id', text],
  name: ['name', text],
  uri: ['uri', text],
  vendor: ['vendor', text],
  model: ['model', text],
  serial: ['serial', text],
});

export const GAP = new RowShape<GapRow>('gap of session', {
  sessionId: ['sessions.id', text],
  cameraId: ['cameras.id', nullable(text)],
  cause: ['cause', word()],
  firstBlock: ['first_block', nullable(unsigned)],
  lastBlock: ['last_block', nullable(unsigned)],
  frames: ['frames', count],
  fromUtcNs: ['from_utc_ns', nullable(integer)],
  toUtcNs: ['to_utc_ns', nullable(integer)],
  detail: ['detail', text],
});

export const GAP_SUM = new RowShape<GapSum>('gap of cause', {
  cause: ['cause', word()],
  gaps: ['count(*)', count],
  frames: ['sum(frames)', count],
});

export const STACK = new RowShape<StackRow>('stack of session', {
  sessionId: ['sessions.id', text],
  cameraId: ['cameras.id', text],
  number: ['stacks.number', count],
  file: ['file', text],
  format: ['format', word()],
  frames: ['frames', count],
  firstFrame: ['first_frame', count],
  lastFrame: ['last_frame', count],
  startUtcNs: ['start_utc_ns', integer],
  endUtcNs: ['end_utc_ns', integer],
  bytes: ['stacks.bytes', count],
});

export const MARK = new RowShape<MarkRow>('mark of session', {
  sessionId: ['sessions.id', text],
  cameraId: ['cameras.id', nullable(text)],
  fromUtcNs: ['from_utc_ns', integer],
  toUtcNs: ['to_utc_ns', integer],
  cause: ['cause', word()],
  detail: ['detail', text],
  madeUtcNs: ['made_utc_ns', integer],
});

export const EVENT = new RowShape<EventRow>('event', {
  key: ['events.key', integer],
  sessionId: ['sessions.id', text],
  cameraId: ['cameras.id', nullable(text)],
  kind: ['kind', text],
  startUtcNs: ['start_utc_ns', integer],
  endUtcNs: ['end_utc_ns', integer],
  data: ['data', (value) => (typeof value === 'string' ? parseEventData(value) : undefined)],
});

export const FRAME_TIMING = new RowShape<FrameTimingRow>('frame', {
  key: ['frames.key', integer],
  cameraId: ['cameras.id', text],
  number: ['number', count],
  blockId: ['block_id', unsigned],
  sequence: ['sequence', nullable(count)],
  startUtcNs: ['start_utc_ns', integer],
  leapSecond: ['leap_second', flag],
  exposureNs: ['exposure_ns', integer],
  uncertaintyNs: ['uncertainty_ns', integer],
  source: ['source', word()],
  grade: ['grade', word()],
  flags: ['flags', text],
  missing: ["state = 'missing'", flag],
});
