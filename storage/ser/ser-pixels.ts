/** The pixels of a SER frame: a byte or two a sample, in either order of bytes; one sample a pixel, or three side by side. */
import { endianness } from 'node:os';
import { toPlanes } from '#pipeline/kernels/color.js';
import type { Pixels } from '../formats/segment-reader.js';
import { type SerHeader, serColorOrder } from './ser-header.js';

export type ByteOrder = 'little-endian' | 'big-endian';

type Shape = Pick<SerHeader, 'width' | 'height' | 'depth' | 'colorId'>;

/** `bytes` as they stand in a file by Appulse. Takes them over where their memory is aligned. */
export function littleEndianPixels(shape: Shape, bytes: Uint8Array): Pixels {
  return pixelsOf(shape, bytes, 'little-endian');
}

/** A frame's bytes as samples; taken over, and turned in place where their order is not the machine's. */
export function pixelsOf({ width, height, depth, colorId }: Shape, bytes: Uint8Array, order: ByteOrder): Pixels {
  return { width, height, data: inPlanes(colorId, samplesOf(depth, bytes, order)) };
}

/** Samples of colours as planes of red, green and blue. */
function inPlanes<T extends Uint8Array | Uint16Array>(colorId: number, samples: T): Uint8Array | Uint16Array {
  const order = serColorOrder(colorId);
  if (order === null) return samples;
  const planes = samples instanceof Uint16Array ? new Uint16Array(samples.length) : new Uint8Array(samples.length);
  toPlanes<Uint8Array | Uint16Array>(samples, planes, order);
  return planes;
}

function samplesOf(depth: number, bytes: Uint8Array, order: ByteOrder): Uint8Array | Uint16Array {
  if (depth <= 8) return bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const machine = endianness() === 'LE' ? 'little-endian' : 'big-endian';
  if (order !== machine) Buffer.from(aligned.buffer, aligned.byteOffset, aligned.byteLength).swap16();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** Samples of a frame that are looked at for their order of bytes. */
const LOOKED_AT = 65_536;

/**
 * The order of the bytes of 16-bit samples, by what pixels are like: none exceeds the depth, and neighbours differ little, which the wrong order
 * turns into noise. Null where neither speaks for one of them, as of a uniform frame.
 */
export function plausibleOrder(bytes: Uint8Array, depth: number): ByteOrder | null {
  const samples = Math.min(LOOKED_AT, Math.floor(bytes.byteLength / 2));
  // The middle of the frame: its first pixels may hold a header that a camera wrote.
  const first = 2 * Math.floor((Math.floor(bytes.byteLength / 2) - samples) / 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset + first, 2 * samples);
  const most = 2 ** depth - 1;
  const seen = { little: { beyond: 0, steps: 0, last: 0 }, big: { beyond: 0, steps: 0, last: 0 } };
  for (let i = 0; i < samples; i++) {
    for (const [order, of] of [
      [true, seen.little],
      [false, seen.big],
    ] as const) {
      const value = view.getUint16(2 * i, order);
      if (value > most) of.beyond++;
      if (i > 0) of.steps += Math.abs(value - of.last);
      of.last = value;
    }
  }
  const { little, big } = seen;
  if (little.beyond === 0 && big.beyond > 0) return 'little-endian';
  if (big.beyond === 0 && little.beyond > 0) return 'big-endian';
  if (little.steps === big.steps) return null;
  return little.steps < big.steps ? 'little-endian' : 'big-endian';
}
