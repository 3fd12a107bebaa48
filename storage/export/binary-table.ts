/** A FITS binary table (FITS 4.0, section 7.3) of rows of the index: what a cube cannot say in its header, frame by frame. */
import type { Keywords } from '#gps/found/keyword-values.js';
import { type FrameTime, GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { formatUtc } from '#gps/instant.js';
import { rowModelOf } from '#gps/rows/row-model.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { addOnesSums, onesSum, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { cardText, padToBlock } from '../fits/cards.js';
import type { FrameRow } from '../index/rows.js';
import { sealedHeader } from './sealed-header.js';

interface Column {
  readonly name: string;
  readonly form: string;
  readonly bytes: number;
  readonly unit?: string;
  readonly write: (target: Buffer, at: number, row: FrameRow) => void;
}

const text = (name: string, length: number, of: (row: FrameRow) => string): Column => ({
  name,
  form: `${length}A`,
  bytes: length,
  write: (target, at, row) => target.write(of(row).slice(0, length).padEnd(length), at, 'latin1'),
});
const whole = (name: string, of: (row: FrameRow) => bigint, unit?: string): Column => ({
  name,
  form: '1K',
  bytes: 8,
  ...(unit === undefined ? {} : { unit }),
  write: (target, at, row) => target.writeBigInt64BE(BigInt.asIntN(64, of(row)), at),
});
const real = (name: string, of: (row: FrameRow) => number | null, unit?: string): Column => ({
  name,
  form: '1D',
  bytes: 8,
  ...(unit === undefined ? {} : { unit }),
  write: (target, at, row) => target.writeDoubleBE(of(row) ?? Number.NaN, at),
});

/** The instants are those of row 0, as DATE-OBS of a frame's own header. */
const COLUMNS: readonly Column[] = [
  whole('FRAMENO', (row) => BigInt(row.number)),
  text('SESSION', 36, (row) => row.sessionId),
  whole('BLOCKID', (row) => row.blockId),
  whole('SEQUENCE', (row) => BigInt(row.sequence ?? -1)),
  text('DATE_OBS', 29, (row) => formatUtc(row.startUtcNs, 9, row.leapSecond)),
  whole('START_NS', (row) => row.startUtcNs, 'ns'),
  whole('MID_NS', (row) => row.midUtcNs, 'ns'),
  whole('END_NS', (row) => row.endUtcNs, 'ns'),
  whole('EXPOS_NS', (row) => row.exposureNs, 'ns'),
  whole('TIMEUNC', (row) => row.uncertaintyNs, 'ns'),
  text('TIMESRC', 12, (row) => row.source),
  text('TIMEGRAD', 9, (row) => row.grade),
  text('TIMEFLAG', 160, (row) => row.flags.join(' ')),
  whole('MISSBYTE', (row) => BigInt(row.bytesMissing), 'byte'),
  real('DATAMIN', (row) => row.aduMin, 'adu'),
  real('DATAMAX', (row) => row.aduMax, 'adu'),
  real('DATAMEAN', (row) => row.aduMean, 'adu'),
];
const ROW_BYTES = COLUMNS.reduce((sum, { bytes }) => sum + bytes, 0);
const ROWS_AT_ONCE = 1024;

/** The bytes of the table's HDU in pieces; `rows` is gone through twice, for the sum stands before the rows. */
export function* frameTable(rows: () => Iterable<FrameRow>): Generator<Uint8Array, void> {
  let sum = 0;
  let count = 0;
  let at = 0;
  for (const piece of pieces(rows())) {
    sum = addOnesSums(sum, shiftOnesSum(onesSum(piece, 0, piece.byteLength), at));
    at += piece.byteLength;
    count += piece.byteLength / ROW_BYTES;
  }
  const columns = COLUMNS.flatMap(({ name, form, unit }, i) => [
    cardText(`TTYPE${i + 1}`, name),
    cardText(`TFORM${i + 1}`, form),
    ...(unit === undefined ? [] : [cardText(`TUNIT${i + 1}`, unit)]),
  ]);
  const cards = [
    cardText('XTENSION', 'BINTABLE', 'the frames of the cube, in order'),
    cardText('BITPIX', 8),
    cardText('NAXIS', 2),
    cardText('NAXIS1', ROW_BYTES),
    cardText('NAXIS2', count),
    cardText('PCOUNT', 0),
    cardText('GCOUNT', 1),
    cardText('TFIELDS', COLUMNS.length),
    cardText('EXTNAME', 'FRAMES'),
    ...columns,
  ];
  yield sealedHeader(cards, sum);
  yield* pieces(rows());
  yield new Uint8Array(padToBlock(at) - at);
}

function* pieces(rows: Iterable<FrameRow>): Generator<Buffer, void> {
  let piece = Buffer.alloc(ROWS_AT_ONCE * ROW_BYTES);
  let at = 0;
  for (const row of rows) {
    for (const column of COLUMNS) {
      column.write(piece, at, row);
      at += column.bytes;
    }
    if (at < piece.byteLength) continue;
    yield piece;
    piece = Buffer.alloc(ROWS_AT_ONCE * ROW_BYTES);
    at = 0;
  }
  if (at > 0) yield Buffer.from(piece.subarray(0, at));
}

/** Bytes of a row of a table of ours; null where it is another table. */
export function frameTableRowBytes(keywords: Keywords): number | null {
  const ours = COLUMNS.every(({ name, form }, i) => {
    return keywords.get(`TTYPE${i + 1}`) === name && keywords.get(`TFORM${i + 1}`) === form;
  });
  return ours ? ROW_BYTES : null;
}

/** A row of a table: a plane of the cube. */
export interface TabledFrame {
  readonly frameNumber: number;
  readonly time: FrameTime;
}

/** The frames of a table of ours, or of whole rows of it, for images of `imageRows` rows; none where it is another table. */
export function readFrameTable(keywords: Keywords, data: Buffer, imageRows: number): TabledFrame[] {
  if (frameTableRowBytes(keywords) === null) return [];
  const at = (wanted: string): number => {
    let offset = 0;
    for (const { name, bytes } of COLUMNS) {
      if (name === wanted) return offset;
      offset += bytes;
    }
    return 0;
  };
  const frames: TabledFrame[] = [];
  for (let row = 0; row + ROW_BYTES <= data.byteLength; row += ROW_BYTES) {
    const ns = (name: string) => data.readBigInt64BE(row + at(name));
    const text = (name: string, length: number) =>
      data.toString('latin1', row + at(name), row + at(name) + length).trimEnd();
    const sequence = Number(ns('SEQUENCE'));
    const time: FrameTime = {
      ...{ startUtcNs: ns('START_NS'), midUtcNs: ns('MID_NS'), endUtcNs: ns('END_NS'), exposureNs: ns('EXPOS_NS') },
      ...{ leapSecond: text('DATE_OBS', 29).slice(17, 19) === '60', midLeapSecond: false, endLeapSecond: false },
      rows: rowModelOf(UNKNOWN_SHUTTER, 'global', { ...WHOLE, rows: imageRows }, null),
      uncertaintyNs: ns('TIMEUNC'),
      source: TIME_SOURCES.find((each) => each === text('TIMESRC', 12)) ?? 'host-clock',
      grade: GRADES.find((each) => each === text('TIMEGRAD', 9)) ?? 'untrusted',
      flags: text('TIMEFLAG', 160)
        .split(' ')
        .filter((word) => word !== ''),
      ...{ rawHeader: null, sequence: sequence < 0 ? null : sequence },
    };
    frames.push({ frameNumber: Number(ns('FRAMENO')), time });
  }
  return frames;
}

/** A cube does not say how its rows follow each other. */
const UNKNOWN_SHUTTER: ShutterModel = {
  kind: 'unknown',
  linePeriodNs: null,
  rowZeroEndOffsetNs: null,
  rowPairs: false,
  origin: 'none',
};
const WHOLE = { offsetY: 0, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' } as const;
