/** Rows of the index as comma-separated values, as `appulse frames --format csv` has them: a line a frame, on disk or not. */
import { csvHead, csvLine, FRAME_CSV } from '../index/csv.js';
import type { DecodedBatch } from './decode-pool.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

export class CsvRows implements ExportSink {
  readonly product = null;
  readonly #file: PartFile;

  private constructor(file: PartFile) {
    this.#file = file;
  }

  static async open(target: string, { resumed, state }: SinkStart): Promise<CsvRows> {
    const file = await PartFile.open(target, resumed, (state as { bytes: number } | null)?.bytes ?? 0);
    if (file.bytes === 0) await file.append(Buffer.from(csvHead(FRAME_CSV)));
    return new CsvRows(file);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ rows }: DecodedBatch): Promise<void> {
    await this.#file.append(Buffer.from(rows.map((row) => csvLine(FRAME_CSV, row)).join('')));
  }

  async checkpoint(): Promise<unknown> {
    const state = { bytes: this.#file.bytes };
    await this.#file.sync();
    return state;
  }

  async finish(): Promise<SinkResult> {
    await this.#file.finish();
    return { files: 1, bytes: this.#file.bytes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
