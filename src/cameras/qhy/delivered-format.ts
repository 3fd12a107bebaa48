/** What pixel format a frame of the library has: from the depth that it tells and the bytes that it wrote, never from what was asked. */
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';

/** What the camera is asked for; 32 bit hold whole sums of pixels that the library has binned (SDK 2021-07-06 and newer). */
export const OUTPUT_BITS = [8, 16, 32] as const;
export type OutputBits = (typeof OUTPUT_BITS)[number];

export type Bayer = PixelFormat['bayer'];

/** Answers of IsQHYCCDControlAvailable for CAM_COLOR. */
const BAYER: Readonly<Record<number, Bayer>> = { 1: 'GB', 2: 'GR', 3: 'BG', 4: 'RG' };
export const bayerOf = (answer: number): Bayer => BAYER[answer] ?? 'none';

/** The format of 8, 16 and (of cameras without colours, or binned) 32 bit, or packed 10, 12 and 14 (`suffix` p). */
export function formatOf(bits: number, bayer: Bayer, suffix: '' | 'p' = ''): PixelFormat | null {
  return pixelFormatByName(`${bayer === 'none' ? 'Mono' : `Bayer${bayer}`}${bits}${suffix}`) ?? null;
}

export interface Delivered {
  readonly width: number;
  readonly height: number;
  /** Depth that the library tells with the frame. */
  readonly bits: number;
  readonly channels: number;
  /** Bytes that it wrote into memory that was marked before; null where that was not measured. */
  readonly writtenBytes: number | null;
}

const PACKED = [10, 12, 14] as const;
/** Bytes that a library may write beyond a frame's own. */
const SLACK_BYTES = 64;

/** Null for what cannot be a raw frame: colours worked out by the library, or a depth that is none. */
export function deliveredFormat(
  { width, height, bits, channels, writtenBytes }: Delivered,
  bayer: Bayer,
): PixelFormat | null {
  if (channels !== 1 || width <= 0 || height <= 0) return null;
  const pixels = width * height;
  const packed = PACKED.find((depth) => {
    const bytes = Math.ceil((pixels * depth) / 8);
    return writtenBytes !== null && Math.abs(writtenBytes - bytes) <= SLACK_BYTES;
  });
  // A packed frame shows by its length alone: 12 bit modes are asked for as 8 bit, and may tell either.
  if (packed !== undefined && pixels > SLACK_BYTES * 16) return formatOf(packed, bayer, 'p');
  if (bits === 8 || bits === 16) return formatOf(bits, bayer);
  // A library that takes 32 bit for an answer and goes on in 16 shows by its length.
  if (bits === 32) return formatOf(writtenBytes !== null && writtenBytes <= 2 * pixels + SLACK_BYTES ? 16 : 32, bayer);
  if (bits < 8 || bits > 16) return null;
  // The library shifts 10 to 14 bits up to fill 16; in a byte a pixel they are the upper eight.
  return formatOf(writtenBytes !== null && writtenBytes <= pixels + SLACK_BYTES ? 8 : 16, bayer);
}
