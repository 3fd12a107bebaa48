/**
 * The status section of a frame: the standard's entries where their values are known, two of ours for what the standard has no
 * place for, and the whole record as text, so that the index can be made again from the file alone.
 */
import { decodeQhyHeader, QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import { StorageError } from '../errors.js';
import type { FrameRecord } from '../frame-record.js';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';
import { utf8Within } from './adv-bytes.js';
import { ADV_EPOCH_NS, FIX, LONGEST_EXPOSURE_NS, STATUS_HEAD_BYTES, TAG_TYPES } from './adv-words.js';

/** Name of the entry that holds the record. */
export const RECORD_TAG = 'APPULSE-FRAME';

/** Entries in the order of their index. SystemTime and the counts are the standard's; UtcAccuracyNs and ExposureNs are ours. */
export const STATUS_TAGS = [
  ['SystemTime', TAG_TYPES.int64],
  ['VideoCameraFrameId', TAG_TYPES.int64],
  ['HardwareTimerFrameId', TAG_TYPES.int64],
  ['SatelliteFixStatus', TAG_TYPES.int8],
  ['Gain', TAG_TYPES.real],
  ['Shutter', TAG_TYPES.real],
  ['Offset', TAG_TYPES.real],
  ['Error', TAG_TYPES.utf8],
  ['UtcAccuracyNs', TAG_TYPES.int64],
  ['ExposureNs', TAG_TYPES.int64],
  [RECORD_TAG, TAG_TYPES.utf8],
] as const;

type TagName = (typeof STATUS_TAGS)[number][0];
const INDEX_OF = Object.fromEntries(STATUS_TAGS.map(([name], i) => [name, i])) as Record<TagName, number>;

const RECORD_LIMIT = 60_000;
const ERROR_LIMIT = 4096;
/** Of a text in a record that is too long. */
const LONG_TEXT = 1000;
const INT64_MAX = (1n << 63n) - 1n;
/** What a status takes at most, with its length in front. */
export const STATUS_LIMIT_BYTES = 4 + STATUS_HEAD_BYTES + RECORD_LIMIT + ERROR_LIMIT + 128;

/** What a frame's entry of text holds. */
export interface KeptFrame {
  readonly record: FrameRecord;
  readonly dataSum: number | null;
  /** Missing ranges that the entry had no room for; left out: none. */
  readonly missingCut?: number;
}

/** Writes the length of the status and the status at `at`; returns their bytes. */
export function writeStatus(target: Uint8Array, at: number, record: FrameRecord, dataSum: number | null): number {
  const out = new StatusWriter(target, at);
  const { time } = record;
  const sinceEpoch = time.midUtcNs - ADV_EPOCH_NS;
  // Zero means that there is no time.
  out.head(sinceEpoch > 0n ? sinceEpoch : 0n, time.exposureNs);
  out.int64('SystemTime', record.receivedNs - ADV_EPOCH_NS);
  out.int64('VideoCameraFrameId', time.sequence === null ? record.blockId : BigInt(time.sequence));
  if (time.sequence !== null && time.rawHeader !== null) out.int64('HardwareTimerFrameId', BigInt(time.sequence));
  out.int8('SatelliteFixStatus', fixStatusOf(record));
  if (record.gain !== null) out.real('Gain', record.gain);
  out.real('Shutter', Number(time.exposureNs) / 1e9);
  if (record.offset !== null) out.real('Offset', record.offset);
  const errors = errorsOf(record);
  if (errors.length > 0) out.text('Error', utf8Within(errors.join(' '), ERROR_LIMIT));
  out.int64('UtcAccuracyNs', time.uncertaintyNs);
  if (time.exposureNs >= LONGEST_EXPOSURE_NS) out.int64('ExposureNs', time.exposureNs);
  out.text(RECORD_TAG, keptText(record, dataSum));
  return out.finish();
}

/** A view over the record buffer as a Buffer, whose writes of numbers and text are the fast ones. */
class StatusWriter {
  readonly #out: Buffer;
  readonly #start: number;
  #at: number;
  #count = 0;

  constructor(target: Uint8Array, at: number) {
    this.#out = Buffer.from(target.buffer, target.byteOffset, target.byteLength);
    this.#start = at;
    this.#at = at + 4 + STATUS_HEAD_BYTES;
  }

  head(midNs: bigint, exposureNs: bigint): void {
    const exposure = exposureNs < LONGEST_EXPOSURE_NS ? exposureNs : LONGEST_EXPOSURE_NS;
    this.#out.writeBigUInt64LE(midNs, this.#start + 4);
    this.#out.writeUInt32LE(Number(exposure > 0n ? exposure : 0n), this.#start + 12);
  }

  #begin(name: TagName): void {
    this.#out[this.#at++] = INDEX_OF[name];
    this.#count++;
  }

  int8(name: TagName, value: number): void {
    this.#begin(name);
    this.#out[this.#at++] = value;
  }

  int64(name: TagName, value: bigint): void {
    this.#begin(name);
    this.#at = this.#out.writeBigInt64LE(value > INT64_MAX ? INT64_MAX : value, this.#at);
  }

  real(name: TagName, value: number): void {
    this.#begin(name);
    this.#at = this.#out.writeFloatLE(value, this.#at);
  }

  text(name: TagName, value: string | Buffer): void {
    this.#begin(name);
    const at = this.#at + 2;
    const length = typeof value === 'string' ? this.#out.write(value, at) : value.copy(this.#out, at);
    this.#out.writeUInt16LE(length, this.#at);
    this.#at = at + length;
  }

  finish(): number {
    const length = this.#at - this.#start;
    this.#out.writeUInt32LE(length - 4, this.#start);
    this.#out[this.#start + 4 + STATUS_HEAD_BYTES - 1] = this.#count;
    return length;
  }
}

