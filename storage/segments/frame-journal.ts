/**
 * What a session has in its hands, in a small file that outlives the process: a record for each frame taken from the ring before the
 * work on it begins, and for each gap when it is found. Memory that is mapped from the file takes them, so nothing waits for the disk;
 * without the addon they are written to the page cache. The newest {@link JOURNAL_RECORDS} stay.
 *
 * A record that a crash tore does not have its sum, and is left out.
 */
import { closeSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { nativeAddon } from '#pipeline/native/addon.js';
import { systemCode } from '../errors.js';
import { GAP_CAUSES, type GapCause } from '../frame-record.js';
import { readIfThere } from '../read-if-there.js';
import { shortSessionId } from './names.js';

/** Its name in a session's folder. */
export const JOURNAL_FILE = 'journal';
export const JOURNAL_RECORDS = 65_536;
/** Frames that may be without a row at a time: a gap row that is open is told then, so that a crash leaves all of it in the journal. */
export const OPEN_RUN_FRAMES = JOURNAL_RECORDS / 2;
const RECORD_BYTES = 64;
const SUM_OFFSET = 60;
/** So that a record of zeros has no right sum. */
const SUM_SEED = 0x6a6f_7572;

/** The order is that of the file: new causes go to the end. */
const CAUSES: readonly GapCause[] = [
  'ring-full',
  'network',
  'camera',
  'camera-lost',
  'failover',
  'disk',
  'worker',
  'untriggered',
  'crash',
  'control',
];
const KINDS = ['frame', 'gap'] as const;

interface JournalPlace {
  /** Rises by one a record. */
  readonly order: bigint;
  /** Counts the cameras of the session, from 0. */
  readonly camera: number;
  /** Null of a gap whose place in the stream is not known. */
  readonly blockId: bigint | null;
}

/** `number`: as in `FrameRecord`. */
export interface JournalFrame extends JournalPlace {
  readonly kind: 'frame';
  readonly number: number;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
}

export interface JournalGap extends JournalPlace {
  readonly kind: 'gap';
  readonly cause: GapCause;
  readonly frames: number;
}

export type JournalRecord = JournalFrame | JournalGap;

type Unplaced<T extends JournalRecord> = Omit<T, 'order' | 'kind' | 'camera'>;

export class FrameJournal {
  readonly #sessionId: string;
  readonly #session: number;
  #file: string;
  #mapped: Uint8Array | null;
  #fd: number | null;
  readonly #record = new DataView(new ArrayBuffer(RECORD_BYTES));
  readonly #bytes = new Uint8Array(this.#record.buffer);
  #order = 0n;
  #camera = 0;

  /** Makes the journal of a session in its `folder`. Throws the system's errors. */
  constructor(folder: string, sessionId: string) {
    this.#file = join(folder, JOURNAL_FILE);
    this.#sessionId = sessionId;
    this.#session = shortIdOf(sessionId);
    const bytes = JOURNAL_RECORDS * RECORD_BYTES;
    const fd = openSync(this.#file, 'wx+');
    try {
      // Written, so that no store has to wait for a block of the disk or finds none.
      const zeros = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) done += writeSync(fd, zeros, done, bytes - done, done);
      fsyncSync(fd);
      this.#mapped = nativeAddon()?.mapFile(fd, bytes) ?? null;
    } catch (error) {
      closeSync(fd);
      unlinkSync(this.#file);
      throw error;
    }
    if (this.#mapped === null) this.#fd = fd;
    else {
      closeSync(fd);
      this.#fd = null;
    }
  }

  /** Frames and gaps from here on are of the session's next camera. */
  nextCamera(): void {
    this.#camera++;
  }

  frame({ number, blockId, startUtcNs, endUtcNs }: Unplaced<JournalFrame>): void {
    this.#begin('frame', blockId);
    const record = this.#record;
    record.setBigUint64(16, BigInt(number), true);
    record.setBigInt64(32, BigInt.asIntN(64, startUtcNs), true);
    record.setBigInt64(40, BigInt.asIntN(64, endUtcNs), true);
    this.#write();
  }

  gap({ cause, blockId, frames }: Unplaced<JournalGap>): void {
    this.#begin('gap', blockId);
    this.#record.setUint8(10, CAUSES.indexOf(cause));
    this.#record.setBigUint64(16, BigInt(frames), true);
    this.#write();
  }

  /**
   * Goes on in another `folder` of the session, with what was begun from frame `firstNumber` on: those before it have their rows.
   * Throws the system's errors; then it stays where it was.
   */
  moveTo(folder: string, firstNumber: number): void {
    const next = new FrameJournal(folder, this.#sessionId);
    const oldest = this.#order > BigInt(JOURNAL_RECORDS) ? this.#order - BigInt(JOURNAL_RECORDS) + 1n : 1n;
    let copying = false;
    for (let order = oldest; order <= this.#order; order++) {
      const at = placeOf(order);
      const bytes = this.#recordAt(at);
      const record = recordAt(new DataView(bytes.buffer, bytes.byteOffset, RECORD_BYTES), 0);
      copying ||= record?.kind === 'frame' && record.number >= firstNumber;
      if (copying) next.#put(bytes, at);
    }
    this.remove();
    this.#file = next.#file;
    this.#mapped = next.#mapped;
    this.#fd = next.#fd;
  }

  /** Everything that it names is in the index: it is removed. */
  remove(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    removeJournal(this.#file);
  }

  #begin(kind: JournalRecord['kind'], blockId: bigint | null): void {
    const record = this.#record;
    this.#bytes.fill(0);
    record.setBigUint64(0, ++this.#order, true);
    record.setUint8(8, KINDS.indexOf(kind));
    record.setUint8(9, blockId === null ? 1 : 0);
    record.setUint8(11, this.#camera & 0xff);
    record.setUint32(12, this.#session, true);
    record.setBigUint64(24, BigInt.asUintN(64, blockId ?? 0n), true);
  }

  #write(): void {
    this.#record.setUint32(SUM_OFFSET, sumOf(this.#record, 0), true);
    this.#put(this.#bytes, placeOf(this.#order));
  }

  #put(bytes: Uint8Array, at: number): void {
    if (this.#mapped !== null) this.#mapped.set(bytes, at);
    else if (this.#fd !== null) writeSync(this.#fd, bytes, 0, RECORD_BYTES, at);
  }

  #recordAt(at: number): Uint8Array {
    if (this.#mapped !== null) return this.#mapped.slice(at, at + RECORD_BYTES);
    const bytes = new Uint8Array(RECORD_BYTES);
    if (this.#fd !== null) readSync(this.#fd, bytes, 0, RECORD_BYTES, at);
    return bytes;
  }
}

/** Where the record of that order stands in the file. */
function placeOf(order: bigint): number {
  return Number((order - 1n) % BigInt(JOURNAL_RECORDS)) * RECORD_BYTES;
}

function shortIdOf(sessionId: string): number {
  return Number.parseInt(shortSessionId(sessionId), 16) >>> 0;
}

function sumOf(record: DataView, at: number): number {
  let sum = SUM_SEED;
  for (let word = 0; word < SUM_OFFSET; word += 4) {
    sum = (Math.imul(sum ^ record.getUint32(at + word, true), 0x0100_0193) ^ (sum >>> 13)) >>> 0;
  }
  return sum;
}

export interface ReadJournal {
  /** In the order in which they were written. */
  readonly records: readonly JournalRecord[];
  /** Records that a crash tore. */
  readonly torn: number;
}

/** The journal that a session left in its folder; null where there is none. Throws `storage.not-a-file`, and the system's errors. */
export function readJournal(folder: string, sessionId: string): ReadJournal | null {
  const bytes = readIfThere(join(folder, JOURNAL_FILE), 'the journal of a session');
  if (bytes === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: JournalRecord[] = [];
  let torn = 0;
  for (let at = 0; at + RECORD_BYTES <= bytes.byteLength; at += RECORD_BYTES) {
    if (isUnused(view, at)) continue;
    const isWhole = view.getUint32(at + SUM_OFFSET, true) === sumOf(view, at);
    const record = isWhole && view.getUint32(at + 12, true) === shortIdOf(sessionId) ? recordAt(view, at) : null;
    if (record === null) torn++;
    else records.push(record);
  }
  records.sort((a, b) => Number(a.order - b.order));
  return { records, torn };
}

function isUnused(view: DataView, at: number): boolean {
  for (let word = 0; word < RECORD_BYTES; word += 4) if (view.getUint32(at + word) !== 0) return false;
  return true;
}

function recordAt(view: DataView, at: number): JournalRecord | null {
  const order = view.getBigUint64(at, true);
  const kind = KINDS[view.getUint8(at + 8)];
  const blockId = view.getUint8(at + 9) === 1 ? null : view.getBigUint64(at + 24, true);
  const camera = view.getUint8(at + 11);
  const number = Number(view.getBigUint64(at + 16, true));
  if (kind === 'frame') {
    const [startUtcNs, endUtcNs] = [view.getBigInt64(at + 32, true), view.getBigInt64(at + 40, true)];
    return { kind, order, camera, blockId, number, startUtcNs, endUtcNs };
  }
  const cause = CAUSES[view.getUint8(at + 10)];
  if (kind !== 'gap' || cause === undefined || !Object.hasOwn(GAP_CAUSES, cause)) return null;
  return { kind, order, camera, blockId, cause, frames: number };
}

/** Removes a journal whose records are all rows now; `file` is its path. Gone already is fine. */
export function removeJournal(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error))) throw error;
  }
}
