/**
 * What stands in a segment's file beside what the index says: its whole frames, rows whose bytes are damaged or gone, and where the last
 * whole frame ends. Reads only.
 */
import { statSync } from 'node:fs';
import type { ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { PART } from '../segments/names.js';

/** A row of a frame that should be on disk. */
export interface PlacedRow {
  readonly key: bigint;
  readonly number: number;
  readonly place: ScannedFrame['place'];
}

export interface SegmentScan {
  /** Whole in the file, and in no row. */
  readonly unindexed: readonly ScannedFrame[];
  /** Rows whose bytes are damaged or gone, in the order of the file. */
  readonly damaged: readonly PlacedRow[];
  /** Where the last whole frame ends, or the first would begin. */
  readonly end: number;
  /** Whole frames in the file. */
  readonly frames: number;
}

/** A segment's file by its name without `.part`; null where there is neither. */
export function findSegmentFile(path: string): { file: string; bytes: number; isPart: boolean } | null {
  for (const file of [path, path + PART]) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isFile()) return { file, bytes: stats.size, isPart: file !== path };
  }
  return null;
}

const endOf = ({ place }: Pick<PlacedRow, 'place'>): number => place.byteOffset + place.byteLength;

/**
 * Looks at `file` from `trusted` on: rows that end before are right. `rows`: all that should be on disk, in the order of the file.
 * Throws `storage.scan` for a file of another kind, and the system's errors.
 */
export function scanSegment(
  file: string,
  reader: SegmentReader,
  rows: readonly PlacedRow[],
  options: { readonly trusted: number; readonly size: number },
): SegmentScan {
  const good = rows.filter((row) => endOf(row) <= Math.min(options.trusted, options.size));
  // A disk may have lost what it had said to be safe: damage of a file's end reaches the last of them too.
  const last = good.at(-1);
  if (last !== undefined && !reader.verify(file, last.place)) good.length = 0;
  const waiting = rows.slice(good.length);
  const unindexed: ScannedFrame[] = [];
  const damaged: PlacedRow[] = [];
  let frames = good.length;
  let at = good.reduce((end, row) => Math.max(end, endOf(row)), 0);
  for (;;) {
    const scan = reader.scan(file, at, { verify: true });
    let next = scan.next();
    for (; !next.done; next = scan.next()) {
      const { record, place } = next.value;
      while (waiting[0] !== undefined && waiting[0].place.byteOffset < place.byteOffset) {
        damaged.push(waiting.shift() as PlacedRow);
      }
      frames++;
      if (waiting[0]?.place.byteOffset !== place.byteOffset) unindexed.push(next.value);
      else if (waiting[0].number === record.frameNumber) waiting.shift();
    }
    at = Math.max(at, next.value);
    // Behind damage, rows and the file say where frames begin.
    const behind = waiting.findIndex(
      (row) => row.place.byteOffset >= at && endOf(row) <= options.size && reader.verify(file, row.place),
    );
    const told = waiting[behind]?.place.byteOffset ?? null;
    const found = reader.findNext?.(file, at) ?? null;
    if (found !== null && found <= (told ?? found)) {
      at = found;
      continue;
    }
    damaged.push(...waiting.splice(0, behind < 0 ? waiting.length : behind));
    const row = waiting[0];
    if (row === undefined) return { unindexed, damaged, end: at, frames };
    at = row.place.byteOffset;
    const again = reader.scan(file, at, { verify: true });
    const first = again.next();
    again.return(at);
    if (!first.done && first.value.place.byteOffset === at) continue;
    // Its bytes are right, though nothing in the file tells of it.
    waiting.shift();
    frames++;
    at = endOf(row);
  }
}
