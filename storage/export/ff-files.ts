/**
 * A folder of FF files (of RMS, or of CAMS) with their FT and FS files, the same that a station makes live of the same frames. A block
 * is 256 frame periods, and its planes are of all its frames: an export that was stopped makes its blocks again, and goes on over
 * those that are there.
 */
import { unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import type { StackFile } from '../stacks/stack-format.js';
import { stackFormat } from '../stacks/stack-kinds.js';
import { Stacker } from '../stacks/stacker.js';
import type { DecodedBatch } from './decode-pool.js';
import { alreadyThere, createPart, holds, isThere, nameWhole, partOf, writeWhole } from './new-file.js';
import type { ExportSink, SinkResult } from './sink.js';

export interface FfNames {
  readonly kind: 'ff' | 'ff-bin';
  /** See ff/station-code.ts. */
  readonly stationCode: string;
  /** Start of the session: it names the night's folder. */
  readonly sessionStartUtcNs: bigint;
}

export class FfFiles implements ExportSink {
  readonly product = 'recorded';
  readonly #folder: string;
  readonly #names: FfNames;
  readonly #resumed: boolean;
  #stacker: Stacker | null = null;
  #files = 0;
  #bytes = 0;

  constructor(folder: string, names: FfNames, resumed: boolean) {
    this.#folder = folder;
    this.#names = names;
    this.#resumed = resumed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write({ frames, memory }: DecodedBatch): Promise<void> {
    let at = 0;
    for (const { record, bytes, width, height, sampleBytes } of frames) {
      if (record === null) continue;
      if (sampleBytes === 4) {
        throw new StorageError(
          'export.depth',
          'FF files have pixels of 8 bits, and sums of 32 bits are no frames of a camera',
        );
      }
      this.#stacker ??= new Stacker(stackFormat(this.#names.kind, { ...this.#names, width, height, frames: 256 }));
      // The stacker keeps them for some frames; the batch's memory is used again.
      const own = Uint8Array.from(memory.subarray(at, at + bytes));
      at += bytes;
      await this.#keep(this.#stacker.add(record, sampleBytes === 1 ? own : new Uint16Array(own.buffer)));
    }
  }

  /** There is nothing to go on from within a block. */
  async checkpoint(): Promise<null> {
    return null;
  }

  async finish(): Promise<SinkResult> {
    await this.#keep(this.#stacker?.end() ?? null);
    if (this.#files === 0) {
      throw new StorageError(
        'export.empty',
        'too few frames of the selection are on disk: a block of FF has at least six',
      );
    }
    return { files: this.#files, bytes: this.#bytes };
  }

  async close(): Promise<void> {}

  async #keep(files: readonly StackFile[] | null): Promise<void> {
    for (const { name, bytes } of files ?? []) {
      await this.#writeFile(join(this.#folder, name), bytes);
      this.#files++;
      this.#bytes += bytes.byteLength;
    }
  }

  async #writeFile(file: string, bytes: Uint8Array): Promise<void> {
    makeFolder(dirname(file));
    if (this.#resumed && isThere(partOf(file))) unlinkSync(partOf(file));
    if (isThere(file)) {
      if (this.#resumed && holds(file, bytes)) return;
      throw alreadyThere(file);
    }
    const handle = await createPart(file);
    try {
      await writeWhole(handle, bytes, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    nameWhole(file);
  }
}
