/** The same rows by the same binding, without what the index looks after: sessions, segments, counts, missing ranges. */
import type Database from 'better-sqlite3';
import type { FrameRecord } from '#storage/frame-record.js';

export const HDU_BYTES = 165_600;

/** Inserts records `first` to `first + count` in one transaction. */
export type Insert = (first: number, count: number) => void;

export function plainInserts(database: Database.Database, records: readonly FrameRecord[]): Insert {
  // Only its speed is wanted: there are no sessions to refer to.
  database.pragma('foreign_keys = OFF');
  const { length } = database.pragma('table_info(frames)') as unknown[];
  const insert = database.prepare(
    `INSERT INTO frames VALUES (NULL, ${Array(length - 1)
      .fill('?')
      .join(', ')})`,
  );
  const numbers = [64, 48, 12, 'Mono12p', 0, 0, 0, 0, 65_535, 1000.5, 3, 10.25, 999.5, 1];
  return database.transaction((first: number, count: number) => {
    for (const record of records.slice(first, first + count)) {
      const { time, receivedNs, blockId, frameNumber } = record;
      const times = [time.startUtcNs, time.midUtcNs, time.endUtcNs, 0, time.exposureNs, time.uncertaintyNs];
      const said = [time.source, time.grade, 'host-unsynchronised', receivedNs];
      const place = [frameNumber * HDU_BYTES, HDU_BYTES, 11_520, 'on-disk', time.startUtcNs, time.endUtcNs];
      const state = ['light', 2, null, 12.5, null, 1, 1, 1, null, null, 0xfeed_beef];
      insert.run(1, 1, frameNumber, blockId, time.sequence, ...times, ...said, ...numbers, ...place, ...state);
    }
  });
}
