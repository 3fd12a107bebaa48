/** A target that is one file: written from its start to its end as `.part`, gone on with after a stop, named when it is whole. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { StorageError } from '../errors.js';
import { BlockWriter } from './block-writer.js';
import { alreadyThere, createPart, isThere, nameWhole, partOf, writeWhole } from './new-file.js';

export class PartFile {
  readonly #target: string;
  readonly #handle: FileHandle;
  readonly #writer: BlockWriter;
  #bytes: number;
  #open = true;

  private constructor(target: string, handle: FileHandle, writer: BlockWriter, bytes: number) {
    this.#target = target;
    this.#handle = handle;
    this.#writer = writer;
    this.#bytes = bytes;
  }

  /**
   * A new file, or the one of a run that was stopped, of which `bytes` are known to be written: what it has beyond them is cut off.
   * Throws `export.exists`.
   */
  static async open(target: string, resumed: boolean, bytes: number): Promise<PartFile> {
    if (isThere(target)) throw alreadyThere(target);
    const isNew = !resumed || (bytes === 0 && !isThere(partOf(target)));
    const handle = isNew ? await createPart(target) : await open(partOf(target), 'r+');
    try {
      await cutTo(bytes, handle, target);
      return new PartFile(target, handle, await BlockWriter.open(partOf(target), handle, bytes), bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writer.append(bytes);
    this.#bytes += bytes.byteLength;
  }

  /** Bytes further up that are only known now. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#writer.flush();
    await writeWhole(this.#handle, bytes, offset);
  }

  /** What was appended before is on the disk. */
  async sync(): Promise<void> {
    await this.#writer.flush();
    await this.#handle.datasync();
  }

  /** The file is whole. */
  async finish(): Promise<void> {
    await this.#writer.flush();
    await this.#handle.truncate(this.#bytes);
    await this.#handle.sync();
    await this.close();
    nameWhole(this.#target);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#writer.close();
    await this.#handle.close();
  }
}

/** Gives up what an earlier run wrote behind its last checkpoint. Throws `export.part-lost` where less than that is there. */
async function cutTo(bytes: number, handle: FileHandle, target: string): Promise<void> {
  const { size } = await handle.stat();
  if (size < bytes) {
    throw new StorageError(
      'export.part-lost',
      `${partOf(target)} has ${size} bytes where ${bytes} were written: remove it and what lies beside it, and begin again`,
    );
  }
  await handle.truncate(bytes);
}
