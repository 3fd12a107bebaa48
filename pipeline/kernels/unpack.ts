/**
 * Pixels of the stream to uint16, value in the low bits. The bit layouts are those of the PFNC ("p" formats: one
 * little-endian bit string without gaps) and of GigE Vision's own "Packed" formats (two pixels in three bytes, low bits
 * in the middle byte). Lines are not padded in either, so a line may start in the middle of a byte group.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { KernelError } from './kernel-error.js';

const PACKING_CODE = { unpacked: 0, 'lsb-packed': 1, 'gige-packed': 2 } as const;

/** Bytes that hold the pixels `0 .. pixels - 1` of a frame. */
function bytesFor(format: PixelFormat, pixels: number): number {
  return Math.ceil((pixels * format.bitsPerPixel) / 8);
}

/**
 * Unpacks pixels `firstPixel .. firstPixel + count - 1` of a frame's payload into `out[0 .. count - 1]`.
 * @throws KernelError `kernel.size` when the payload or `out` is too short.
 */
export function unpack16(
  payload: Uint8Array,
  format: PixelFormat,
  firstPixel: number,
  count: number,
  out: Uint16Array,
): void {
  const needed = bytesFor(format, firstPixel + count);
  if (payload.length < needed || out.length < count) {
    throw new KernelError('kernel.size', `${format.name}: ${count} pixels from ${firstPixel} need ${needed} bytes`, {
      payloadBytes: payload.length,
      outPixels: out.length,
    });
  }
  const native = nativeAddon();
  if (native === null) unpack16Reference(payload, format, firstPixel, count, out);
  else
    native.unpack16(
      payload,
      PACKING_CODE[format.packing],
      format.bitsPerPixel,
      format.bitDepth,
      firstPixel,
      count,
      out,
    );
}

/** The specification of `unpack16`, and its fallback. */
export function unpack16Reference(
  payload: Uint8Array,
  format: PixelFormat,
  firstPixel: number,
  count: number,
  out: Uint16Array,
): void {
  if (format.packing === 'gige-packed') unpackGige(payload, format.bitDepth, firstPixel, count, out);
  else if (format.packing === 'lsb-packed') unpackBitString(payload, format.bitsPerPixel, firstPixel, count, out);
  else if (format.bitsPerPixel === 8) out.set(payload.subarray(firstPixel, firstPixel + count));
  else {
    for (let i = 0, at = firstPixel * 2; i < count; i++, at += 2) {
      out[i] = (payload[at] as number) | ((payload[at + 1] as number) << 8);
    }
  }
}

/** PFNC: pixel k occupies the bits k*n .. k*n+n-1 of the string, bit i being bit (i & 7) of byte i >> 3. */
function unpackBitString(payload: Uint8Array, bits: number, firstPixel: number, count: number, out: Uint16Array): void {
  const mask = (1 << bits) - 1;
  for (let i = 0; i < count; i++) {
    const bit = (firstPixel + i) * bits;
    const byte = Math.floor(bit / 8);
    const word = (payload[byte] ?? 0) | ((payload[byte + 1] ?? 0) << 8) | ((payload[byte + 2] ?? 0) << 16);
    out[i] = (word >> (bit % 8)) & mask;
  }
}

/** GigE "Packed": three bytes a pair; the middle one holds the low bits of both. */
function unpackGige(payload: Uint8Array, depth: number, firstPixel: number, count: number, out: Uint16Array): void {
  const lowBits = depth - 8;
  const mask = (1 << lowBits) - 1;
  for (let i = 0; i < count; i++) {
    const pixel = firstPixel + i;
    const group = Math.floor(pixel / 2) * 3;
    const middle = payload[group + 1] ?? 0;
    out[i] =
      pixel % 2 === 0
        ? ((payload[group] ?? 0) << lowBits) | (middle & mask)
        : ((payload[group + 2] ?? 0) << lowBits) | ((middle >> 4) & mask);
  }
}
