/**
 * Finds a QHY GPS header in the first bytes of a frame whatever became of them on the way: as the camera wrote them (8-bit
 * pixels, and the little-endian 16-bit buffers of QHYCCD's SDK), with the bytes of each pair exchanged, or a byte in each
 * pixel of 16, 14, 12 or 10 bits. A header has no check sum, so what is found and not announced is held to more than a header
 * that a camera says it writes: see `headerDoubt`. Pixels pass by less than one chance in 10^9 (header-packing.test.ts).
 */

import { looksLikeGpsHeader } from './plausible-header.js';
import { decodeQhyHeader, QHY_HEADER_BYTES, type QhyHeader } from './qhy-header.js';

/** How pixels of several bits lie in a payload; the names are those of PFNC and of GigE Vision 1.x. */
const LAYOUTS = {
  '16': { bits: 16, pixelAt: (bytes: Uint8Array, i: number) => fromBitString(bytes, i, 16) },
  '14p': { bits: 14, pixelAt: (bytes: Uint8Array, i: number) => fromBitString(bytes, i, 14) },
  '12p': { bits: 12, pixelAt: (bytes: Uint8Array, i: number) => fromBitString(bytes, i, 12) },
  '10p': { bits: 10, pixelAt: (bytes: Uint8Array, i: number) => fromBitString(bytes, i, 10) },
  '12Packed': { bits: 12, pixelAt: (bytes: Uint8Array, i: number) => fromPackedPair(bytes, i, 4) },
  '10Packed': { bits: 10, pixelAt: (bytes: Uint8Array, i: number) => fromPackedPair(bytes, i, 2) },
} as const;
type LayoutName = keyof typeof LAYOUTS;
const LAYOUT_NAMES = Object.keys(LAYOUTS) as LayoutName[];

/**
 * `bytes`: as they are. `swapped`: each pair exchanged. `12p-low`, `12p-high` and the like: a byte in the low or in the high bits
 * of each pixel of that layout, the other bits zero (of 16 bits: or the same byte again).
 */
export type HeaderPacking = 'bytes' | 'swapped' | `${LayoutName}-low` | `${LayoutName}-high`;

export const HEADER_PACKINGS: readonly HeaderPacking[] = [
  'bytes',
  'swapped',
  ...LAYOUT_NAMES.flatMap((name) => [`${name}-low` as const, `${name}-high` as const]),
];

/** Bytes of a payload that are enough for every packing. */
export const PACKED_HEADER_BYTES = 2 * QHY_HEADER_BYTES;

export type FoundHeader<P = HeaderPacking> =
  | { readonly packing: P; readonly bytes: Uint8Array; readonly header: QhyHeader }
  /** `nearly`: something stands there that is more than pixels, and `reason` says what speaks against it. */
  | { readonly packing: null; readonly nearly: boolean; readonly reason: string };

const NONE = 'the first bytes are a GPS header in no packing';

/** Bits of a flag byte that no published header has: two bits of status, and two low ones that Siril and OccuRec explain. */
const RESERVED_BITS = 0xcc;

/**
 * Why 44 bytes that nobody announced as a header are taken for none; null where they can be one. Beyond `looksLikeGpsHeader`
 * (years, stamps within two hours, ticks, PPS count: which the timeout's 10,000,500 meets too, and is no proof): position
 * words whose digits are degrees and minutes, and no reserved bits in the flags. The size words are those of the sensor's
 * readout and prove nothing.
 */
export function headerDoubt(bytes: Uint8Array): string | null {
  if (!looksLikeGpsHeader(bytes)) return NONE;
  const { latitudeRaw, longitudeRaw, start, end, now } = decodeQhyHeader(bytes);
  if (!isPosition(latitudeRaw, 90, 1e7, 1e5) || !isPosition(longitudeRaw, 180, 1e6, 1e4)) return NONE;
  const flags = [start.flag, end.flag, now.flag];
  if (flags.every((flag) => (flag & RESERVED_BITS) === 0)) return null;
  const told = flags.map((flag) => `0x${flag.toString(16).padStart(2, '0')}`).join(', ');
  return `reserved bits of the receiver flags are set (${told}): taken for pixels`;
}

function isPosition(raw: number, mostDegrees: number, degreeUnit: number, minuteUnit: number): boolean {
  const digits = raw % 1e9;
  return raw < 2e9 && digits <= mostDegrees * degreeUnit && digits % degreeUnit < 60 * minuteUnit;
}

/** The header at the begin of a payload, in the first of `packings` that makes one; none where another makes another one. */
export function findHeader(payload: Uint8Array, packings: readonly HeaderPacking[] = HEADER_PACKINGS): FoundHeader {
  return onlyOne(packings.map((packing) => [packing, unpackHeader(payload, packing)] as const));
}

