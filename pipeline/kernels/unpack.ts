/**
 * Pixels of the stream to uint16, value in the low bits. The bit layouts are those of the PFNC ("p" formats: one
 * little-endian bit string without gaps) and of GigE Vision's own "Packed" formats (two pixels in three bytes, low bits
 * in the middle byte). Lines are not padded in either, so a line may start in the middle of a byte group.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { KernelError } from './kernel-error.js';

const PACKING_CODE = { unpacked: 0, 'lsb-packed': 1, 'gige-packed': 2 } as const;
const BIG_ENDIAN_CODE = 3;

/** How pixels lie in a payload. `byteOrder` is of unpacked 16-bit pixels; little-endian unless said. */
export interface PixelLayout extends Pick<PixelFormat, 'name' | 'bitsPerPixel' | 'bitDepth' | 'packing'> {
  readonly byteOrder?: 'little' | 'big';
}

/** Bytes that hold the pixels `0 .. pixels - 1` of a frame. */
function bytesFor(layout: PixelLayout, pixels: number): number {
  return Math.ceil((pixels * layout.bitsPerPixel) / 8);
}

function isBigEndian({ packing, bitsPerPixel, byteOrder }: PixelLayout): boolean {
  return packing === 'unpacked' && bitsPerPixel === 16 && byteOrder === 'big';
}

/**
 * Unpacks pixels `firstPixel .. firstPixel + count - 1`, of 16 bits at most, of a frame's payload into `out` from `outOffset` on.
 * @throws KernelError `kernel.size` when the payload or `out` is too short.
 */
export function unpack16(
  payload: Uint8Array,
  layout: PixelLayout,
  firstPixel: number,
  count: number,
  out: Uint16Array,
  outOffset = 0,
): void {
  const needed = bytesFor(layout, firstPixel + count);
  if (!(firstPixel >= 0 && count >= 0) || payload.length < needed || out.length < outOffset + count) {
    throw new KernelError('kernel.size', `${layout.name}: ${count} pixels from ${firstPixel} need ${needed} bytes`, {
      payloadBytes: payload.length,
      outPixels: out.length,
      outOffset,
    });
  }
  const native = nativeAddon();
  if (native === null) {
    unpack16Reference(payload, layout, firstPixel, count, out.subarray(outOffset, outOffset + count));
    return;
  }
  const { packing, bitsPerPixel, bitDepth } = layout;
  const code = isBigEndian(layout) ? BIG_ENDIAN_CODE : PACKING_CODE[packing];
  native.unpack16(payload, code, bitsPerPixel, bitDepth, firstPixel, count, out, outOffset);
}

/**
 * Takes pixels `firstPixel .. firstPixel + count - 1` of 32 bits out of a frame's payload, where they stand as they are.
 * @throws KernelError `kernel.size`
 */
export function unpack32(payload: Uint8Array, firstPixel: number, count: number, out: Uint32Array): void {
  const end = (firstPixel + count) * 4;
  if (!(firstPixel >= 0 && count >= 0) || payload.length < end || out.length < count) {
    throw new KernelError('kernel.size', `${count} pixels of 32 bits from ${firstPixel} need ${end} bytes`, {
      payloadBytes: payload.length,
      outPixels: out.length,
    });
  }
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(payload.subarray(firstPixel * 4, end));
}

/** The specification of `unpack16`, and its fallback. */
export function unpack16Reference(
  payload: Uint8Array,
  layout: PixelLayout,
  firstPixel: number,
  count: number,
  out: Uint16Array,
): void {
  const { packing, bitsPerPixel, bitDepth } = layout;
  if (packing === 'gige-packed') unpackGige(payload, bitDepth, firstPixel, count, out);
  else if (packing === 'lsb-packed') unpackBitString(payload, bitsPerPixel, firstPixel, count, out);
  else if (bitsPerPixel === 8) out.set(payload.subarray(firstPixel, firstPixel + count));
  else {
    const low = isBigEndian(layout) ? 1 : 0;
    for (let i = 0, at = firstPixel * 2; i < count; i++, at += 2) {
      out[i] = (payload[at + low] as number) | ((payload[at + 1 - low] as number) << 8);
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
