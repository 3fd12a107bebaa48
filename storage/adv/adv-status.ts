/**
 * The status section of a frame: the standard's entries where their values are known, some of ours for what the standard has no
 * place for, and the whole record as text, so that the index can be made again from the file alone.
 */
import { GRADES } from '#gps/frame-time.js';
import { decodeQhyHeader, QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import type { FrameRecord } from '../frame-record.js';
import { keptText, RECORD_LIMIT, RECORD_TAG } from './adv-record.js';
import { ADV_EPOCH_NS, FIX, LONGEST_EXPOSURE_NS, STATUS_HEAD_BYTES, TAG_TYPES } from './adv-words.js';

/**
 * Entries in the order of their index; UtcAccuracyNs, ExposureNs, PacketsMissing and TimeGrade are ours. There is one text, and it is
 * the last: ADVCore, the library in which PyMovie and Tangra read, skips the length of a text twice, so what stands behind one is lost
 * to it, or takes it down. That is why there is no Error.
 */
export const STATUS_TAGS = [
  ['SystemTime', TAG_TYPES.int64],
  ['VideoCameraFrameId', TAG_TYPES.int64],
  ['HardwareTimerFrameId', TAG_TYPES.int64],
  ['UtcAccuracyNs', TAG_TYPES.int64],
  ['ExposureNs', TAG_TYPES.int64],
  ['PacketsMissing', TAG_TYPES.int32],
  ['SatelliteFixStatus', TAG_TYPES.int8],
  ['TimeGrade', TAG_TYPES.int8],
  ['Gain', TAG_TYPES.real],
  ['Shutter', TAG_TYPES.real],
  ['Offset', TAG_TYPES.real],
  [RECORD_TAG, TAG_TYPES.utf8],
] as const;

type TagName = (typeof STATUS_TAGS)[number][0];
const INDEX_OF = Object.fromEntries(STATUS_TAGS.map(([name], i) => [name, i])) as Record<TagName, number>;

const INT64_MAX = (1n << 63n) - 1n;
/** What a status takes at most, with its length in front. */
export const STATUS_LIMIT_BYTES = 4 + STATUS_HEAD_BYTES + RECORD_LIMIT + 128;

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
  out.int64('UtcAccuracyNs', time.uncertaintyNs);
  if (time.exposureNs >= LONGEST_EXPOSURE_NS) out.int64('ExposureNs', time.exposureNs);
  out.int32('PacketsMissing', record.packetsMissing);
  out.int8('SatelliteFixStatus', fixStatusOf(record));
  out.int8('TimeGrade', GRADES.indexOf(time.grade));
  if (record.gain !== null) out.real('Gain', record.gain);
  out.real('Shutter', Number(time.exposureNs) / 1e9);
  if (record.offset !== null) out.real('Offset', record.offset);
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

  int32(name: TagName, value: number): void {
    this.#begin(name);
    this.#at = this.#out.writeInt32LE(Math.min(value, 0x7fff_ffff), this.#at);
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

/** Of times that no satellite had a part in, the recorder had no fix. */
function fixStatusOf({ time }: FrameRecord): number {
  if ((time.source !== 'gps-header' && time.source !== 'toupcam-gps') || time.grade === 'untrusted') return FIX.none;
  if (time.grade !== 'locked') return FIX.holdover;
  const { rawHeader } = time;
  if (rawHeader?.byteLength !== QHY_HEADER_BYTES) return FIX.time;
  const { latitudeRaw, longitudeRaw } = decodeQhyHeader(rawHeader);
  return latitudeRaw === 0 && longitudeRaw === 0 ? FIX.time : FIX.timeAndPosition;
}
