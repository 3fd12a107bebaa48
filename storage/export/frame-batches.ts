/** The frames of a selection in the order of the index, in batches that one worker decodes at a time. */
import { StorageError } from '../errors.js';
import { BLOCK_BYTES } from '../fits/cards.js';
import type { IndexReader } from '../index/queries.js';
import type { FrameRow } from '../index/rows.js';
import type { ExportSelection } from './export-types.js';

const PAGE_ROWS = 1000;
/** Bytes of a batch: enough that a small frame does not cost a message of its own, small enough for several to be under way. */
const BATCH_BYTES = 4 * 2 ** 20;
const BATCH_FRAMES = 256;

/** The rows of a selection, after row `afterKey` and up to row `lastKey`. */
export function* selectedRows(
  index: IndexReader,
  selection: ExportSelection,
  range: { readonly afterKey: bigint | null; readonly lastKey: bigint },
): Generator<FrameRow, void> {
  const { flag, firstFrame = 0, lastFrame = Number.POSITIVE_INFINITY, ...filter } = selection;
  for (let after = range.afterKey; ; ) {
    const page = index.frames(filter, { limit: PAGE_ROWS, ...(after === null ? {} : { afterKey: after }) });
    for (const row of page) {
      if (row.key > range.lastKey) return;
      if (row.number < firstFrame || row.number > lastFrame) continue;
      if (flag === undefined || row.flags.includes(flag)) yield row;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.key;
  }
}

/** The most bytes that a frame takes as a product of any kind: pixels, a header of FITS with room for what it gets, padding. */
export function mostBytes(row: FrameRow): number {
  const sampleBytes = row.bitDepth > 16 ? 4 : 2;
  const decoded = row.width * row.height * sampleBytes + row.headerBytes + 4 * BLOCK_BYTES;
  return Math.max(decoded, row.byteLength + BLOCK_BYTES);
}

/** Rows of one segment that follow each other, and the bytes that they take at most. */
export interface Batch {
  readonly rows: readonly FrameRow[];
  readonly bytes: number;
}

export function* batchesOf(rows: Iterable<FrameRow>): Generator<Batch, void> {
  let batch: FrameRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const more = mostBytes(row);
    const [first] = batch;
    const full = batch.length >= BATCH_FRAMES || bytes + more > BATCH_BYTES;
    if (first !== undefined && (full || first.file !== row.file || first.state !== row.state)) {
      yield { rows: batch, bytes };
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += more;
  }
  if (batch.length > 0) yield { rows: batch, bytes };
}

/** Throws `export.mixed` where `row` does not have the shape and format of `first`: a cube, SER and ADV hold frames of one kind. */
export function sameShape(first: FrameRow, row: FrameRow, format: string): void {
  if (first.width === row.width && first.height === row.height && first.pixelFormat === row.pixelFormat) return;
  const shape = (of: FrameRow) => `${of.width} x ${of.height} ${of.pixelFormat}`;
  throw new StorageError(
    'export.mixed',
    `frame ${row.number} is ${shape(row)}, frame ${first.number} before it ${shape(first)}: a file of ${format} holds frames of one kind; select one camera and a range of frames or time`,
  );
}
