/** How fast a folder's disk takes large writes: bounded, and the file has no name from the first moment on. */
import { closeSync, constants, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { allocateShared } from '#pipeline/ring/shared-memory.js';

export interface WriteSpeed {
  readonly bytesPerSecond: number;
  readonly bytes: number;
  /** Whether the page cache was passed by. */
  readonly direct: boolean;
}

const CHUNK_BYTES = 4 * 2 ** 20;

/** The flag of O_DIRECT; 0 on a system that has none. */
const DIRECT = (constants as { O_DIRECT?: number }).O_DIRECT ?? 0;

/** Page-aligned bytes that no file system can compress. */
function noise(): Uint8Array {
  const bytes = new Uint8Array(allocateShared(CHUNK_BYTES));
  const words = new Uint32Array(bytes.buffer);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return bytes;
}

function writeFor(file: number, limits: { bytes: number; seconds: number }, direct: boolean): WriteSpeed {
  const chunk = noise();
  const began = performance.now();
  let bytes = 0;
  while (bytes + CHUNK_BYTES <= limits.bytes && performance.now() - began < limits.seconds * 1000) {
    bytes += writeSync(file, chunk);
  }
  fdatasyncSync(file);
  return { bytes, direct, bytesPerSecond: bytes / ((performance.now() - began) / 1000) };
}

/**
 * Writes at most `bytes` or for `seconds` into `folder` and syncs. Throws what the file system throws; nothing is left
 * behind, even if the process is killed.
 */
export function measureWriteSpeed(folder: string, limits = { bytes: 2 ** 30, seconds: 2 }): WriteSpeed {
  const path = join(folder, `.appulse-doctor-${process.pid}`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const attempt = (extra: number): WriteSpeed => {
    const file = openSync(path, flags | extra, 0o600);
    try {
      // The space is given back when the file is closed, whoever closes it.
      rmSync(path);
      return writeFor(file, limits, extra !== 0);
    } finally {
      closeSync(file);
    }
  };
  if (DIRECT === 0) return attempt(0);
  try {
    return attempt(DIRECT);
  } catch (error) {
    // tmpfs and some network file systems refuse O_DIRECT at the opening or at the first write.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    rmSync(path, { force: true });
    return attempt(0);
  }
}
