/** One FITS file with the compressed HDUs of all frames, as they stand in the archive. */

import type { DecodedBatch } from './decode-pool.js';
import { emptyPrimary } from './frame-cards.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

export class FitsSegment implements ExportSink {
  readonly product = 'compressed-hdu';
  readonly #file: PartFile;

  private constructor(file: PartFile) {
    this.#file = file;
  }

  static async open(target: string, { resumed, state }: SinkStart): Promise<FitsSegment> {
    const file = await PartFile.open(target, resumed, (state as { bytes: number } | null)?.bytes ?? 0);
    if (file.bytes === 0) await file.append(emptyPrimary([]));
    return new FitsSegment(file);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ frames, memory }: DecodedBatch): Promise<void> {
    await this.#file.append(
      memory.subarray(
        0,
        frames.reduce((sum, { bytes }) => sum + bytes, 0),
      ),
    );
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
