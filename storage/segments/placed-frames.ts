/** Frames that a write brought into a segment: where each stands, what the segment is from then on, and what the index is told. */
import type { FormatName } from '../formats/recording-format.js';
import type { ScannedFrame } from '../formats/segment-reader.js';
import type { IndexChange } from '../index/index-changes.js';
import { lengthOf } from './recorded-frame.js';
import type { RecordedFrame } from './recorder-types.js';
import { ShortWrite } from './segment-file.js';
import type { OpenSegment } from './segment-sequence.js';

export interface PlacedFrames {
  readonly changes: readonly IndexChange[];
  readonly bytes: number;
  /** Frames with missing bytes. */
  readonly incomplete: number;
}

/** `frames`, one or more, stand in the segment's file from `position` on. Throws ShortWrite where they cannot be listed. */
export function placeFrames(
  segment: OpenSegment,
  position: number,
  frames: readonly RecordedFrame[],
  format: FormatName,
): PlacedFrames {
  const placed: ScannedFrame[] = [];
  let byteOffset = position;
  for (const frame of frames) {
    const { record, headerBytes, dataSum } = frame;
    const byteLength = lengthOf(frame);
    placed.push({ record, place: { byteOffset, byteLength, headerBytes, dataSum } });
    byteOffset += byteLength;
  }
  list(segment, position, placed);
  const changes: IndexChange[] = [];
  if (segment.frames === 0) {
    const { number, name, cameraId } = segment;
    changes.push({ kind: 'segment-opened', number, file: name, cameraId, format });
  }
  let incomplete = 0;
  for (const { record, place } of placed) {
    changes.push({ kind: 'frame', record, place: { ...place, segment: segment.number } });
    segment.body.added(record, place);
    if (record.missing.length > 0 || record.packetsMissing > 0) incomplete++;
    segment.first ??= record;
    segment.last = record;
  }
  segment.frames += frames.length;
  segment.incomplete += incomplete;
  return { changes, bytes: byteOffset - position, incomplete };
}

/** Frames that cannot be listed do not stay in a file whose format needs the list. */
function list({ file, list }: OpenSegment, position: number, frames: readonly ScannedFrame[]): void {
  try {
    list?.append(frames);
  } catch (cause) {
    file.takeBack(position);
    throw new ShortWrite(file.file, 0, cause);
  }
}

/** Brings the segment to stable storage; the list of its frames first, so that durable bytes are those whose frames are known. */
export async function syncSegment({ list, file }: OpenSegment): Promise<number> {
  await list?.sync();
  return file.sync();
}
