/** Reads all times of bytes that a test made, through a file as the command does, and whatever it throws. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTimeFile } from '#src/times/read-times.js';
import { StorageError } from '#storage/errors.js';
import type { TimedFrame } from '#storage/times/timed-frame.js';
import { randomOf } from '#test/support/random.js';
import { temporaryFolder } from './sample-session.js';

const folder = temporaryFolder();

export interface ReadFile {
  readonly format: string;
  readonly frames: TimedFrame[];
  readonly notes: readonly string[];
}

export function writeBytes(bytes: Uint8Array, name = 'file.bin'): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

export function readFile(file: string): ReadFile {
  const opened = openTimeFile(file);
  const frames: TimedFrame[] = [];
  try {
    for (;;) {
      const next = opened.frames.next();
      if (next.done) return { format: opened.format, frames, notes: next.value };
      frames.push(next.value);
    }
  } finally {
    opened.close();
  }
}

export const readBytes = (bytes: Uint8Array, name?: string): ReadFile => readFile(writeBytes(bytes, name));

/** The StorageError that reading ends with; null where it ends well. Any other error is the test's. */
export function errorOf(bytes: Uint8Array, name?: string): StorageError | null {
  const file = writeBytes(bytes, name);
  try {
    readFile(file);
    return null;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (!error.message.startsWith(`${file}: `)) throw new Error(`does not begin with the file: ${error.message}`);
    return error;
  }
}

/** Reads `bytes` cut at every length (every `step` of a long one) and with bytes changed at random: must end, as a StorageError or well. */
export function fuzz(bytes: Uint8Array, seed: number, mutations: number, cuts = 600): void {
  const step = Math.max(1, Math.floor(bytes.byteLength / cuts));
  for (let length = 0; length < bytes.byteLength; length += step) errorOf(bytes.subarray(0, length));
  const random = randomOf(seed);
  for (let i = 0; i < mutations; i++) {
    const changed = Uint8Array.from(bytes);
    for (let n = 1 + random() * 8; n > 0; n--) {
      const at = Math.floor(random() ** 2 * changed.byteLength);
      changed[at] = random() < 0.3 ? 0xff : random() * 256;
    }
    errorOf(changed);
  }
}
