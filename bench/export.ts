/**
 * An export beside decoding alone: the same frames, read from the same segments and decoded by as many workers, whose pixels go nowhere.
 * Frames a second; each round exports to a file of its own.
 */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DecodePool } from '#storage/export/decode-pool.js';
import type { ExportFormat } from '#storage/export/export-types.js';
import { runExport } from '#storage/export/exporter.js';
import { batchesOf } from '#storage/export/frame-batches.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { ownFolder } from './harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from './harness.js';

const SPEED = 'frames';
const WORKERS = availableParallelism();
const program = fileURLToPath(new URL('../../bin/appulse.mjs', import.meta.url));

/** Frames of the simulator, recorded as a station does. */
function record(data: string, camera: string, frames: number): void {
  const words = ['record', '--camera', camera, '--frames', String(frames), '--data', data, '--json'];
  const done = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  if (done.status !== 0 && done.status !== 3) throw new Error(`no recording: ${done.stderr}`);
}

async function decodeAlone(data: string): Promise<Figures> {
  const index = new IndexReader(join(data, INDEX_FILE));
  const pool = new DecodePool(data, WORKERS);
  try {
    let frames = 0;
    const began = performance.now();
    for await (const batch of pool.decode(batchesOf(index.iterateFrames()), 'samples')) {
      if (batch.frames.some(({ error }) => error !== null)) throw new Error('a frame cannot be decoded');
      frames += batch.rows.length;
    }
    return { [SPEED]: (frames * 1_000) / (performance.now() - began) };
  } finally {
    await pool.close();
    index.close();
  }
}

async function exportAll(data: string, folder: string, format: ExportFormat): Promise<Figures> {
  const target = join(folder, `night.${format}`);
  const request = { dataFolder: data, selection: {}, format, target, pattern: '{frame:6}', workers: WORKERS };
  // Only what the export itself takes; starting threads is not part of either.
  const { exported, seconds } = await runExport(request);
  rmSync(target, { recursive: true, force: true });
  return { [SPEED]: exported / seconds };
}

function openExport({ folder }: BenchOptions, camera: string, frames: number): Contest {
  const own = ownFolder(folder);
  const data = join(own, 'data');
  record(data, camera, frames);
  return {
    runs: {
      SER: () => exportAll(data, own, 'ser'),
      'FITS cube': () => exportAll(data, own, 'fits-cube'),
    },
    reference: () => decodeAlone(data),
    note: `${WORKERS} workers`,
  };
}

function exportCase(name: string, camera: string, frames: number): Case {
  return {
    name,
    reference: 'decoding alone',
    figures: { [SPEED]: { unit: 'frames/s' } },
    contestants: {
      SER: { [SPEED]: { of: 'ratio', is: 'at least', value: 0.7 } },
      'FITS cube': {},
    },
    open: (options) => openExport(options, camera, frames),
  };
}

export const cases = [
  exportCase('export of 10,000 frames of tiny', 'sim:tiny?fps=500', 10_000),
  exportCase('export of 300 frames of qhy411-bin3', 'sim:qhy411-bin3?fps=5', 300),
];
