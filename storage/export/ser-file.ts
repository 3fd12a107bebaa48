/** A SER file: frames of one shape, and a stamp for each that is exactly the time in the index. */
import { StorageError } from '../errors.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRow } from '../index/rows.js';
import { newSerHeader } from '../ser/new-ser-header.js';
import { frameCountPatch, SER_STAMP_BYTES } from '../ser/ser-header.js';
import { DEFAULT_SER_STAMP, type SerStamp } from '../ser/ser-stamp.js';
import { ticksOf } from '../ser/ser-ticks.js';
import type { DecodedBatch } from './decode-pool.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

const STAMPS_AT_ONCE = 8192;

interface State {
  readonly bytes: number;
  readonly frames: number;
  readonly frameBytes: number;
}

export class SerFile implements ExportSink {
  readonly product = 'samples';
  readonly #file: PartFile;
  readonly #texts: SegmentHeader;
  readonly #stamp: SerStamp;
  #frames: number;
  #frameBytes: number;

  private constructor(
    file: PartFile,
    texts: SegmentHeader,
    stamp: SerStamp,
    { frames, frameBytes }: Omit<State, 'bytes'>,
  ) {
    this.#file = file;
    this.#texts = texts;
    this.#stamp = stamp;
    this.#frames = frames;
    this.#frameBytes = frameBytes;
  }

  static async open(
    target: string,
    texts: SegmentHeader,
    { resumed, state }: SinkStart,
    stamp = DEFAULT_SER_STAMP,
  ): Promise<SerFile> {
    const before = state as State | null;
    const file = await PartFile.open(target, resumed, before?.bytes ?? 0);
    return new SerFile(file, texts, stamp, before ?? { frames: 0, frameBytes: 0 });
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ rows, frames, memory }: DecodedBatch): Promise<void> {
    let bytes = 0;
    for (const [i, frame] of frames.entries()) {
      const row = rows[i];
      if (frame.error !== null || row === undefined) continue;
      if (this.#frames === 0) {
        if (frame.sampleBytes === 4) {
          throw new StorageError(
            'export.depth',
            'SER has pixels of 16 bits at most, and these have 32: export them as fits or fits-cube',
          );
        }
        this.#frameBytes = frame.bytes;
        await this.#file.append(newSerHeader(this.#texts, { ...row, sampleBytes: frame.sampleBytes }, this.#stamp));
      }
      if (frame.bytes !== this.#frameBytes) {
        throw new StorageError(
          'export.mixed',
          `frame ${row.number} has pixels of another size than those before it: select one camera and a range`,
        );
      }
      this.#frames++;
      bytes += frame.bytes;
    }
    await this.#file.append(memory.subarray(0, bytes));
  }

  async checkpoint(): Promise<State> {
    const state = { bytes: this.#file.bytes, frames: this.#frames, frameBytes: this.#frameBytes };
    await this.#file.sync();
    return state;
  }

  async finish(written: () => Iterable<FrameRow>): Promise<SinkResult> {
    if (this.#frames === 0) throw new StorageError('export.empty', 'no frame of the selection is on disk');
    let stamps = Buffer.alloc(STAMPS_AT_ONCE * SER_STAMP_BYTES);
    let at = 0;
    for (const row of written()) {
      at = stamps.writeBigInt64LE(ticksOf(instantOf(row, this.#stamp)), at);
      if (at < stamps.byteLength) continue;
      await this.#file.append(stamps);
      stamps = Buffer.alloc(STAMPS_AT_ONCE * SER_STAMP_BYTES);
      at = 0;
    }
    await this.#file.append(stamps.subarray(0, at));
    const { offset, bytes } = frameCountPatch(this.#frames);
    await this.#file.patch(offset, bytes);
    await this.#file.finish();
    return { files: 1, bytes: this.#file.bytes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

const instantOf = (row: FrameRow, stamp: SerStamp): bigint =>
  ({ start: row.startUtcNs, mid: row.midUtcNs, end: row.endUtcNs })[stamp];
