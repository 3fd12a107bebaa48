/** Which record buffers are free. One pool a session, also where several recorders share its buffers one after the other. */
import type { RecordBuffersHandle } from './record-buffers.js';

export class RecordBufferPool {
  #handle: RecordBuffersHandle;
  #free: number[];

  constructor(handle: RecordBuffersHandle) {
    this.#handle = handle;
    this.#free = indicesOf(handle);
  }

  get handle(): RecordBuffersHandle {
    return this.#handle;
  }

  /** A free buffer's index, or null when all are in use. */
  acquire(): number | null {
    return this.#free.pop() ?? null;
  }

  release(buffer: number): void {
    this.#free.push(buffer);
  }

  /** Other buffers instead: resolves when all of those before are free. Nothing may be acquired until then. */
  async replace(handle: RecordBuffersHandle): Promise<void> {
    while (this.#free.length < this.#handle.count) await new Promise((done) => setTimeout(done, 5));
    this.#handle = handle;
    this.#free = indicesOf(handle);
  }
}

/** Every buffer's index, the first to be taken last. */
function indicesOf({ count }: RecordBuffersHandle): number[] {
  return Array.from({ length: count }, (_, i) => count - 1 - i);
}