/** The 44 bytes that `packing` makes of a payload's begin; null where it is too short or other bits are set. */
export function unpackHeader(payload: Uint8Array, packing: HeaderPacking): Uint8Array | null {
  if (packing === 'bytes' || packing === 'swapped') {
    if (payload.byteLength < QHY_HEADER_BYTES) return null;
    const bytes = payload.slice(0, QHY_HEADER_BYTES);
    return packing === 'bytes' ? bytes : bytes.map((_, i) => bytes[i ^ 1] ?? 0);
  }
  const [name, half] = packing.split('-') as [LayoutName, 'low' | 'high'];
  const { bits, pixelAt } = LAYOUTS[name];
  if (payload.byteLength < QHY_HEADER_BYTES * (name.endsWith('Packed') ? 1.5 : bits / 8)) return null;
  const found = new Uint8Array(QHY_HEADER_BYTES);
  const shift = half === 'high' ? bits - 8 : 0;
  let isEmpty = true;
  let isDoubled = bits === 16 && half === 'low';
  for (let i = 0; i < QHY_HEADER_BYTES; i++) {
    const pixel = pixelAt(payload, i);
    const byte = (pixel >> shift) & 0xff;
    const rest = pixel & ~(0xff << shift);
    isEmpty &&= rest === 0;
    isDoubled &&= rest === byte << 8;
    if (!isEmpty && !isDoubled) return null;
    found[i] = byte;
  }
  return found;
}

/** Packings of pixels that a program has unpacked: `of-12p` is a header over a packed payload, whose bits it took for pixels. */
export type PixelPacking = HeaderPacking | `of-${Exclude<LayoutName, '16'>}`;

/** Pixels that are enough for every packing. */
export const HEADER_PIXELS = QHY_HEADER_BYTES;

/**
 * The header in the first pixels of an image, by their values: of 16-bit pixels byte 2i is in the low and byte 2i + 1 in the
 * high half of pixel i, as the SDK's little-endian buffers have them.
 */
export function findHeaderInPixels(pixels: Uint16Array, depth: 8 | 16): FoundHeader<PixelPacking> {
  if (depth === 8) return findHeader(Uint8Array.from(pixels.subarray(0, HEADER_PIXELS)), ['bytes', 'swapped']);
  const payload = new Uint8Array(2 * Math.min(pixels.length, HEADER_PIXELS));
  const view = new DataView(payload.buffer);
  for (let i = 0; 2 * i < payload.byteLength; i++) view.setUint16(2 * i, pixels[i] ?? 0, true);
  const asTheyAre = (['bytes', 'swapped', '16-low', '16-high'] as const).map(
    (packing) => [packing, unpackHeader(payload, packing)] as const,
  );
  const again = LAYOUT_NAMES.filter((name) => name !== '16').map(
    (name) => [`of-${name}`, packedAgain(pixels, name)] as const,
  );
  return onlyOne<PixelPacking>([...asTheyAre, ...again]);
}

/** The first 44 bytes of the payload that pixels were unpacked from; null where they are too few or hold more bits. */
function packedAgain(pixels: Uint16Array, name: LayoutName): Uint8Array | null {
  const { bits } = LAYOUTS[name];
  const bytes = new Uint8Array(QHY_HEADER_BYTES + 4);
  // Pairs of the older form begin at a byte.
  const count = 2 * Math.ceil((QHY_HEADER_BYTES * 8) / (name.endsWith('Packed') ? 24 : 2 * bits));
  if (pixels.length < count) return null;
  for (let i = 0; i < count; i++) {
    const pixel = pixels[i] ?? 0;
    if (pixel >>> bits !== 0) return null;
    if (name.endsWith('Packed')) {
      const group = (i >> 1) * 3;
      const low = pixel & ((1 << (bits - 8)) - 1);
      bytes[group + 2 * (i & 1)] = pixel >> (bits - 8);
      bytes[group + 1] = (bytes[group + 1] ?? 0) | (low << (4 * (i & 1)));
      continue;
    }
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((pixel >> bit) & 1) << (at & 7));
    }
  }
  return bytes.subarray(0, QHY_HEADER_BYTES);
}

function onlyOne<P>(candidates: readonly (readonly [P, Uint8Array | null])[]): FoundHeader<P> {
  let reason = NONE;
  const found: { packing: P; bytes: Uint8Array }[] = [];
  for (const [packing, bytes] of candidates) {
    if (bytes === null) continue;
    const doubt = headerDoubt(bytes);
    if (doubt === null) found.push({ packing, bytes });
    else if (doubt !== NONE) reason = doubt;
  }
  const [first] = found;
  const second = found.find(({ bytes }) => Buffer.compare(bytes, found[0]?.bytes ?? bytes) !== 0);
  if (first === undefined) return { packing: null, nearly: reason !== NONE, reason };
  if (second !== undefined) {
    const which = `${first.packing} and ${second.packing}`;
    return { packing: null, nearly: true, reason: `the first bytes are a GPS header in two packings, ${which}` };
  }
  return { ...first, header: decodeQhyHeader(first.bytes) };
}

/** Pixel `i` of a string of little-endian bits without gaps. */
function fromBitString(bytes: Uint8Array, i: number, bits: number): number {
  const bit = i * bits;
  const at = bit >> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (word >> (bit & 7)) & ((1 << bits) - 1);
}

/** Pixel `i` of pairs in three bytes; the middle one holds the `lowBits` low bits of both. */
function fromPackedPair(bytes: Uint8Array, i: number, lowBits: number): number {
  const group = (i >> 1) * 3;
  const low = ((bytes[group + 1] ?? 0) >> (4 * (i & 1))) & ((1 << lowBits) - 1);
  return ((bytes[group + 2 * (i & 1)] ?? 0) << lowBits) | low;
}
