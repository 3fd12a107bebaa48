/** Frames of the archive: a data folder, a folder of a session in one, or a segment. */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { AppulseError } from '#gps/errors.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { UsageError } from '#src/config/usage-error.js';
import { DecodePool } from '#storage/export/decode-pool.js';
import type { DecodedFrame } from '#storage/export/decode-task.js';
import { batchesOf } from '#storage/export/frame-batches.js';
import type { Pixels } from '#storage/formats/segment-reader.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import type { FrameRow } from '#storage/index/rows.js';
import type { FrameSource, SourceDescription, SourceFrame } from './frame-source.js';
import type { ReplayRequest } from './replay-uri.js';
import { streamFormat } from './stream-format.js';

const WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** The data folder that `path` is or lies in; null where it is in none. */
export function dataFolderOf(path: string): string | null {
  for (let folder = resolve(path), up = 0; up < 4; up++, folder = dirname(folder)) {
    if (existsSync(join(folder, INDEX_FILE))) return folder;
  }
  return null;
}

export class ArchiveSource implements FrameSource {
  readonly description: SourceDescription;
  readonly #index: IndexReader;
  readonly #pool: DecodePool;
  readonly #filter: FrameFilter;
  /** Of the segments that are played, relative to the data folder. */
  readonly #within: string;
  readonly #first: FrameRow;

  private constructor(parts: {
    index: IndexReader;
    pool: DecodePool;
    filter: FrameFilter;
    within: string;
    first: FrameRow;
    description: SourceDescription;
  }) {
    this.#index = parts.index;
    this.#pool = parts.pool;
    this.#filter = parts.filter;
    this.#within = parts.within;
    this.#first = parts.first;
    this.description = parts.description;
  }

  /** @throws UsageError where the request names nothing, StorageError for an index that cannot be read */
  static async open(dataFolder: string, request: ReplayRequest): Promise<ArchiveSource> {
    const index = new IndexReader(join(dataFolder, INDEX_FILE));
    const pool = new DecodePool(dataFolder, WORKERS);
    try {
      const within = relative(dataFolder, resolve(request.path));
      const filter = filterOf(index, request, within);
      const first = rowsWithin(index, filter, within).next();
      if (first.done) {
        throw new UsageError('usage.replay', `replay:${request.path}: no frame that is on disk is named by this`);
      }
      const camera = index.cameras().find(({ id }) => id === first.value.cameraId);
      // The second tells how fast they came, and is the last that is read before the camera starts.
      const rows = [...take(rowsWithin(index, filter, within), 64)];
      const opened = await firstRecord(pool, first.value);
      const description = describe(opened, camera?.name ?? opened.record.cameraName, rows, request.path);
      return new ArchiveSource({ index, pool, filter, within, first: first.value, description });
    } catch (error) {
      await pool.close();
      index.close();
      throw error;
    }
  }

