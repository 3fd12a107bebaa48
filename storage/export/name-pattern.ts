/**
 * File names by a pattern such as `{object}_{type}_{exposure}_{utc}_{counter:4}`. What a field brings is made safe for every file
 * system; what stands between the fields is the user's, and may not leave the folder either.
 */
import { StorageError } from '../errors.js';

/** The fields, and what they are. */
export const PATTERN_FIELDS = {
  camera: "the camera's name",
  session: 'the last eight characters of the identifier of the session',
  object: 'what was observed',
  observer: 'who observed',
  telescope: 'telescope or lens',
  filter: 'the filter',
  type: 'light, dark, bias or flat',
  exposure: 'exposure time in seconds, as 0.040s',
  gain: 'gain as the camera names it',
  temperature: 'of the sensor in degrees Celsius',
  binning: 'as 2x2',
  utc: 'start of exposure, as 20261120T192103.250Z',
  date: 'its date, as 20261120',
  time: 'its time, as 192103.250',
  frame: 'number of the frame in its session',
  block: 'block id of the stream',
  counter: 'counts the files, from 1 or on from those that are there',
} as const;
export type PatternField = keyof typeof PATTERN_FIELDS;

/** What fields bring; text where it is missing stays out with a dash. */
export type PatternValues = { readonly [Field in PatternField]: string | number | bigint | null };

/** Fields that count: they take a number of digits, `{counter:4}`. */
const COUNTING: readonly PatternField[] = ['counter', 'frame', 'block'];

interface Field {
  readonly field: PatternField;
  readonly digits: number;
}
type Part = string | Field;

const MOST_DIGITS = 18;
/** Bytes that file systems take for a name, less what is put behind it. */
const LONGEST_NAME = 200;
/** Of them, those that the pattern's own text may take. */
const LONGEST_TEXT = 100;
/** Fields that tell frames apart: where a name is too long, it is the others that are cut. */
const NEVER_CUT: readonly PatternField[] = ['counter', 'frame', 'block', 'utc', 'date', 'time', 'session'];

/** Letters, digits and a few signs stay; anything else becomes a dash. No name begins with a dot. */
export function safeName(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._+-]+/gu, '-')
    .replace(/^[.-]+|-+$/g, '');
}

export class NamePattern {
  readonly #parts: readonly Part[];
  readonly text: string;

  /** Throws StorageError `export.pattern` for a field that is not known, or text that no file name may hold. */
  constructor(text: string) {
    this.text = text;
    this.#parts = [...parts(text)];
    if (this.#parts.length === 0) throw wrong(text, 'it is empty');
    const own = this.#parts.reduce((sum, part) => sum + (typeof part === 'string' ? bytesOf(part) : 0), 0);
    if (own > LONGEST_TEXT) throw wrong(text, `its own text has ${own} bytes: at most ${LONGEST_TEXT}`);
  }

  has(field: PatternField): boolean {
    return this.#parts.some((part) => typeof part === 'object' && part.field === field);
  }

  /** The name of a file, without its extension. */
  name(values: PatternValues): string {
    const texts = this.#parts.map((part) => (typeof part === 'string' ? part : valueText(part, values)));
    const cuttable = this.#parts.flatMap((part, i) =>
      typeof part === 'string' || NEVER_CUT.includes(part.field) ? [] : [i],
    );
    let over = bytesOf(texts.join('')) - LONGEST_NAME;
    // The longest first, so that short ones stay whole.
    for (const i of cuttable.sort((a, b) => bytesOf(texts[b] ?? '') - bytesOf(texts[a] ?? ''))) {
      if (over <= 0) break;
      const before = texts[i] ?? '';
      const cut = cutTo(before, Math.max(1, bytesOf(before) - over));
      texts[i] = cut;
      over -= bytesOf(before) - bytesOf(cut);
    }
    return cutTo(texts.join(''), LONGEST_NAME);
  }

  /** Finds the counter in any name of this pattern, whatever its other fields hold; null where it has none. */
  get counter(): RegExp | null {
    if (!this.has('counter')) return null;
    const text = this.#parts.map((part) => {
      if (typeof part === 'string') return escaped(part);
      return part.field === 'counter' ? '(\\d+)' : '.*';
    });
    return new RegExp(`^${text.join('')}$`, 'u');
  }
}

function* parts(text: string): Generator<Part, void> {
  for (const piece of text.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue;
    const match = /^\{([a-z]+)(?::(\d+))?\}$/.exec(piece);
    if (match === null) {
      if (/[{}]/.test(piece)) throw wrong(text, `'${piece}' is no field: write {field} or {field:digits}`);
      if (safeName(`x${piece}x`) !== `x${piece}x`) throw wrong(text, `'${piece}' may not stand in a file name`);
      yield piece;
      continue;
    }
    const [, name = '', digits] = match;
    const field = Object.hasOwn(PATTERN_FIELDS, name) ? (name as PatternField) : null;
    if (field === null) {
      throw wrong(text, `there is no field ${name}; there are ${Object.keys(PATTERN_FIELDS).join(', ')}`);
    }
    if (digits !== undefined && !(COUNTING.includes(field) && Number(digits) >= 1 && Number(digits) <= MOST_DIGITS)) {
      throw wrong(text, `${piece}: 1 to ${MOST_DIGITS} digits, of ${COUNTING.join(', ')} only`);
    }
    yield { field, digits: Number(digits ?? 1) };
  }
}

function valueText({ field, digits }: Field, values: PatternValues): string {
  const value = values[field];
  if (value === null) return 'none';
  const text = COUNTING.includes(field) ? String(value).padStart(digits, '0') : safeName(String(value));
  return text === '' ? 'none' : text;
}

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** The beginning of `text` that fits into so many bytes. */
function cutTo(text: string, most: number): string {
  const bytes = Buffer.from(text);
  // A cut within a character would leave half of it.
  return bytes.byteLength <= most ? text : bytes.toString('utf8', 0, most).replace(/\uFFFD$/, '');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');

function wrong(pattern: string, why: string): StorageError {
  return new StorageError('export.pattern', `the pattern ${pattern}: ${why}`, { context: { pattern } });
}
