/** The table of frames in the FITS file of a stack: a binary table (FITS 4.0, section 7.3) with a row for each. */
import { formatUtc } from '#gps/instant.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import type { StackedFrame } from '../stacks/stack-format.js';
import { BLOCK_BYTES, CardWriter, padToBlock } from './cards.js';
import { sealHeader, writeSumCards } from './checksum.js';

/** FRAMENO (J), UTC (30A), SUM (K), and where it is asked for PLACE (I). */
const ROW_BYTES = 4 + 30 + 8;
const PLACE_BYTES = 2;

const rowBytes = (hasPlaces: boolean): number => ROW_BYTES + (hasPlaces ? PLACE_BYTES : 0);

/** Bytes of the HDU of a table of `frames` rows. */
export function frameTableBytes(frames: number, hasPlaces: boolean): number {
  return BLOCK_BYTES + padToBlock(frames * rowBytes(hasPlaces));
}

export interface FrameTable {
  readonly frames: readonly StackedFrame[];
  /** Whether places are given, because they are not those of the rows. */
  readonly hasPlaces: boolean;
  /** Of the sums. */
  readonly unit: string | null;
}

/** Writes the HDU into the beginning of `target`. */
export function writeFrameTable(target: Uint8Array, { frames, hasPlaces, unit }: FrameTable): void {
  const out = new CardWriter(target, BLOCK_BYTES);
  out.card('XTENSION', 'BINTABLE', 'binary table extension');
  out.card('BITPIX', 8);
  out.card('NAXIS', 2);
  out.card('NAXIS1', rowBytes(hasPlaces));
  out.card('NAXIS2', frames.length);
  out.card('PCOUNT', 0);
  out.card('GCOUNT', 1);
  out.card('TFIELDS', hasPlaces ? 4 : 3);
  out.card('TTYPE1', 'FRAMENO', 'number of the frame in the session');
  out.card('TFORM1', '1J');
  out.card('TTYPE2', 'UTC', 'start of exposure of its row 0');
  out.card('TFORM2', '30A');
  out.card('TTYPE3', 'SUM', 'sum of its pixels');
  out.card('TFORM3', '1K');
  if (unit !== null) out.card('TUNIT3', unit);
  if (hasPlaces) {
    out.card('TTYPE4', 'PLACE', 'index of the frame, as MAXFRAME has it');
    out.card('TFORM4', '1I');
  }
  out.card('EXTNAME', 'FRAMES');
  const size = rowBytes(hasPlaces);
  const rows = Buffer.from(target.buffer, target.byteOffset + BLOCK_BYTES, padToBlock(frames.length * size));
  rows.fill(0);
  for (const [i, { record, place, sum }] of frames.entries()) {
    const at = i * size;
    rows.writeInt32BE(record.frameNumber, at);
    rows.write(formatUtc(record.time.startUtcNs, 9, record.time.leapSecond).padEnd(30), at + 4, 30, 'latin1');
    rows.writeBigInt64BE(sum, at + 34);
    if (hasPlaces) rows.writeInt16BE(place, at + ROW_BYTES);
  }
  const sum = onesSum(rows, 0, rows.byteLength);
  const checksumAt = writeSumCards(out, sum);
  out.finish();
  sealHeader(target, BLOCK_BYTES, checksumAt, sum);
}
