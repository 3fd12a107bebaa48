/** A folder with a FITS file a frame. */
import { unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import type { DecodedBatch } from './decode-pool.js';
import type { NamePattern } from './name-pattern.js';
import { alreadyThere, createPart, holds, isThere, nameWhole, partOf, writeWhole } from './new-file.js';
import { namedBy } from './pattern-values.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

interface State {
  readonly files: number;
  readonly bytes: number;
}

export class FileAFrame implements ExportSink {
  readonly product: 'file' | 'compressed-file';
  readonly #folder: string;
  readonly #pattern: NamePattern;
  readonly #extension: string;
  /** Files that a run before may have written after its last checkpoint are taken for ours where they hold the same bytes. */
  readonly #resumed: boolean;
  readonly #firstCounter: number;
  #files: number;
  #bytes: number;

  constructor(
    folder: string,
    pattern: NamePattern,
    product: 'file' | 'compressed-file',
    { resumed, state }: SinkStart,
    firstCounter: number,
  ) {
    this.#firstCounter = firstCounter;
    const { files, bytes } = (state ?? { files: 0, bytes: 0 }) as State;
    this.product = product;
    this.#folder = folder;
    this.#pattern = pattern;
    this.#extension = product === 'file' ? '.fits' : '.fits.fz';
    this.#resumed = resumed;
    this.#files = files;
    this.#bytes = bytes;
    makeFolder(folder);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write({ rows, frames, memory }: DecodedBatch): Promise<void> {
    let at = 0;
    for (const [i, frame] of frames.entries()) {
      const row = rows[i];
      if (frame.error !== null || frame.values === null || row === undefined) continue;
      const name = this.#pattern.name(namedBy(row, frame.values, this.#firstCounter + this.#files)) + this.#extension;
      await this.#writeFile(join(this.#folder, name), memory.subarray(at, at + frame.bytes));
      at += frame.bytes;
      this.#files++;
      this.#bytes += frame.bytes;
    }
  }

  async checkpoint(): Promise<State> {
    const state = { files: this.#files, bytes: this.#bytes };
    // The folder, and not each file: that would take longer than writing them.
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return state;
  }

  async finish(): Promise<SinkResult> {
    await this.checkpoint();
    return { files: this.#files, bytes: this.#bytes };
  }

  async close(): Promise<void> {}

  async #writeFile(file: string, bytes: Buffer): Promise<void> {
    if (this.#resumed && isThere(partOf(file))) unlinkSync(partOf(file));
    if (isThere(file)) {
      if (this.#resumed && holds(file, bytes)) return;
      if (!this.#pattern.has('counter') && !this.#pattern.has('frame') && !this.#pattern.has('block')) {
        throw new StorageError(
          'export.exists',
          `${file} is there already, and nothing is overwritten: name another target, or put {frame:6} or {counter:6} into the pattern ${this.#pattern.text}`,
        );
      }
      throw alreadyThere(file);
    }
    const handle = await createPart(file);
    try {
      await writeWhole(handle, bytes, 0);
    } finally {
      await handle.close();
    }
    nameWhole(file);
  }
}
