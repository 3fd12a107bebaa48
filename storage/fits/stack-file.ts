/**
 * A stack as a FITS file: four planes (maximum, frame of maximum, average, deviation) and a table of the frames in it. The
 * layout is fixed by shape and mode, so that frame workers write the planes where they will stand in the file.
 */
import { formatUtc } from '#gps/instant.js';
import type { FrameRecord } from '../frame-record.js';
import { BLOCK_BYTES, CardWriter, padToBlock, secondsText } from './cards.js';
import { writeSiteCards } from './site-cards.js';

/** `rms`: four planes of 8 bits. `exact`: 16 bits for the maximum and its frame, 32-bit reals for the others. */
export type StackFileMode = 'rms' | 'exact';

const PLANES = ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL'] as const;
const BITPIX = { rms: [8, 8, 8, 8], exact: [16, 16, -32, -32] } as const;
const COMMENT = {
  MAXPIXEL: 'largest value of each pixel',
  MAXFRAME: 'index in the stack of its first frame',
  AVEPIXEL: 'average without the largest values',
  STDPIXEL: 'standard deviation without them',
} as const;

/** Bytes of a row of the frame table: FRAMENO (J), UTC (30A), SUM (K). */
const ROW_BYTES = 4 + 30 + 8;
const PRIMARY_BLOCKS = 2;

export interface StackFileLayout {
  readonly mode: StackFileMode;
  readonly width: number;
  readonly height: number;
  /** First byte of each plane's pixels. */
  readonly planeOffsets: readonly number[];
  readonly tableOffset: number;
  /** Bytes of a file with `frames` frames in its table. */
  totalBytes(frames: number): number;
}

export function layoutStackFile(mode: StackFileMode, width: number, height: number): StackFileLayout {
  let at = PRIMARY_BLOCKS * BLOCK_BYTES;
  const planeOffsets = BITPIX[mode].map((bits) => {
    const offset = at + BLOCK_BYTES;
    at = offset + padToBlock((width * height * Math.abs(bits)) / 8);
    return offset;
  });
  const tableOffset = at;
  const totalBytes = (frames: number) => tableOffset + BLOCK_BYTES + padToBlock(frames * ROW_BYTES);
  return { mode, width, height, planeOffsets, tableOffset, totalBytes };
}

export interface StackedFrame {
  readonly frameNumber: number;
  readonly startUtcNs: bigint;
  /** The start lies in an inserted second, 23:59:60. */
  readonly leapSecond: boolean;
  /** Sum of all its pixels, ADU. */
  readonly sum: bigint;
}

export interface StackRecord {
  /** Count of stacks of the session, from 1. */
  readonly number: number;
  readonly first: FrameRecord;
  readonly last: FrameRecord;
  readonly frames: readonly StackedFrame[];
  /** Of the frames, those with missing bytes, which count as zero. */
  readonly incomplete: number;
}

/** Writes everything but the planes' pixels into `target`, which holds `layout.totalBytes(frames)`. */
export function writeStackFile(target: Uint8Array, layout: StackFileLayout, record: StackRecord): void {
  writePrimary(target.subarray(0, PRIMARY_BLOCKS * BLOCK_BYTES), layout, record);
  const unit = shiftOf(layout, record.first) === 0 ? 'adu' : null;
  for (const [i, name] of PLANES.entries()) writePlane(target, layout, i, name, unit);
  writeTable(target, layout, record, unit);
}

/** Low bits that an `rms` stack leaves out of deeper data. */
function shiftOf({ mode }: StackFileLayout, { bitDepth }: FrameRecord): number {
  return mode === 'rms' ? Math.max(0, bitDepth - 8) : 0;
}

