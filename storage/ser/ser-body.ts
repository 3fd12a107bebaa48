/** A SER file while it is written: header, frames, and the trailer that only its end has. */
import { StorageError } from '../errors.js';
import type { SegmentBody, SegmentEnd } from '../formats/recording-format.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import { newSerHeader } from './new-ser-header.js';
import {
  decodeSerHeader,
  frameCountPatch,
  hasSerHeader,
  SER_HEADER_BYTES,
  SER_STAMP_BYTES,
  serFrameBytes,
} from './ser-header.js';
import { DEFAULT_SER_STAMP, type SerStamp, stampedInstant, stampOfNote } from './ser-stamp.js';
import { ticksOf } from './ser-ticks.js';

/** A new file whose first frame is `first`. */
export function beginSer(segment: SegmentHeader, first: FrameRecord): SegmentBody {
  const stamp = segment.serStamp ?? DEFAULT_SER_STAMP;
  return new SerBody(newSerHeader(segment, { ...first, startUtcNs: first.time.startUtcNs }, stamp), stamp);
}

/**
 * The body of a file that was begun before and has no end, by the bytes that it begins with: whichever of its frames stand whole in it are
 * to be `added` again, in order. Throws StorageError `storage.scan` for bytes that are no header of ours.
 */
export function resumeSer(start: Uint8Array): SegmentBody {
  const stamp = hasSerHeader(start) ? stampOfNote(decodeSerHeader(start).instrument) : null;
  if (stamp === null) {
    throw new StorageError('storage.scan', 'this does not begin as a SER file by Appulse, so its end cannot be made');
  }
  return new SerBody(Uint8Array.from(start.subarray(0, SER_HEADER_BYTES)), stamp);
}

class SerBody implements SegmentBody {
  readonly start: Uint8Array;
  readonly listHead: Readonly<Record<string, string>>;
  readonly #stamp: SerStamp;
  readonly #frameBytes: number;
  readonly #ticks: bigint[] = [];

  constructor(start: Uint8Array, stamp: SerStamp) {
    this.start = start;
    this.listHead = { format: 'ser', stamp, row: '0' };
    this.#stamp = stamp;
    this.#frameBytes = serFrameBytes(decodeSerHeader(start));
  }

  added({ time }: FrameRecord): void {
    this.#ticks.push(ticksOf(stampedInstant(time, this.#stamp)));
  }

  end(bytes: number): SegmentEnd {
    const frames = this.#ticks.length;
    const expected = SER_HEADER_BYTES + frames * this.#frameBytes;
    if (bytes !== expected) {
      throw new StorageError(
        'storage.ser-length',
        `a SER file of ${frames} frames has ${expected} bytes before its stamps, not ${bytes}`,
      );
    }
    const tail = Buffer.alloc(frames * SER_STAMP_BYTES);
    for (const [i, ticks] of this.#ticks.entries()) tail.writeBigInt64LE(ticks, i * SER_STAMP_BYTES);
    return { tail, patches: [frameCountPatch(frames)] };
  }
}
