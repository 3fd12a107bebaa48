/** An export from its beginning, or from where it was stopped, to its end: selected rows -> decoding threads -> target, in order. */
import { dirname, join, resolve } from 'node:path';
import { StorageError } from '../errors.js';
import { primaryHdu } from '../fits/primary-hdu.js';
import { takeLock } from '../folder/process-lock.js';
import { INDEX_FILE } from '../index/index-file.js';
import { IndexReader } from '../index/queries.js';
import type { FrameRow } from '../index/rows.js';
import { makeFolder } from '../make-folder.js';
import { DEFAULT_SER_STAMP } from '../ser/ser-stamp.js';
import { type DecodedBatch, DecodePool } from './decode-pool.js';
import { withFailureTold } from './export-failure.js';
import { goesIntoFolder } from './export-target.js';
import type { ExportProgress, ExportRequest, ExportResult } from './export-types.js';
import { batchesOf, selectedRows } from './frame-batches.js';
import { alreadyThere, checkFolder, isThere } from './new-file.js';
import { openSink } from './open-sink.js';
import { type ExportCounts, type ExportJob, ResumeLog } from './resume-log.js';
import { SelectionCheck } from './selection-check.js';
import { sessionHeader } from './session-header.js';
import type { ExportSink } from './sink.js';

const PROGRESS_MS = 250;
/** How much work a crash may cost. Each checkpoint syncs the target. */
const CHECKPOINT_MS = 2_000;
const BATCH_ROWS = 1024;

export interface ExportHandling {
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly onWarning?: (message: string) => void;
  /** Stops behind the batch that is being written. */
  readonly signal?: AbortSignal;
  /** Refuse to begin anew: there must be something to go on with. */
  readonly onlyResume?: boolean;
}

/**
 * Runs an export. One that was stopped goes on where it was, when it is called with the same request.
 * @throws StorageError `export.exists`, `export.in-use`, `export.other-job`, `export.mixed`, `export.empty`, `export.not-written` and the like
 */
export async function runExport(request: ExportRequest, handling: ExportHandling = {}): Promise<ExportResult> {
  const index = new IndexReader(join(request.dataFolder, INDEX_FILE));
  const run = new ExportRun(request, handling, index);
  try {
    return await run.run();
  } catch (error) {
    throw withFailureTold(request.target, error);
  } finally {
    await run.close();
    index.close();
  }
}

class ExportRun {
  readonly #request: ExportRequest;
  readonly #handling: ExportHandling;
  readonly #index: IndexReader;
  readonly #begunMs = performance.now();
  readonly #pool: DecodePool;
  /** Texts of primary headers by session and camera. */
  readonly #primaries = new Map<string, string>();
  #log: ResumeLog | null = null;
  #sink: ExportSink | null = null;
  #counts: ExportCounts = { frames: 0, exported: 0, expired: 0, missing: 0, unreadable: 0 };
  #skipped: bigint[] = [];
  /** Releases the target for other processes. */
  #unlock: (() => void) | null = null;
  #resumedFrom = 0;
  #framesBefore = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** Infinite while a checkpoint is under way. */
  #savedMs = performance.now();
  #saving: Promise<void> = Promise.resolve();

  constructor(request: ExportRequest, handling: ExportHandling, index: IndexReader) {
    this.#request = request;
    this.#handling = handling;
    this.#index = index;
    this.#pool = new DecodePool(request.dataFolder, request.workers, (row) => this.#primaryOf(row));
  }

