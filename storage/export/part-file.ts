/** A target that is one file: written from its start to its end as `.part`, gone on with after a stop, named when it is whole. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { StorageError } from '../errors.js';
import { alreadyThere, createPart, isThere, nameWhole, partOf, writeWhole } from './new-file.js';

export class PartFile {
  readonly #target: string;
  readonly #handle: FileHandle;
  #bytes: number;
  #open = true;

  private constructor(target: string, handle: FileHandle, bytes: number) {
    this.#target = target;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /**
   * A new file, or the one of a run that was stopped, of which `bytes` are known to be written: what it has beyond them is cut off.
   * Throws `export.exists`.
   */
  static async open(target: string, resumed: boolean, bytes: number): Promise<PartFile> {
    if (isThere(target)) throw alreadyThere(target);
    if (!resumed || (bytes === 0 && !isThere(partOf(target)))) return new PartFile(target, await createPart(target), 0);
    const handle = await open(partOf(target), 'r+');
    const { size } = await handle.stat();
    if (size < bytes) {
      await handle.close();
      throw new StorageError(
        'export.part-lost',
        `${partOf(target)} has ${size} bytes where ${bytes} were written: remove it and what lies beside it, and begin again`,
      );
    }
    await handle.truncate(bytes);
    return new PartFile(target, handle, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await writeWhole(this.#handle, bytes, this.#bytes);
    this.#bytes += bytes.byteLength;
  }

  /** Bytes further up that are only known now. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await writeWhole(this.#handle, bytes, offset);
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  /** The file is whole. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.close();
    nameWhole(this.#target);
  }

  async close(): Promise<void> {
    if (this.#open) await this.#handle.close();
    this.#open = false;
  }
}
