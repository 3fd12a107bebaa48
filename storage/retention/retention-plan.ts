/**
 * The one place that decides what retention removes: segments, marks, a policy and the time in; what goes, what stays and why
 * out. Nothing here touches a file.
 */
import { formatUtc } from '#gps/instant.js';
import type { MarkedSpans } from './marked-spans.js';
import { nightOf } from './nights.js';
import type { RetentionPolicy } from './retention-policy.js';

/** A complete segment, or one that a crash left. */
export interface RetainedSegment {
  /** Relative to the data folder, without `.part`. */
  readonly file: string;
  /** With the list of frames beside it. */
  readonly bytes: number;
  readonly sessionId: string;
  readonly cameraId: string;
  /** Start of its first frame and end of its last; null where it has none. */
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
}

export type FateCause = 'hours' | 'nights' | 'bytes' | 'marked' | 'pre-roll' | 'within';

/** What becomes of a segment. */
export interface Fate {
  readonly segment: RetainedSegment;
  readonly goes: boolean;
  readonly cause: FateCause;
  /** For people. */
  readonly why: string;
}

export interface RetentionQuestion {
  /** Of one policy, oldest first. */
  readonly segments: readonly RetainedSegment[];
  readonly marks: MarkedSpans;
  readonly policy: RetentionPolicy;
  readonly nowUtcNs: bigint;
  /** Of the site, degrees east; null: nights are those of UTC. */
  readonly longitudeDeg: number | null;
  /** Bytes that must have room beside the segments: of a segment being written, or to come. */
  readonly headroomBytes?: number;
  /** Frames wait on disk for a trigger, which may want those of this long ago; left out: none is expected. */
  readonly preRollNs?: bigint;
}

const NS_PER_HOUR = 3_600_000_000_000;
/** From a trigger to the mark that it makes. */
const TRIGGER_DELAY_NS = 1_000_000_000n;

/** The fate of every segment, in their order. */
export function planRetention(question: RetentionQuestion): Fate[] {
  const { segments, marks, policy, headroomBytes = 0 } = question;
  const decided = segments.map(
    (segment) => markedFate(segment, marks) ?? awaitedFate(segment, question) ?? agedFate(segment, question),
  );
  let bytes = headroomBytes;
  for (const [i, segment] of segments.entries()) if (counts(decided[i] ?? null, policy)) bytes += segment.bytes;
  const limit = policy.maxBytes ?? Number.POSITIVE_INFINITY;
  return segments.map((segment, i) => {
    const fate = decided[i] ?? null;
    if (fate !== null) return fate;
    if (bytes <= limit) return { segment, goes: false, cause: 'within', why: 'within the limits' };
    const what = policy.keep === 'marks' ? 'segments without a mark' : 'the segments';
    const why = `${what} are ${formatBytes(bytes)}, the limit ${formatBytes(limit)}, and it is the oldest that may go`;
    bytes -= segment.bytes;
    return { segment, goes: true, cause: 'bytes', why };
  });
}

/** The bytes that the limit of `policy` counts. */
export function countedBytes(
  segments: readonly RetainedSegment[],
  marks: MarkedSpans,
  policy: RetentionPolicy,
): number {
  let bytes = 0;
  for (const segment of segments) if (counts(markedFate(segment, marks), policy)) bytes += segment.bytes;
  return bytes;
}

/** Whether a segment of that fate so far counts for the limit of bytes: what goes anyway does not. */
function counts(fate: Fate | null, { keep }: RetentionPolicy): boolean {
  return fate === null || fate.cause === 'pre-roll' || (fate.cause === 'marked' && keep === 'all');
}

export function markedFate(segment: RetainedSegment, marks: MarkedSpans): Fate | null {
  const { sessionId, cameraId, fromUtcNs, toUtcNs } = segment;
  if (fromUtcNs === null || toUtcNs === null) return null;
  const mark = marks.touching(sessionId, cameraId, fromUtcNs, toUtcNs);
  if (mark === null) return null;
  const detail = mark.detail === '' ? '' : `: ${mark.detail}`;
  const why = `marked from ${formatUtc(mark.fromUtcNs, 3)} to ${formatUtc(mark.toUtcNs, 3)} (${mark.cause}${detail})`;
  return { segment, goes: false, cause: 'marked', why };
}

function awaitedFate(segment: RetainedSegment, { preRollNs, nowUtcNs }: RetentionQuestion): Fate | null {
  const { toUtcNs } = segment;
  if (preRollNs === undefined || toUtcNs === null || nowUtcNs - toUtcNs > preRollNs + TRIGGER_DELAY_NS) return null;
  return { segment, goes: false, cause: 'pre-roll', why: 'a trigger may still want it' };
}

function agedFate(segment: RetainedSegment, { policy, nowUtcNs, longitudeDeg }: RetentionQuestion): Fate | null {
  const { toUtcNs } = segment;
  if (toUtcNs === null) return null;
  const last = `its last frame is of ${formatUtc(toUtcNs, 0)}`;
  const { hours, nights } = policy;
  if (hours !== null && nowUtcNs - toUtcNs > BigInt(Math.round(hours * NS_PER_HOUR))) {
    return { segment, goes: true, cause: 'hours', why: `older than ${hours} h: ${last}` };
  }
  if (nights !== null && nightOf(nowUtcNs, longitudeDeg) - nightOf(toUtcNs, longitudeDeg) >= BigInt(nights)) {
    return { segment, goes: true, cause: 'nights', why: `not of the last ${nights} nights: ${last}` };
  }
  return null;
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(2)} ${units[unit]}`;
}