function writePrimary(target: Uint8Array, layout: StackFileLayout, { first, last, ...record }: StackRecord): void {
  const out = new CardWriter(target, PRIMARY_BLOCKS * BLOCK_BYTES);
  const { startUtcNs, leapSecond } = first.time;
  out.card('SIMPLE', true, 'FITS 4.0');
  out.card('BITPIX', 8);
  out.card('NAXIS', 0, 'the planes are extensions');
  out.card('EXTEND', true);
  out.card('INSTRUME', first.cameraName);
  out.card('SESSION', first.sessionId);
  out.card('STATION', first.stationId);
  out.card('CAMERAID', first.cameraId);
  out.card('STACK', record.number, 'number of the stack in the session');
  out.card('STACKMOD', layout.mode, 'how average and deviation are made');
  out.card('NFRAMES', record.frames.length, 'frames in the stack');
  out.card('NINCOMPL', record.incomplete, 'of them with missing bytes, which count as 0');
  out.card('FIRSTFRM', first.frameNumber, 'number of its first frame in the session');
  out.card('LASTFRM', last.frameNumber, 'number of its last frame');
  out.card('BITDEPTH', first.bitDepth, 'significant bits of a pixel of the frames');
  const shift = shiftOf(layout, first);
  if (shift > 0) out.card('PIXSHIFT', shift, 'values are those of the frames without this many low bits');
  out.card('TIMESYS', 'UTC');
  out.card('DATE-OBS', formatUtc(startUtcNs, 9, leapSecond), 'start of exposure of the first frame');
  out.card('DATE-BEG', formatUtc(startUtcNs, 9, leapSecond));
  out.card('DATE-END', formatUtc(last.time.endUtcNs, 9, last.time.endLeapSecond), 'end of exposure of the last frame');
  out.card('EXPTIME', secondsText(last.time.endUtcNs - startUtcNs), '[s] DATE-BEG to DATE-END');
  out.card('TIMEGRAD', first.time.grade, 'of the first frame');
  out.card('ROWORDER', 'TOP-DOWN', 'first row in the file was read first');
  if (first.site !== null) writeSiteCards(out, first.site);
  out.finish();
}

function writePlane(
  target: Uint8Array,
  layout: StackFileLayout,
  plane: number,
  name: (typeof PLANES)[number],
  unit: string | null,
): void {
  const offset = layout.planeOffsets[plane] ?? 0;
  const bits = BITPIX[layout.mode][plane] ?? 8;
  const out = new CardWriter(target.subarray(offset - BLOCK_BYTES, offset), BLOCK_BYTES);
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
  out.finish();
  const end = offset + (layout.width * layout.height * Math.abs(bits)) / 8;
  target.fill(0, end, offset + padToBlock(end - offset));
}

function writeTable(target: Uint8Array, layout: StackFileLayout, record: StackRecord, unit: string | null): void {
  const { tableOffset } = layout;
  const { frames } = record;
  const out = new CardWriter(target.subarray(tableOffset, tableOffset + BLOCK_BYTES), BLOCK_BYTES);
  out.card('XTENSION', 'BINTABLE', 'binary table extension');
  out.card('BITPIX', 8);
  out.card('NAXIS', 2);
  out.card('NAXIS1', ROW_BYTES);
  out.card('NAXIS2', frames.length);
  out.card('PCOUNT', 0);
  out.card('GCOUNT', 1);
  out.card('TFIELDS', 3);
  out.card('TTYPE1', 'FRAMENO', 'number of the frame in the session');
  out.card('TFORM1', '1J');
  out.card('TTYPE2', 'UTC', 'start of exposure of its row 0');
  out.card('TFORM2', '30A');
  out.card('TTYPE3', 'SUM', 'sum of its pixels');
  out.card('TFORM3', '1K');
  if (unit !== null) out.card('TUNIT3', unit);
  out.card('EXTNAME', 'FRAMES');
  out.finish();
  const rows = Buffer.from(
    target.buffer,
    target.byteOffset + tableOffset + BLOCK_BYTES,
    padToBlock(frames.length * ROW_BYTES),
  );
  rows.fill(0);
  for (const [i, frame] of frames.entries()) {
    const at = i * ROW_BYTES;
    rows.writeInt32BE(frame.frameNumber, at);
    rows.write(formatUtc(frame.startUtcNs, 9, frame.leapSecond).padEnd(30), at + 4, 30, 'latin1');
    rows.writeBigInt64BE(frame.sum, at + 34);
  }
}
