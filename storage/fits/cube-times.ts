/** The times of the planes of a cube that `appulse export` made: those of the table FRAMES behind it. */
import { keywordInteger } from '#gps/found/keyword-values.js';
import { flagReason } from '#gps/found/single-header.js';
import { frameTableRowBytes, readFrameTable } from '../export/binary-table.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrame } from '../times/timed-frame.js';
import type { ScannedHdu } from './header-scan.js';

const ROWS_AT_ONCE = 1024;

/** Whether `hdu` is such a table. */
export const isFrameTable = (hdu: ScannedHdu): boolean => frameTableRowBytes(hdu.keywords) !== null;

/** A frame for each row of `table`. Throws StorageError `storage.times-broken` where the file ends before. */
export function* cubeTimes(bytes: FileBytes, table: ScannedHdu): Generator<TimedFrame, void> {
  const rowBytes = frameTableRowBytes(table.keywords) ?? 0;
  const rows = keywordInteger(table.keywords, 'NAXIS2') ?? 0;
  for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, rows - row) * rowBytes;
    const data = bytes.exactly(table.dataOffset + row * rowBytes, length, 'the table of the times');
    for (const { frameNumber, time } of readFrameTable(table.keywords, data, 1)) {
      const reasons = [...time.flags.map(flagReason), `graded ${time.grade} when it was recorded`];
      yield { frame: frameNumber, times: [{ ...time, reasons, family: 'appulse' }], reasons: [] };
    }
  }
}
