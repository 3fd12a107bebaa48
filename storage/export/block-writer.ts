/**
 * Appends to a file past the page cache, where its file system lets it: pages that are new to the cache cost an export of
 * 10 GB 30 s of kernel time, and syncing them at its end another 8 (2-core virtual machine, ext4). Bytes are gathered in one
 * of two stages while the other is on its way to the disk.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { copyBytes } from '#pipeline/ring/copy-bytes.js';
import { systemCode } from '../errors.js';
import { DIRECT_BLOCK_BYTES as BLOCK_BYTES, createStage } from '../segments/segment-output.js';
import { writeWhole } from './new-file.js';

const STAGE_BYTES = 8 * 2 ** 20;
/** Linux's; elsewhere the constant is missing, and everything goes through the page cache. */
const DIRECT = (constants as { O_DIRECT?: number }).O_DIRECT;

export class BlockWriter {
  /** Through the page cache: for what is not whole blocks, and where direct I/O is refused. */
  readonly #handle: FileHandle;
  #direct: FileHandle | null;
  #stage = createStage(STAGE_BYTES);
  #other = createStage(STAGE_BYTES);
  /** The file's bytes before the stage, whole blocks; the stage's first `fill` bytes follow them. */
  #start: number;
  #fill = 0;
  /** The write of the other stage. */
  #underWay: Promise<void> = Promise.resolve();
  /** Appends and flushes, one behind the other. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, direct: FileHandle | null, start: number) {
    this.#handle = handle;
    this.#direct = direct;
    this.#start = start;
  }

  /** Appends to `file`, which `handle` has open for reading and writing and which has `bytes` bytes. */
  static async open(file: string, handle: FileHandle, bytes: number): Promise<BlockWriter> {
    const tail = bytes % BLOCK_BYTES;
    const writer = new BlockWriter(handle, await openDirect(file), bytes - tail);
    while (writer.#fill < tail) {
      const { bytesRead } = await handle.read(
        writer.#stage,
        writer.#fill,
        tail - writer.#fill,
        writer.#start + writer.#fill,
      );
      if (bytesRead === 0) throw new Error(`${file} ended at byte ${writer.#start + writer.#fill}, before ${bytes}`);
      writer.#fill += bytesRead;
    }
    return writer;
  }

  /** Takes `bytes`; they may be used again when it returns. Throws the error of an earlier write too. */
  append(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      for (let at = 0; at < bytes.byteLength; ) {
        const take = Math.min(bytes.byteLength - at, STAGE_BYTES - this.#fill);
        copyBytes(bytes.subarray(at, at + take), this.#stage, this.#fill);
        at += take;
        this.#fill += take;
        if (this.#fill === STAGE_BYTES) await this.#send();
      }
    });
  }

  /** Everything appended so far is in the file, which may end in zeros that fill its last block. */
  async flush(): Promise<void> {
    let sent: Promise<void> = Promise.resolve();
    await this.#inTurn(async () => {
      await this.#send();
      sent = this.#underWay;
    });
    await sent;
  }

  /** Closes what it opened; what was not flushed is given up. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#underWay.catch(() => {});
    await this.#direct?.close();
    this.#direct = null;
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Has the stage written, and goes on with the other one, which begins with the last block unless it is full. */
  async #send(): Promise<void> {
    await this.#underWay;
    const [stage, fill, start] = [this.#stage, this.#fill, this.#start];
    const whole = fill - (fill % BLOCK_BYTES);
    this.#other.set(stage.subarray(whole, fill));
    const padded = whole === fill ? fill : whole + BLOCK_BYTES;
    stage.fill(0, fill, padded);
    this.#stage = this.#other;
    this.#other = stage;
    this.#start = start + whole;
    this.#fill = fill - whole;
    this.#underWay = this.#write(stage.subarray(0, padded), start);
    // Whoever writes, flushes or closes next sees it.
    this.#underWay.catch(() => {});
  }

  async #write(blocks: Uint8Array, position: number): Promise<void> {
    if (this.#direct !== null) {
      try {
        // A short write may end inside a block, where the rest could not be written directly.
        const { bytesWritten } = await this.#direct.write(blocks, 0, blocks.byteLength, position);
        if (bytesWritten === blocks.byteLength) return;
      } catch (error) {
        // Some file systems open for direct I/O and refuse it at the first write, or want larger blocks.
        if (systemCode(error) !== 'EINVAL') throw error;
        await this.#direct.close();
        this.#direct = null;
      }
    }
    await writeWhole(this.#handle, blocks, position);
  }
}

async function openDirect(file: string): Promise<FileHandle | null> {
  if (DIRECT === undefined) return null;
  try {
    return await open(file, constants.O_WRONLY | DIRECT);
  } catch (error) {
    if (systemCode(error) === 'EINVAL') return null;
    throw error;
  }
}
