/** Recorded samples as a camera's stream has them. */
import { AppulseError } from '#gps/errors.js';
import { fromPlanes } from '#pipeline/kernels/color.js';
import { isRecordable, type PixelFormat, pixelFormatByName, planesOf } from '#pipeline/wire/pixel-formats.js';
import type { Pixels } from '#storage/formats/segment-reader.js';
import { packPixels } from '../simulator/pixel-packing.js';

/**
 * The format in which samples are streamed: the one they were recorded from, where they can be its samples. Those of 32 bits are
 * sums, in which no colour of a mosaic is left: Mono32. Samples of three colours are those of RGB8. Throws AppulseError `replay.depth` for a depth that no format has.
 */
export function streamFormat(
  recorded: PixelFormat | null,
  sampleBytes: number,
  bitDepth: number,
  file: string,
): PixelFormat {
  const fits =
    recorded !== null &&
    isRecordable(recorded) &&
    recorded.bitDepth <= 8 * sampleBytes &&
    bitDepth === recorded.bitDepth;
  if (fits) return recorded;
  if (recorded !== null && planesOf(recorded) > 1) {
    throw new AppulseError(
      'replay.depth',
      `${file}: three colours of ${bitDepth} bits a sample, and RGB streams have 8: convert it`,
    );
  }
  const depth = sampleBytes > 2 ? 32 : sampleBytes === 1 ? 8 : ([10, 12, 14].find((each) => bitDepth === each) ?? 16);
  const pattern = depth === 32 ? 'none' : (recorded?.bayer ?? 'none');
  const found = pixelFormatByName(pattern === 'none' ? `Mono${depth}` : `Bayer${pattern}${depth}`);
  if (found === undefined)
    throw new AppulseError('replay.depth', `${file}: no camera format has ${depth} bits a pixel`);
  return found;
}

/** Writes a frame's samples as the payload of a block. */
export function toPayload({ data }: Pixels, format: PixelFormat, target: Uint8Array): void {
  if (format.rgb !== undefined) fromPlanes(data, target, format.rgb);
  else if (format.packing === 'unpacked') {
    target.set(
      format.bitsPerPixel === 8 && data.BYTES_PER_ELEMENT > 1 ? Uint8Array.from(data) : bytesOf(widened(data, format)),
    );
  } else if (format.packing === 'lsb-packed') packLsb(data, format.bitsPerPixel, target);
  else packPixels(data instanceof Uint16Array ? data : Uint16Array.from(data), format, target);
}

const bytesOf = (data: Pixels['data']): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function widened(data: Pixels['data'], format: PixelFormat): Pixels['data'] {
  if (8 * data.BYTES_PER_ELEMENT >= format.bitsPerPixel) return data;
  return format.bitsPerPixel === 16 ? Uint16Array.from(data) : Uint32Array.from(data);
}

/** One little-endian string of bits without gaps (PFNC "p"). */
function packLsb(data: Pixels['data'], bits: number, target: Uint8Array): void {
  const mask = 2 ** bits - 1;
  let word = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < data.length; i++) {
    word |= ((data[i] as number) & mask) << held;
    held += bits;
    while (held >= 8) {
      target[at++] = word & 0xff;
      word >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) target[at] = word & 0xff;
}
