/** The frames of a selection in the order of the index, in batches that one worker decodes at a time. */

import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import { STATUS_LIMIT_BYTES } from '../adv/adv-status.js';
import { BLOCK_BYTES } from '../fits/cards.js';
import { layoutFrameHdu } from '../fits/hdu-layout.js';
import type { FrameFilter } from '../index/frame-filter.js';
import type { IndexReader } from '../index/queries.js';
import type { FrameRow } from '../index/rows.js';

/** Bytes of a batch: enough that a small frame does not cost a message of its own, small enough for several to be under way. */
const BATCH_BYTES = 4 * 2 ** 20;
const BATCH_FRAMES = 256;

/** The rows of a selection behind row `afterKey` and up to row `lastKey`, in the order of the index. */
export function* selectedRows(
  index: IndexReader,
  selection: FrameFilter,
  range: { readonly afterKey: bigint | null; readonly lastKey: bigint },
): Generator<FrameRow, void> {
  for (const row of index.iterateFrames(selection)) {
    if (row.key > range.lastKey) return;
    if (range.afterKey === null || row.key > range.afterKey) yield row;
  }
}

/** The most bytes that a frame takes as a product of any kind: pixels or their code, headers with room for what they get, padding. */
export function mostBytes({ width, height, sampleBytes, pixelFormat, byteLength }: FrameRow): number {
  const { bufferBytes } = layoutFrameHdu(width, height, 'fits', sampleBytes, planesOfName(pixelFormat));
  return Math.max(bufferBytes, byteLength) + STATUS_LIMIT_BYTES + 4 * BLOCK_BYTES;
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
