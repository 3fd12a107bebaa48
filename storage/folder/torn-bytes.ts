/**
 * The end of a segment that a crash left: bytes of a torn frame go into a file of their own beside it, `X.fits.torn-12345` by where they stood,
 * and are never deleted. Zeros behind the last frame are what direct writing and file systems fill blocks with; they are cut off.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SegmentEnd } from '../formats/recording-format.js';
import { PART } from '../segments/names.js';

export interface TornFile {
  /** Absolute. */
  readonly file: string;
  /** Where its bytes stood in the segment. */
  readonly offset: number;
  readonly bytes: number;
}

const CHUNK = 4 * 1024 ** 2;

/** Whether a name in a session's folder is one of a file of torn bytes. */
export function isTornFile(name: string): boolean {
  return /\.torn-\d+(-\d+)?$/.test(name);
}

/** Where the last byte that is not zero ends, at least `from`. */
function endOfBytes(fd: number, from: number): number {
  const chunk = Buffer.alloc(CHUNK);
  for (let end = fstatSync(fd).size; end > from; ) {
    const start = Math.max(from, end - CHUNK);
    const got = readSync(fd, chunk, 0, end - start, start);
    for (let i = got; i > 0; i--) if (chunk[i - 1] !== 0) return start + i;
    end = start;
  }
  return from;
}

/**
 * Cuts `file` at `end`, after what stands behind is set aside and safe. Returns the file that has it; null where only zeros stood there.
 * Done again after a crash in the midst of it, it makes no second file.
 */
export function setTornBytesAside(file: string, end: number): TornFile | null {
  const fd = openSync(file, 'r+');
  try {
    const last = endOfBytes(fd, end);
    const torn = last > end ? copyAside(fd, file, end, last) : null;
    ftruncateSync(fd, end);
    fsyncSync(fd);
    return torn;
  } finally {
    closeSync(fd);
  }
}

function copyAside(fd: number, file: string, from: number, to: number): TornFile {
  const base = `${withoutPart(file)}.torn-${from}`;
  const chunk = Buffer.alloc(Math.min(CHUNK, to - from));
  for (let copy = 1; ; copy++) {
    const torn = copy === 1 ? base : `${base}-${copy}`;
    const out = openNew(torn);
    if (out === null) {
      if (isCopy(fd, from, to, torn)) return { file: torn, offset: from, bytes: to - from };
      continue;
    }
    try {
      for (let at = from; at < to; ) {
        const got = readSync(fd, chunk, 0, Math.min(chunk.byteLength, to - at), at);
        writeAt(out, chunk.subarray(0, got), at - from);
        at += got;
      }
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    syncFolderOf(torn);
    return { file: torn, offset: from, bytes: to - from };
  }
}

/** Whether `file` holds the bytes from `from` to `to` of the file behind `fd`, as it does when a crash came after it was written. */
function isCopy(fd: number, from: number, to: number, file: string): boolean {
  const other = openSync(file, 'r');
  try {
    if (fstatSync(other).size !== to - from) return false;
    const [ours, theirs] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    for (let at = from; at < to; ) {
      const wanted = Math.min(CHUNK, to - at);
      const got = readSync(fd, ours, 0, wanted, at);
      if (got === 0 || readSync(other, theirs, 0, got, at - from) !== got) return false;
      if (!ours.subarray(0, got).equals(theirs.subarray(0, got))) return false;
      at += got;
    }
    return true;
  } finally {
    closeSync(other);
  }
}

/** Null where the file exists. */
function openNew(file: string): number | null {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
    throw error;
  }
}

/**
 * A file in which no frame stands whole: it is set aside under another name, or removed where nothing but the start of a segment, of
 * `startBytes` bytes, and zeros stand in it.
 */
export function setFileAside(file: string, startBytes: number): TornFile | null {
  const fd = openSync(file, 'r');
  let bytes: number;
  try {
    bytes = endOfBytes(fd, 0);
  } finally {
    closeSync(fd);
  }
  if (bytes <= startBytes) {
    unlinkSync(file);
    return null;
  }
  for (let copy = 1; ; copy++) {
    const torn = `${withoutPart(file)}.torn-0${copy === 1 ? '' : `-${copy}`}`;
    const made = openNew(torn);
    if (made === null) continue;
    closeSync(made);
    renameSync(file, torn);
    syncFolderOf(torn);
    return { file: torn, offset: 0, bytes };
  }
}

/** Completes `file` by its format, syncs it and gives it its final name, `path`. */
export function completeFile(file: string, path: string, bytes: number, end: SegmentEnd | null): void {
  const fd = openSync(file, 'r+');
  try {
    if (end !== null) {
      writeAt(fd, end.tail, bytes);
      for (const patch of end.patches) writeAt(fd, patch.bytes, patch.offset);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (file !== path) renameSync(file, path);
  syncFolderOf(path);
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
  }
}

const withoutPart = (file: string): string => (file.endsWith(PART) ? file.slice(0, -PART.length) : file);

function syncFolderOf(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
