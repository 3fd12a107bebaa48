import { type PixelFormat, planesOf } from '#pipeline/wire/pixel-formats.js';

/** The format of a sample: of RGB formats a byte, of others the pixel's own: readPixel and writePixel take it and the numbers of samples. */
export function sampleFormatOf(format: PixelFormat): PixelFormat {
  return planesOf(format) === 1 ? format : { ...format, bitsPerPixel: format.bitDepth };
}

/** Packs `pixels`, of RGB formats their samples, into `target` as they stand in the stream (layouts: the pixel format table). Lines are not padded. */
export function packPixels(pixels: Uint16Array | Uint32Array, of: PixelFormat, target: Uint8Array): void {
  const format = sampleFormatOf(of);
  const count = pixels.length;
  if (format.packing === 'unpacked' && format.bitsPerPixel === 8) {
    for (let i = 0; i < count; i++) target[i] = pixels[i] as number;
  } else if (format.packing === 'unpacked' && format.bitsPerPixel === 16) {
    for (let i = 0; i < count; i++) {
      target[2 * i] = pixels[i] as number;
      target[2 * i + 1] = (pixels[i] as number) >> 8;
    }
  } else if (format.packing === 'unpacked') {
    for (let i = 0; i < count; i++) writePixel(target, format, i, pixels[i] as number);
  } else {
    target.fill(0, 0, Math.ceil((count * format.bitsPerPixel) / 8));
    for (let i = 0; i < count; i++) writePixel(target, format, i, pixels[i] as number);
  }
}

/** The value of pixel `index` of packed bytes. */
export function readPixel(bytes: Uint8Array, format: PixelFormat, index: number): number {
  if (format.packing === 'unpacked') {
    let value = 0;
    const sampleBytes = format.bitsPerPixel / 8;
    for (let i = sampleBytes - 1; i >= 0; i--) value = value * 256 + (bytes[sampleBytes * index + i] as number);
    return value;
  }
  if (format.packing === 'gige-packed') {
    const low = format.bitDepth - 8;
    const at = (index >> 1) * 3;
    const shift = (index & 1) * 4;
    return ((bytes[at + (index & 1) * 2] as number) << low) | (((bytes[at + 1] as number) >> shift) & ((1 << low) - 1));
  }
  const bit = index * format.bitsPerPixel;
  const at = Math.floor(bit / 8);
  // Bytes past the end read as undefined, which is 0 in the shifts.
  const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return (word >> (bit % 8)) & ((1 << format.bitsPerPixel) - 1);
}

/** Sets pixel `index` of packed bytes and leaves its neighbours. */
export function writePixel(bytes: Uint8Array, format: PixelFormat, index: number, value: number): void {
  if (format.packing === 'unpacked') {
    const sampleBytes = format.bitsPerPixel / 8;
    for (let i = 0; i < sampleBytes; i++) bytes[sampleBytes * index + i] = value >>> (8 * i);
    return;
  }
  if (format.packing === 'gige-packed') {
    const low = format.bitDepth - 8;
    const at = (index >> 1) * 3;
    const shift = (index & 1) * 4;
    bytes[at + (index & 1) * 2] = value >> low;
    bytes[at + 1] = ((bytes[at + 1] as number) & ~(15 << shift)) | ((value & ((1 << low) - 1)) << shift);
    return;
  }
  const bit = index * format.bitsPerPixel;
  const at = Math.floor(bit / 8);
  const mask = ((1 << format.bitsPerPixel) - 1) << (bit % 8);
  const shifted = value << (bit % 8);
  bytes[at] = ((bytes[at] as number) & ~mask) | (shifted & mask);
  if (mask > 0xff) bytes[at + 1] = ((bytes[at + 1] as number) & ~(mask >> 8)) | ((shifted & mask) >> 8);
  if (mask > 0xffff) bytes[at + 2] = ((bytes[at + 2] as number) & ~(mask >> 16)) | ((shifted & mask) >> 16);
}
