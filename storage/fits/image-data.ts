/**
 * The pixels of a frame's HDU out of its data: plain or Rice-compressed images of unsigned 8, 16 or 32 bits, as the archive writes
 * them (image-hdu.ts). For a file's HDUs see reader.ts.
 */
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { riceDecodeRows } from '#pipeline/kernels/rice-rows.js';
import { StorageError } from '../errors.js';
import type { Pixels } from '../formats/segment-reader.js';
import type { SampleBytes } from '../frame-record.js';
import { DESCRIPTOR_BYTES } from './hdu-layout.js';

export type PixelArray = Pixels['data'];

/** What the header says of an image. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  readonly planes: 1 | 3;
  readonly sampleBytes: SampleBytes;
  readonly compressed: boolean;
}

/** Of Rice code with blocks of 32. */
const MOST_PIXELS_A_BYTE = 64;

/** Memory for an image; `reuse` where it has the kind and the room. */
function arrayFor({ width, height, planes, sampleBytes }: ImageHeader, reuse: PixelArray | null): PixelArray {
  const count = width * height * planes;
  if (reuse?.BYTES_PER_ELEMENT === sampleBytes && reuse.length >= count) return reuse.subarray(0, count);
  return sampleBytes === 1
    ? new Uint8Array(count)
    : sampleBytes === 2
      ? new Uint16Array(count)
      : new Uint32Array(count);
}

/**
 * Decodes the data of an HDU (behind its header, padding may follow). `reuse`: memory of a frame before, which is taken where it
 * fits. Throws StorageError `storage.fits-broken` for damaged ones.
 */
export function decodeImage(data: Uint8Array, image: ImageHeader, reuse: PixelArray | null = null): Pixels {
  const { width, height, planes, sampleBytes, compressed } = image;
  // 32 equal pixels take at least three bits: no memory for an image that the bytes cannot hold.
  const most = compressed ? MOST_PIXELS_A_BYTE * data.byteLength : data.byteLength / sampleBytes;
  if (width * height * planes > most) {
    throw new StorageError(
      'storage.fits-broken',
      `${width} x ${height} pixels${planes > 1 ? ' of three colours' : ''} in ${data.byteLength} bytes`,
    );
  }
  const pixels = arrayFor(image, reuse);
  if (!compressed) plainPixels(data, pixels);
  else {
    if (DESCRIPTOR_BYTES * height * planes > data.byteLength) {
      throw new StorageError('storage.fits-broken', `a table of ${height * planes} rows in ${data.byteLength} bytes`);
    }
    decompress(data, image, pixels);
  }
  return { width, height, data: pixels };
}

/** Half the range of the sample, which FITS takes off wide ones. */
const flipOf = (sampleBytes: SampleBytes): number => (sampleBytes === 1 ? 0 : 2 ** (8 * sampleBytes - 1));

function decompress(data: Uint8Array, { width, height, planes, sampleBytes }: ImageHeader, pixels: PixelArray): void {
  try {
    riceDecodeRows(data, height * planes, width, flipOf(sampleBytes), pixels);
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    throw new StorageError('storage.fits-broken', `a damaged image: ${cause.message}`, { cause });
  }
}

function plainPixels(data: Uint8Array, pixels: PixelArray): void {
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  bytes.set(data.subarray(0, pixels.byteLength));
  // Swapped in place, all at once.
  if (pixels instanceof Uint16Array) {
    bytes.swap16();
    for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] as number) ^ 0x8000;
  } else if (pixels instanceof Uint32Array) {
    bytes.swap32();
    for (let i = 0; i < pixels.length; i++) pixels[i] = ((pixels[i] as number) ^ 0x8000_0000) >>> 0;
  }
}
