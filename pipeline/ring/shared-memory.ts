import { setImmediate } from 'node:timers/promises';
import { nativeAddon } from '#pipeline/native/addon.js';
import { RingError } from './geometry.js';

/** The part of WebAssembly.Memory used here; Node's type package does not declare it. */
interface SharedMemoryConstructor {
  new (limits: { initial: number; maximum: number; shared: true }): { readonly buffer: SharedArrayBuffer };
}

const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: SharedMemoryConstructor } }).WebAssembly;
const WASM_PAGE_BYTES = 65536;

/**
 * Shared memory that starts on a page (a plain SharedArrayBuffer need not, and O_DIRECT asks for it): at most 4 GiB,
 * rounded up to 64 KiB. Its pages come with their first use, see `prefault`. Throws RingError when there is none.
 */
export function allocateShared(bytes: number): SharedArrayBuffer {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    return new Memory({ initial: pages, maximum: pages, shared: true }).buffer;
  } catch (cause) {
    throw new RingError('ring.memory', `no ${bytes} bytes of shared memory to be had: ask for fewer or smaller slots`, {
      cause,
    });
  }
}

/** Bytes that the fallback touches before it lets others have the thread. */
const BREATH_BYTES = 16 * 2 ** 20;

/**
 * Has the kernel give every page of new shared memory now, so that no receive thread meets a page fault. The first use of
 * a gigabyte takes up to seconds on a virtual machine: the caller's event loop (and its camera's heartbeat) goes on.
 */
export async function prefault(buffers: readonly SharedArrayBuffer[]): Promise<void> {
  for (const buffer of buffers) {
    const bytes = new Uint8Array(buffer);
    const native = nativeAddon();
    if (native !== null) {
      await native.prefault(bytes);
      continue;
    }
    for (let offset = 0; offset < bytes.length; offset += 4096) {
      // Written with what it holds: the memory may be in use already.
      Atomics.or(bytes, offset, 0);
      if (offset % BREATH_BYTES === 0) await setImmediate();
    }
  }
}
