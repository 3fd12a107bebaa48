/**
 * The buffers in which frames become HDUs: filled by encode workers, written by the writer thread, all of them in shared
 * memory so that nothing is copied between threads. WebAssembly memory is page aligned, as direct I/O wants it, and a
 * buffer's stride is a multiple of 4096.
 */
import { allocateShared, prefault } from '#pipeline/ring/shared-memory.js';
import { StorageError } from '../errors.js';

/** What another thread needs to see the same buffers; crosses by structured clone. */
export interface RecordBuffersHandle {
  readonly bufferBytes: number;
  readonly count: number;
  readonly perBlock: number;
  readonly blocks: readonly SharedArrayBuffer[];
}

const BLOCK_LIMIT = 4 * 1024 ** 3;
const ALIGNMENT = 4096;

export class RecordBuffers {
  readonly handle: RecordBuffersHandle;

  private constructor(handle: RecordBuffersHandle) {
    this.handle = handle;
  }

  /** `count` buffers of at least `bufferBytes` (rounded up to 4096); `prefault` them before use. Throws `storage.no-memory`. */
  static create(options: { bufferBytes: number; count: number }): RecordBuffers {
    const bufferBytes = Math.ceil(options.bufferBytes / ALIGNMENT) * ALIGNMENT;
    const perBlock = Math.floor(BLOCK_LIMIT / bufferBytes);
    const { count } = options;
    if (!(count >= 1) || !(options.bufferBytes >= 1) || perBlock < 1) {
      throw new StorageError('storage.bad-buffers', `cannot make ${count} record buffers of ${bufferBytes} bytes`);
    }
    const blocks: SharedArrayBuffer[] = [];
    for (let made = 0; made < count; made += perBlock) {
      try {
        blocks.push(allocateShared(Math.min(perBlock, count - made) * bufferBytes));
      } catch (cause) {
        throw new StorageError(
          'storage.no-memory',
          `no memory for ${count} record buffers of ${bufferBytes} bytes: give fewer, or a smaller memory budget`,
          { cause },
        );
      }
    }
    return new RecordBuffers({ bufferBytes, count, perBlock, blocks });
  }

  static attach(handle: RecordBuffersHandle): RecordBuffers {
    return new RecordBuffers(handle);
  }

  /** Has the kernel give every page now, so that no frame waits for it later. */
  prefault(): Promise<void> {
    return prefault(this.handle.blocks);
  }

  get count(): number {
    return this.handle.count;
  }

  /** Bytes of each buffer. */
  get bufferBytes(): number {
    return this.handle.bufferBytes;
  }

  /** The bytes of buffer `index`, a view of shared memory. */
  buffer(index: number): Uint8Array {
    const { bufferBytes, count, perBlock, blocks } = this.handle;
    const block = blocks[Math.floor(index / perBlock)];
    if (!(index >= 0 && index < count) || block === undefined) {
      throw new StorageError('storage.bad-buffer', `no record buffer ${index}, there are ${count}`);
    }
    return new Uint8Array(block, (index % perBlock) * bufferBytes, bufferBytes);
  }
}
