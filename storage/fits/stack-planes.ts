/** The four planes of a stack as FITS images: where they stand in its file, and their headers. */
import { BLOCK_BYTES, CardWriter, padToBlock } from './cards.js';
import { sealHeader, writeSumCards } from './checksum.js';

/** `rms`: four planes of 8 bits. `exact`: 16 bits for the maximum and its frame, 32-bit reals for the others. */
export type PlaneMode = 'rms' | 'exact';

const PLANES = ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL'] as const;
const BITPIX = { rms: [8, 8, 8, 8], exact: [16, 16, -32, -32] } as const;
const COMMENT = {
  MAXPIXEL: 'largest value of each pixel',
  MAXFRAME: 'index in the stack of its first frame',
  AVEPIXEL: 'average without the largest values',
  STDPIXEL: 'standard deviation without them',
} as const;

export interface PlaneLayout {
  readonly mode: PlaneMode;
  readonly width: number;
  readonly height: number;
  /** First byte of each plane's pixels. */
  readonly offsets: readonly number[];
  /** First byte behind the last plane. */
  readonly end: number;
}

/** The planes behind `before` bytes. */
export function layoutPlanes(mode: PlaneMode, width: number, height: number, before: number): PlaneLayout {
  let end = before;
  const offsets = BITPIX[mode].map((bits) => {
    const offset = end + BLOCK_BYTES;
    end = offset + padToBlock((width * height * Math.abs(bits)) / 8);
    return offset;
  });
  return { mode, width, height, offsets, end };
}

export interface PlaneWords {
  /** Of the values; null: they have none. */
  readonly unit: string | null;
  /** Ones' complement sums of the planes' bytes. */
  readonly sums: readonly number[];
}

/** Writes the headers of the planes and the zeros behind their pixels. */
export function writePlaneHeaders(target: Uint8Array, layout: PlaneLayout, words: PlaneWords): void {
  for (const [i, name] of PLANES.entries()) writePlane(target, layout, i, name, words);
}

function writePlane(
  target: Uint8Array,
  layout: PlaneLayout,
  plane: number,
  name: (typeof PLANES)[number],
  { unit, sums }: PlaneWords,
): void {
  const offset = layout.offsets[plane] ?? 0;
  const bits = BITPIX[layout.mode][plane] ?? 8;
  const header = target.subarray(offset - BLOCK_BYTES, offset);
  const out = new CardWriter(header, BLOCK_BYTES);
  out.card('XTENSION', 'IMAGE', 'image extension');
  out.card('BITPIX', bits);
  out.card('NAXIS', 2);
  out.card('NAXIS1', layout.width, 'columns');
  out.card('NAXIS2', layout.height, 'rows');
  out.card('PCOUNT', 0);
  out.card('GCOUNT', 1);
  if (bits === 16) {
    out.card('BSCALE', 1);
    out.card('BZERO', 32768, 'pixels are unsigned 16-bit');
  }
  out.card('EXTNAME', name, COMMENT[name]);
  if (name !== 'MAXFRAME' && unit !== null) out.card('BUNIT', unit);
  out.card('ROWORDER', 'TOP-DOWN');
  const sum = sums[plane] ?? 0;
  const checksumAt = writeSumCards(out, sum);
  out.finish();
  sealHeader(header, BLOCK_BYTES, checksumAt, sum);
  const end = offset + (layout.width * layout.height * Math.abs(bits)) / 8;
  target.fill(0, end, offset + padToBlock(end - offset));
}
