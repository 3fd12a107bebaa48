/** A SER file while it is written: header, frames, and the trailer that only its end has. */
import { StorageError } from '../errors.js';
import type { SegmentBody, SegmentEnd } from '../formats/recording-format.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import {
  decodeSerHeader,
  encodeSerHeader,
  frameCountPatch,
  hasSerHeader,
  SER_COLORS,
  SER_HEADER_BYTES,
  SER_STAMP_BYTES,
  serFrameBytes,
  serText,
} from './ser-header.js';
import { DEFAULT_SER_STAMP, type SerStamp, stampedInstant, stampNote, stampOfNote } from './ser-stamp.js';
import { localTicksOf, ticksOf } from './ser-ticks.js';

/** PFNC names a Bayer pattern by its first row. */
const BAYER_COLORS: Readonly<Record<string, number>> = {
  RG: SER_COLORS.RGGB,
  GR: SER_COLORS.GRBG,
  GB: SER_COLORS.GBRG,
  BG: SER_COLORS.BGGR,
};

/** A new file whose first frame is `first`. */
export function beginSer(segment: SegmentHeader, first: FrameRecord): SegmentBody {
  const stamp = segment.serStamp ?? DEFAULT_SER_STAMP;
  const note = stampNote(stamp);
  const { startUtcNs } = first.time;
  const start = encodeSerHeader({
    colorId: BAYER_COLORS[/^Bayer([GRB]{2})/.exec(first.pixelFormat)?.[1] ?? ''] ?? SER_COLORS.MONO,
    littleEndianFlag: 0,
    width: first.width,
    height: first.height,
    depth: serDepth(first),
    frameCount: 0,
    observer: segment.observer ?? '',
    instrument: serText(segment.cameraName, 40 - note.length) + note,
    telescope: segment.telescope ?? '',
    dateTime: localTicksOf(startUtcNs),
    dateTimeUtc: ticksOf(startUtcNs),
  });
  return new SerBody(start, stamp);
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

/** The significant bits, which tell readers how many bytes a sample has: up to 8 one, up to 16 two. */
function serDepth({ bitDepth, sampleBytes }: FrameRecord): number {
  return sampleBytes === 1 ? Math.min(8, bitDepth) : Math.min(16, Math.max(9, bitDepth));
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
