/** As many frames as go into an index, in the batches of its thread, beside plain inserts of the same rows. */
import { join } from 'node:path';
import type { IndexChange } from '#storage/index/index-changes.js';
import { IndexDatabase } from '#storage/index/index-database.js';
import { openIndexFile } from '#storage/index/index-file.js';
import { CAMERA, sampleRecord, sampleSession } from '#test/storage/sample-session.js';
import { ownFolder } from '../harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from '../harness.js';
import { HDU_BYTES, plainInserts } from './plain-inserts.js';

const ROWS = 200_000;
const BATCH = 4000;

function openInsert({ folder }: BenchOptions): Contest {
  const own = ownFolder(folder);
  const session = sampleSession();
  const records = Array.from({ length: ROWS }, (_, i) => sampleRecord(i + 1, session.id));
  const changes = records.map((record, i): IndexChange => {
    const byteOffset = i * HDU_BYTES;
    const place = { segment: 1, byteOffset, byteLength: HDU_BYTES, headerBytes: 11_520, dataSum: 0xfeed_beef };
    return { kind: 'frame', record, place };
  });
  let files = 0;
  const rate = (insert: (first: number, count: number) => void): Figures => {
    const began = performance.now();
    for (let at = 0; at < ROWS; at += BATCH) insert(at, BATCH);
    return { rate: (ROWS / (performance.now() - began)) * 1000 };
  };
  const ours = (): Figures => {
    const index = new IndexDatabase(join(own, `ours-${++files}.sqlite`));
    index.apply([
      { kind: 'session', session, folder: 'sessions/bench', maxBytes: null },
      { kind: 'segment-opened', format: 'fits', number: 1, file: '1.fits', cameraId: CAMERA.id },
    ]);
    const figures = rate((first, count) => index.apply(changes.slice(first, first + count)));
    index.close();
    return figures;
  };
  const plain = (): Figures => {
    const database = openIndexFile(join(own, `plain-${++files}.sqlite`));
    const figures = rate(plainInserts(database, records));
    database.close();
    return figures;
  };
  return { runs: { index: ours }, reference: plain };
}

export const insertCase: Case = {
  name: 'inserts in batches of 4000',
  reference: 'plain inserts',
  figures: { rate: { unit: 'rows/s' } },
  contestants: { index: {} },
  open: openInsert,
};