/** What the standard has one text for: why the time or the pixels are not all that they could be. */
function errorsOf({ time, missing, packetsMissing }: FrameRecord): string[] {
  const errors = [...time.flags];
  if (time.midLeapSecond) errors.push('leap-second');
  if (missing.length > 0 || packetsMissing > 0) errors.push('incomplete');
  return errors;
}

/** Of times that no satellite had a part in, the recorder had no fix. */
function fixStatusOf({ time }: FrameRecord): number {
  if ((time.source !== 'gps-header' && time.source !== 'toupcam-gps') || time.grade === 'untrusted') return FIX.none;
  if (time.grade !== 'locked') return FIX.holdover;
  const { rawHeader } = time;
  if (rawHeader?.byteLength !== QHY_HEADER_BYTES) return FIX.time;
  const { latitudeRaw, longitudeRaw } = decodeQhyHeader(rawHeader);
  return latitudeRaw === 0 && longitudeRaw === 0 ? FIX.time : FIX.timeAndPosition;
}

function keptText(record: FrameRecord, dataSum: number | null): string | Buffer {
  const text = toTaggedJson({ record, dataSum });
  // In UTF-8 a character of a string takes up to three bytes.
  if (3 * text.length <= RECORD_LIMIT) return text;
  const bytes = Buffer.from(text);
  return bytes.byteLength <= RECORD_LIMIT ? bytes : cutText(record, dataSum);
}

/** With as many of the missing ranges as have room, and their number said; texts are cut where they alone are too long. */
function cutText(full: FrameRecord, dataSum: number | null): Buffer {
  const record = Object.fromEntries(
    Object.entries(full).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, LONG_TEXT) : value]),
  ) as unknown as FrameRecord;
  const kept = (count: number): KeptFrame => {
    const missingCut = full.missing.length - count;
    return {
      record: { ...record, missing: full.missing.slice(0, count) },
      dataSum,
      ...(missingCut > 0 ? { missingCut } : {}),
    };
  };
  const room = RECORD_LIMIT - Buffer.byteLength(toTaggedJson(kept(0)));
  const longest = full.missing.reduce((most, range) => Math.max(most, toTaggedJson(range).length + 1), 1);
  return Buffer.from(toTaggedJson(kept(Math.max(0, Math.min(full.missing.length, Math.floor(room / longest))))));
}

/**
 * The frame that `text` of the entry RECORD_TAG holds. Throws StorageError `storage.adv-record` for text that is none: what
 * is read here is used without another look.
 */
export function keptFrame(text: string): KeptFrame {
  let kept: unknown;
  try {
    kept = fromTaggedJson(text);
  } catch (cause) {
    throw notKept('it is no JSON', cause);
  }
  if (!isRecord(kept) || !isRecord(kept.record) || !isRecord(kept.record.time)) throw notKept('it holds no record');
  const { record, dataSum } = kept;
  const isWhole =
    Number.isSafeInteger(record.frameNumber) &&
    typeof record.blockId === 'bigint' &&
    typeof record.receivedNs === 'bigint' &&
    typeof record.cameraId === 'string' &&
    Array.isArray(record.missing) &&
    (dataSum === null || Number.isSafeInteger(dataSum)) &&
    isRecord(record.time) &&
    ['startUtcNs', 'midUtcNs', 'endUtcNs', 'exposureNs', 'uncertaintyNs'].every(
      (name) => isRecord(record.time) && typeof record.time[name] === 'bigint',
    );
  if (!isWhole) throw notKept('fields of the record are missing');
  return kept as unknown as KeptFrame;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function notKept(why: string, cause?: unknown): StorageError {
  return new StorageError('storage.adv-record', `the entry ${RECORD_TAG} of a frame cannot be read: ${why}`, { cause });
}
