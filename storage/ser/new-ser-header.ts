/** The header that every SER file by Appulse begins with, recorded or exported. */
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import { encodeSerHeader, SER_COLORS, SER_TEXT_BYTES, serText } from './ser-header.js';
import { type SerStamp, stampNote } from './ser-stamp.js';
import { localTicksOf, ticksOf } from './ser-ticks.js';

/** PFNC names a Bayer pattern by its first row. */
const BAYER_COLORS: Readonly<Record<string, number>> = {
  RG: SER_COLORS.RGGB,
  GR: SER_COLORS.GRBG,
  GB: SER_COLORS.GBRG,
  BG: SER_COLORS.BGGR,
};

/** What a header says of the frames: that of the first holds for all of them, but for the start. */
export interface SerFrames
  extends Pick<FrameRecord, 'width' | 'height' | 'bitDepth' | 'sampleBytes' | 'pixelFormat' | 'softwareBinning'> {
  /** Start of exposure of row 0 of the first frame, nanoseconds since 1970 UTC. */
  readonly startUtcNs: bigint;
}

/** The 178 bytes, with a count of no frames. */
export function newSerHeader(
  { cameraName, observer, telescope }: Pick<SegmentHeader, 'cameraName' | 'observer' | 'telescope'>,
  first: SerFrames,
  stamp: SerStamp,
): Uint8Array {
  const note = stampNote(stamp);
  return encodeSerHeader({
    colorId: colorOf(first),
    littleEndianFlag: 0,
    width: first.width,
    height: first.height,
    depth: serDepth(first),
    frameCount: 0,
    observer: observer ?? '',
    instrument: serText(cameraName, SER_TEXT_BYTES - note.length) + note,
    telescope: telescope ?? '',
    dateTime: localTicksOf(first.startUtcNs),
    dateTimeUtc: ticksOf(first.startUtcNs),
  });
}

/** The significant bits, which tell readers how many bytes a sample has: up to 8 one, up to 16 two. */
function serDepth({ bitDepth, sampleBytes }: SerFrames): number {
  return sampleBytes === 1 ? Math.min(8, bitDepth) : Math.min(16, Math.max(9, bitDepth));
}

/** Pixels that were added up have no pattern left. The samples of RGB formats stand as they come. */
function colorOf({ pixelFormat, softwareBinning }: SerFrames): number {
  const rgb = pixelFormatByName(pixelFormat)?.rgb;
  if (rgb !== undefined) return rgb[0] === 0 ? SER_COLORS.RGB : SER_COLORS.BGR;
  const pattern = softwareBinning > 1 ? undefined : /^Bayer([GRB]{2})/.exec(pixelFormat)?.[1];
  return BAYER_COLORS[pattern ?? ''] ?? SER_COLORS.MONO;
}