  async *frames(): AsyncGenerator<SourceFrame, void> {
    const rows = this.#checked(rowsWithin(this.#index, this.#filter, this.#within));
    for await (const { rows: batch, frames, memory } of this.#pool.decode(batchesOf(rows), 'recorded')) {
      let at = 0;
      for (const [i, frame] of frames.entries()) {
        const { record, error, bytes } = frame;
        // What is damaged is a gap, as it would be in the archive.
        if (record === null) {
          process.stderr.write(`frame ${batch[i]?.number} is left out: ${error}\n`);
          continue;
        }
        yield {
          blockId: record.blockId,
          time: timeOf(record),
          pixels: pixelsOf(frame, memory.subarray(at, at + bytes)),
        };
        at += bytes;
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#index.close();
  }

  *#checked(rows: Iterable<FrameRow>): Generator<FrameRow, void> {
    const first = this.#first;
    for (const row of rows) {
      if (row.width !== first.width || row.height !== first.height || row.pixelFormat !== first.pixelFormat) {
        const shape = (of: FrameRow) => `${of.width} x ${of.height} ${of.pixelFormat}`;
        throw new AppulseError(
          'replay.shape',
          `frame ${row.number} in ${row.file} is ${shape(row)}, the frames before are ${shape(first)}: a replay has one shape; play the rest with &from=`,
        );
      }
      yield row;
    }
  }
}

/** A frame that was recorded without some of its bytes is played with zeros there, and says so. */
function timeOf({ time, missing }: FrameRecord): FrameRecord['time'] {
  return missing.length === 0 ? time : { ...time, flags: [...time.flags, 'replayed-incomplete'] };
}

function pixelsOf({ width, height, sampleBytes }: DecodedFrame, bytes: Buffer): Pixels {
  // Frames stand at any byte of the batch; samples begin at whole ones of theirs.
  const { buffer, byteOffset, byteLength } = byteOffsetOf(bytes, sampleBytes);
  const data =
    sampleBytes === 1
      ? new Uint8Array(buffer, byteOffset, byteLength)
      : sampleBytes === 2
        ? new Uint16Array(buffer, byteOffset, byteLength / 2)
        : new Uint32Array(buffer, byteOffset, byteLength / 4);
  return { width, height, data };
}

function byteOffsetOf(bytes: Buffer, sampleBytes: number): Uint8Array {
  return bytes.byteOffset % sampleBytes === 0 ? bytes : Uint8Array.from(bytes);
}

function filterOf(index: IndexReader, request: ReplayRequest, within: string): FrameFilter {
  const { session, camera, fromUtcNs, toUtcNs } = request;
  const sessions = index.sessions({ limit: Number.MAX_SAFE_INTEGER });
  const inFolder = within === '' ? sessions : sessions.filter(({ folder }) => `${within}/`.startsWith(`${folder}/`));
  const named =
    session === null || session === 'latest' ? inFolder : inFolder.filter(({ id }) => id.startsWith(session));
  const [chosen] = named;
  if (chosen === undefined) throw new UsageError('usage.replay', `replay:${request.path}: there is no such session`);
  if (session !== null && session !== 'latest' && named.length > 1) {
    throw new UsageError('usage.replay', `session=${session} is the beginning of ${named.length} sessions: write more`);
  }
  const cameras = index.cameras();
  const one = camera === null ? null : cameras.find(({ id, name, serial }) => [id, name, serial].includes(camera));
  if (one === undefined) {
    throw new UsageError('usage.replay', `camera=${camera}: there are ${cameras.map(({ name }) => name).join(', ')}`);
  }
  return {
    state: 'on-disk',
    sessionId: chosen.id,
    ...(one === null ? {} : { cameraId: one.id }),
    ...(fromUtcNs === null ? {} : { fromUtcNs }),
    ...(toUtcNs === null ? {} : { toUtcNs }),
  };
}

/** Rows of segments below or at `within`. */
function* rowsWithin(index: IndexReader, filter: FrameFilter, within: string): Generator<FrameRow, void> {
  for (const row of index.iterateFrames(filter)) {
    if (within === '' || row.file === within || row.file.startsWith(`${within}/`)) yield row;
  }
}

function* take<T>(items: Iterable<T>, most: number): Generator<T, void> {
  let taken = 0;
  for (const item of items) {
    if (taken++ === most) return;
    yield item;
  }
}

interface Opened {
  readonly record: FrameRecord;
  readonly frame: DecodedFrame;
}

async function firstRecord(pool: DecodePool, row: FrameRow): Promise<Opened> {
  for await (const { frames } of pool.decode(batchesOf([row]), 'recorded')) {
    const [frame] = frames;
    if (frame !== undefined && frame.record !== null) return { frame, record: frame.record };
    throw new AppulseError('replay.unreadable', `frame ${row.number}: ${frame?.error}`);
  }
  throw new AppulseError('replay.unreadable', `frame ${row.number} in ${row.file} cannot be read`);
}

function describe(
  { record, frame }: Opened,
  cameraName: string,
  rows: readonly FrameRow[],
  path: string,
): SourceDescription {
  const { width, height, offsetX, offsetY } = record;
  const { frameType, readMode, gain, offset, binningX, binningY, sensorTemperatureC, filter } = record;
  const [first, last] = [rows[0], rows.at(-1)];
  const spanNs = first === undefined || last === undefined ? 0n : last.startUtcNs - first.startUtcNs;
  const blocks = first === undefined || last === undefined ? 0n : last.blockId - first.blockId;
  return {
    ...{ name: path, cameraName, width, height, offsetX, offsetY, bitDepth: record.bitDepth, time: record.time },
    pixelFormat: streamFormat(pixelFormatByName(record.pixelFormat) ?? null, frame.sampleBytes, record.bitDepth, path),
    frameRate: spanNs > 0n && blocks > 0n ? (Number(blocks) * 1e9) / Number(spanNs) : null,
    capture: { frameType, readMode, gain, offset, binningX, binningY, sensorTemperatureC, filter },
  };
}