  async run(): Promise<ExportResult> {
    const log = await this.#openLog();
    this.#log = log;
    if (log.last !== null) {
      this.#counts = log.last.counts;
      this.#resumedFrom = log.last.counts.exported;
      this.#framesBefore = log.last.counts.frames;
    }
    const sink = await openSink(this.#request, this.#index, {
      resumed: log.resumed,
      state: log.last?.sink ?? null,
    });
    this.#sink = sink;
    const rows = selectedRows(this.#index, this.#request.selection, {
      afterKey: log.last?.lastKey ?? null,
      lastKey: log.begun.lastKey,
    });
    this.#tell(true);
    for await (const batch of this.#decoded(sink, rows)) {
      await sink.write(batch);
      this.#count(batch);
      this.#tell(false);
      if (performance.now() - this.#savedMs >= CHECKPOINT_MS) this.#saveMeanwhile(sink, log, batch.rows);
      if (this.#handling.signal?.aborted !== true) continue;
      await this.#saving;
      await this.#save(sink, log, batch.rows);
      return this.#result('stopped', { files: 0, bytes: sink.bytes });
    }
    await this.#saving;
    for (const key of this.#skipped) log.skipped.add(key);
    const written = await sink.finish(() => this.#written(log));
    log.remove();
    this.#log = null;
    this.#tell(true);
    return this.#result('done', written);
  }

  async close(): Promise<void> {
    await this.#saving.catch(() => {});
    await this.#pool.close();
    await this.#sink?.close();
    if (this.#hasLeftNothing()) this.#log?.remove();
    else this.#log?.close();
    this.#unlock?.();
  }

  /** A folder into which a failed export put no file must not be kept from the next one. */
  #hasLeftNothing(): boolean {
    const begun = this.#log !== null && !this.#log.resumed && this.#counts.frames === 0;
    return begun && goesIntoFolder(this.#request) && (this.#sink?.bytes ?? 0) === 0;
  }

  /** The log of the export that was stopped, or a new one. */
  async #openLog(): Promise<ResumeLog> {
    const { target } = this.#request;
    const folder = goesIntoFolder(this.#request);
    if (folder) checkFolder(target, this.#request.format);
    if (!folder && isThere(target)) throw alreadyThere(target);
    const file = folder ? join(target, '.appulse-export') : `${target}.export`;
    const job = jobOf(this.#request);
    if (isThere(file)) {
      this.#unlock = lockTarget(file, target);
      const found = ResumeLog.find(file, job);
      if (found !== null) return found;
      if (!folder && isThere(target)) throw alreadyThere(target);
    }
    if (this.#handling.onlyResume === true) {
      throw new StorageError(
        'export.nothing-to-resume',
        `no export into ${target} was stopped: leave --resume out to begin one`,
      );
    }
    const newest = this.#index.frames({}, { limit: 1, newestFirst: true })[0];
    const lastKey = newest?.key ?? -1n;
    const check = new SelectionCheck(this.#request);
    for (const row of selectedRows(this.#index, this.#request.selection, { afterKey: null, lastKey })) check.add(row);
    const total = check.rows;
    if (total === 0) throw new StorageError('export.empty', 'no frame is selected: appulse frames shows what is there');
    makeFolder(folder ? target : dirname(resolve(target)));
    if (this.#unlock === null) {
      this.#unlock = lockTarget(file, target);
      // Another process may have begun one, and ended it, since this one looked.
      if (isThere(file) || (!folder && isThere(target))) throw alreadyThere(target);
    }
    return ResumeLog.begin(file, job, { lastKey, total });
  }

  #primaryOf(row: FrameRow): string {
    const of = `${row.sessionId} ${row.cameraId}`;
    const known = this.#primaries.get(of);
    if (known !== undefined) return known;
    const text = Buffer.from(primaryHdu(sessionHeader(this.#index, row))).toString('latin1');
    this.#primaries.set(of, text);
    return text;
  }

  #decoded(sink: ExportSink, rows: Iterable<FrameRow>): AsyncIterable<DecodedBatch> {
    return sink.product === null ? undecoded(rows) : this.#pool.decode(batchesOf(rows), sink.product);
  }

  #count({ rows, frames }: DecodedBatch): void {
    let { exported, expired, missing, unreadable } = this.#counts;
    for (const [i, row] of rows.entries()) {
      const error = frames[i]?.error ?? null;
      if (error === null) {
        exported++;
        continue;
      }
      this.#skipped.push(row.key);
      if (row.state === 'expired') expired++;
      else if (row.state === 'missing') missing++;
      else {
        if (unreadable === 0) this.#handling.onWarning?.(`frame ${row.number} is left out: ${error}`);
        unreadable++;
      }
    }
    this.#counts = { frames: this.#counts.frames + rows.length, exported, expired, missing, unreadable };
  }

  /** A checkpoint while the next frames are written already: the disk takes its time. One at a time; what fails is seen at the end. */
  #saveMeanwhile(sink: ExportSink, log: ResumeLog, rows: readonly FrameRow[]): void {
    this.#savedMs = Number.POSITIVE_INFINITY;
    this.#saving = this.#save(sink, log, rows).finally(() => {
      this.#savedMs = performance.now();
    });
    this.#saving.catch(() => {});
  }

  async #save(sink: ExportSink, log: ResumeLog, rows: readonly FrameRow[]): Promise<void> {
    const last = rows.at(-1);
    if (last === undefined) return;
    const [skipped, counts] = [this.#skipped, this.#counts];
    this.#skipped = [];
    const state = await sink.checkpoint();
    if (state === null) {
      this.#skipped = [...skipped, ...this.#skipped];
      return;
    }
    log.checkpoint({ lastKey: last.key, skipped, counts, sink: state });
  }

  /** The rows of the frames that are in the target, those of an earlier run included. */
  *#written(log: ResumeLog): Generator<FrameRow, void> {
    const range = { afterKey: null, lastKey: log.begun.lastKey };
    for (const row of selectedRows(this.#index, this.#request.selection, range))
      if (!log.skipped.has(row.key)) yield row;
  }

  #tell(always: boolean): void {
    const now = performance.now();
    if (!always && now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    const total = this.#log?.begun.total ?? this.#counts.frames;
    const { frames } = this.#counts;
    const seconds = (now - this.#begunMs) / 1_000;
    const framesPerSecond = seconds > 0 ? (frames - this.#framesBefore) / seconds : 0;
    const secondsLeft = framesPerSecond > 0 ? (total - frames) / framesPerSecond : null;
    this.#handling.onProgress?.({ frames, total, bytes: this.#sink?.bytes ?? 0, framesPerSecond, secondsLeft });
  }

  #result(state: ExportResult['state'], { files, bytes }: { files: number; bytes: number }): ExportResult {
    const { frames: _, ...counts } = this.#counts;
    return {
      state,
      target: this.#request.target,
      ...counts,
      files,
      bytes,
      resumedFrom: this.#resumedFrom,
      seconds: (performance.now() - this.#begunMs) / 1_000,
    };
  }
}

/** One process at a time writes a target: another one would go on with what this one has under way. Throws `export.in-use`. */
function lockTarget(log: string, target: string): () => void {
  return takeLock(
    `${log}.lock`,
    (who) =>
      new StorageError('export.in-use', `${who} exports into ${target}: wait for its end, or name another target`),
  );
}

function jobOf({ format, dataFolder, selection, pattern, target, stationCode, serStamp }: ExportRequest): ExportJob {
  const given = Object.entries(selection).filter(([, value]) => value !== undefined);
  const isFolder = goesIntoFolder({ format, target });
  return {
    format,
    dataFolder: resolve(dataFolder),
    selection: Object.fromEntries(given),
    pattern: isFolder ? pattern : '',
    stationCode: format === 'ff' || format === 'ff-bin' ? (stationCode ?? '') : '',
    serStamp: format === 'ser' ? (serStamp ?? DEFAULT_SER_STAMP) : '',
  };
}

/** Rows in batches, without their pixels. */
async function* undecoded(rows: Iterable<FrameRow>): AsyncGenerator<DecodedBatch, void> {
  const empty = Buffer.alloc(0);
  const told = {
    bytes: 0,
    error: null,
    width: 0,
    height: 0,
    sampleBytes: 2,
    sum: 0,
    values: null,
    record: null,
  } as const;
  let batch: FrameRow[] = [];
  for (const row of rows) {
    if (batch.push(row) < BATCH_ROWS) continue;
    yield { rows: batch, frames: batch.map(() => told), memory: empty };
    batch = [];
  }
  if (batch.length > 0) yield { rows: batch, frames: batch.map(() => told), memory: empty };
}
