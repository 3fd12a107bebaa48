/**
 * The whole record of a frame as a text in its status, so that a file alone gives every column of the index back; and what of
 * such a text can be believed.
 */
import { GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { StorageError } from '../errors.js';
import type { FrameRecord } from '../frame-record.js';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';

/** Name of the entry that holds the record. */
export const RECORD_TAG = 'APPULSE-FRAME';
/** Bytes of the text; ADV has 65,535 for one. */
export const RECORD_LIMIT = 60_000;
/** Of a text in a record that is too long. */
const LONG_TEXT = 1000;

/** What a frame's entry of text holds. */
export interface KeptFrame {
  readonly record: FrameRecord;
  readonly dataSum: number | null;
  /** Missing ranges that the entry had no room for; left out: none. */
  readonly missingCut?: number;
}

/** What stands in the entry, at most RECORD_LIMIT bytes of UTF-8. */
export function keptText(record: FrameRecord, dataSum: number | null): string | Buffer {
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
 * The frame that `text` of the entry RECORD_TAG holds. Throws StorageError `storage.adv-record` for text that is none: every field that the
 * index takes is looked at, because nothing else proves what a damaged disk says.
 */
export function keptFrame(text: string): KeptFrame {
  let kept: unknown;
  try {
    kept = fromTaggedJson(text);
  } catch (cause) {
    throw notKept('it is no JSON', cause);
  }
  const wrong = firstWrong(kept);
  if (wrong !== null) throw notKept(`${wrong} is missing or of another kind`);
  return kept as KeptFrame;
}

const isCount = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isInstant = (value: unknown) => typeof value === 'bigint';
const isFlag = (value: unknown) => typeof value === 'boolean';
const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);

const RECORD_FIELDS: readonly (readonly [(value: unknown) => boolean, readonly string[]])[] = [
  [isText, ['sessionId', 'stationId', 'cameraId', 'cameraName', 'pixelFormat', 'frameType']],
  [isCount, ['frameNumber', 'width', 'height', 'offsetX', 'offsetY', 'bitDepth', 'sampleBytes', 'packetsMissing']],
  [isCount, ['packetsResent', 'binningX', 'binningY', 'softwareBinning']],
  [isInstant, ['blockId', 'receivedNs']],
  [orNull(isNumber), ['gain', 'offset', 'sensorTemperatureC']],
  [orNull(isText), ['readMode', 'filter', 'object', 'observer', 'telescope']],
  [orNull(isFields), ['statistics', 'site']],
  [(value) => Array.isArray(value) && value.every(isRange), ['missing']],
];
const TIME_FIELDS: typeof RECORD_FIELDS = [
  [isInstant, ['startUtcNs', 'midUtcNs', 'endUtcNs', 'exposureNs', 'uncertaintyNs']],
  [isFlag, ['leapSecond', 'midLeapSecond', 'endLeapSecond']],
  [(value) => (TIME_SOURCES as readonly unknown[]).includes(value), ['source']],
  [(value) => (GRADES as readonly unknown[]).includes(value), ['grade']],
  [(value) => Array.isArray(value) && value.every((flag) => /^[a-z0-9-]{1,60}$/.test(String(flag))), ['flags']],
  [orNull((value) => value instanceof Uint8Array), ['rawHeader']],
  [(value) => value === undefined || value instanceof Uint8Array, ['libraryInfo']],
  [orNull(isCount), ['sequence']],
  [isFields, ['rows']],
];

/** The name of the first field that is not what a record has there. */
function firstWrong(kept: unknown): string | null {
  if (!isFields(kept) || !orNull(isCount)(kept.dataSum)) return 'the sum';
  const { record } = kept;
  if (!isFields(record) || !isFields(record.time)) return 'the record';
  return wrongOf(record, RECORD_FIELDS) ?? wrongOf(record.time, TIME_FIELDS);
}

function wrongOf(fields: Readonly<Record<string, unknown>>, table: typeof RECORD_FIELDS): string | null {
  for (const [is, names] of table) {
    const wrong = names.find((name) => !is(fields[name]));
    if (wrong !== undefined) return wrong;
  }
  return null;
}

function isRange(value: unknown): boolean {
  return isFields(value) && isCount(value.offset) && isCount(value.length);
}

/** The record that a frame of ours holds; null in files of others, and where it cannot be read. */
export function recordOf({ status }: { readonly status: ReadonlyMap<string, unknown> }): FrameRecord | null {
  const text = status.get(RECORD_TAG);
  if (typeof text !== 'string') return null;
  try {
    return keptFrame(text).record;
  } catch {
    return null;
  }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function notKept(why: string, cause?: unknown): StorageError {
  return new StorageError('storage.adv-record', `the entry ${RECORD_TAG} of a frame cannot be read: ${why}`, { cause });
}
