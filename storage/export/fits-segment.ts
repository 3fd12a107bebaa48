/** One FITS file with the compressed HDUs of all frames, as they stand in the archive but for an EXTVER that is taken. */
import { extensionVersion, setExtensionVersion } from '../fits/extension-version.js';
import { MOST_VERSION } from '../fits/frame-cards.js';
import type { DecodedBatch } from './decode-pool.js';
import { emptyPrimary } from './frame-cards.js';
import { PartFile } from './part-file.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

interface State {
  readonly bytes: number;
  readonly version: number;
}

export class FitsSegment implements ExportSink {
  readonly product = 'compressed-hdu';
  readonly #file: PartFile;
  /** EXTVER of the last HDU. */
  #version: number;

  private constructor(file: PartFile, version: number) {
    this.#file = file;
    this.#version = version;
  }

  static async open(target: string, { resumed, state }: SinkStart): Promise<FitsSegment> {
    const { bytes, version } = (state ?? { bytes: 0, version: 0 }) as State;
    const file = await PartFile.open(target, resumed, bytes);
    if (file.bytes === 0) await file.append(emptyPrimary([]));
    return new FitsSegment(file, version);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ frames, memory }: DecodedBatch): Promise<void> {
    let at = 0;
    for (const { bytes } of frames) {
      if (bytes > 0) this.#tellApart(memory.subarray(at, at + bytes));
      at += bytes;
    }
    await this.#file.append(memory.subarray(0, at));
  }

  async checkpoint(): Promise<State> {
    const state = { bytes: this.#file.bytes, version: this.#version };
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

  /** Frames of several sessions have the same numbers: versions go on rising. */
  #tellApart(hdu: Buffer): void {
    const own = extensionVersion(hdu);
    if (own > this.#version) {
      this.#version = own;
      return;
    }
    this.#version = (this.#version % MOST_VERSION) + 1;
    if (this.#version !== own) setExtensionVersion(hdu, this.#version);
  }
}
