/** Entry of an export's thread: reading the index for a selection of a night takes seconds. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { ExportProgress, ExportRequest, ExportResult } from '#storage/export/export-types.js';
import { runExport } from '#storage/export/exporter.js';

export type FromExport =
  | { readonly kind: 'progress'; readonly progress: ExportProgress }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'ended'; readonly result: ExportResult }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** As the archive's threads: behind the frame path. */
const NICE = 10;

if (parentPort === null)
  throw new AppulseError('export.thread', 'the thread of exports was started outside of a station');
const port = parentPort;
if (process.platform === 'linux') setPriority(0, NICE);
const post = (message: FromExport) => port.postMessage(message);
const stopping = new AbortController();
port.once('message', () => stopping.abort());
try {
  const result = await runExport(workerData as ExportRequest, {
    signal: stopping.signal,
    onProgress: (progress) => post({ kind: 'progress', progress }),
    onWarning: (message) => post({ kind: 'warning', message }),
  });
  post({ kind: 'ended', result });
} catch (error) {
  const code = error instanceof AppulseError ? error.code : 'export.failed';
  post({ kind: 'failed', code, message: reasonOf(error) });
}
port.close();
