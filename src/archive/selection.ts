/** Which frames of a data folder a user means: the words that every command and every question on recorded frames shares. */
import { GRADES } from '#gps/frame-time.js';
import { TIME_FLAGS } from '#gps/judge/time-flags.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { type Bound, type FrameFilter, MEASURES, type Measure } from '#storage/index/frame-filter.js';
import type { IndexReader } from '#storage/index/queries.js';
import { FRAME_STATES } from '#storage/index/schema.js';
import { findCamera, findSession } from './find-session.js';
import { instantOption, withinIndex } from './instant-option.js';

/** As a command line or a query has it: all of it text. */
export interface SelectionOptions extends Readonly<Record<string, unknown>> {
  readonly session?: string;
  readonly camera?: string;
  readonly from?: string;
  readonly to?: string;
  readonly frames?: string;
  readonly grade?: string;
  readonly flag?: readonly string[];
  readonly state?: string;
  readonly incomplete?: boolean;
  readonly type?: string;
  readonly filter?: string;
}

/** The frames that the options choose of an index. @throws UsageError with a code for each option, as `usage.frames` */
export function selectionOf(index: IndexReader, options: SelectionOptions): FrameFilter {
  const { session = 'latest', camera, frames, grade, flag, state, type, filter } = options;
  const measures = measuresOf(options);
  // What was not given is left out; the rest is a filter.
  return defined({
    sessionId: session === 'all' ? undefined : findSession(index, session).id,
    cameraId: camera === undefined ? undefined : findCamera(index, camera).id,
    ...timeRangeOf(options),
    ...(frames === undefined ? {} : frameRange(frames)),
    grade: oneOf('grade', grade, GRADES),
    flags: flag?.map((word) => oneOf('flag', word, Object.keys(TIME_FLAGS)) as string),
    state: oneOf('state', state, FRAME_STATES),
    incomplete: options.incomplete === true ? true : undefined,
    frameType: oneOf('type', type, FRAME_TYPES),
    filter,
    measures: Object.keys(measures).length === 0 ? undefined : measures,
  });
}

/** The instants of `--from` and `--to`, where they are given. @throws UsageError `usage.time`, `usage.duration` */
export function timeRangeOf({
  from,
  to,
}: Pick<SelectionOptions, 'from' | 'to'>): Pick<FrameFilter, 'fromUtcNs' | 'toUtcNs'> {
  const fromUtcNs = from === undefined ? undefined : instantOption('--from', from);
  const toUtcNs = to === undefined ? undefined : endOf(to, fromUtcNs);
  if (fromUtcNs !== undefined && toUtcNs !== undefined && toUtcNs <= fromUtcNs) {
    throw new UsageError('usage.time', `--to ${to} is not after --from ${from}`);
  }
  return defined({ fromUtcNs, toUtcNs });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function oneOf<T extends string>(option: string, word: string | undefined, known: readonly T[]): T | undefined {
  if (word === undefined) return undefined;
  const found = known.find((each) => each === word);
  if (found === undefined) {
    throw new UsageError(`usage.${option}`, `--${option} ${word}: one of ${known.join(', ')}`);
  }
  return found;
}

/** `10..200`, `10..`, `..200` or `7`. */
function frameRange(text: string): Pick<FrameFilter, 'firstFrame' | 'lastFrame'> {
  const [, first = '', dots, last = ''] = /^(\d{0,15})(?:(\.\.)(\d{0,15}))?$/.exec(text.trim()) ?? [];
  const end = dots === undefined ? first : last;
  const [low, high] = [Number(first === '' ? 1 : first), Number(end === '' ? Number.MAX_SAFE_INTEGER : end)];
  if ((first === '' && end === '') || low < 1 || high < low) {
    throw new UsageError('usage.frames', `--frames ${text}: numbers from 1 on, such as 10..200, 10.., ..200 or 7`);
  }
  return { firstFrame: low, lastFrame: high };
}

function measuresOf(options: SelectionOptions): { [K in Measure]?: Bound[] } {
  const measures: { [K in Measure]?: Bound[] } = {};
  for (const measure of Object.keys(MEASURES) as Measure[]) {
    const text = options[measure];
    if (typeof text === 'string') measures[measure] = text.split(',').flatMap((part) => boundsOf(measure, part));
  }
  return measures;
}

const NUMBER = String.raw`([+-]?\d+(?:\.\d+)?)`;
const BOUND = new RegExp(`^(>=|<=|>|<|=)?\\s*${NUMBER}$`);
const BETWEEN = new RegExp(`^${NUMBER}?\\.\\.${NUMBER}?$`);

/** `>=120`, `<5`, `=3` or `3`, `10..20` with both ends. */
function boundsOf(option: string, text: string): Bound[] {
  const bound = BOUND.exec(text.trim());
  if (bound !== null) return [{ is: (bound[1] ?? '=') as Bound['is'], value: Number(bound[2]) }];
  const [, low, high] = BETWEEN.exec(text.trim()) ?? [];
  const bounds: Bound[] = [];
  if (low !== undefined) bounds.push({ is: '>=', value: Number(low) });
  if (high !== undefined) bounds.push({ is: '<=', value: Number(high) });
  if (bounds.length === 0 || (low !== undefined && high !== undefined && Number(low) > Number(high))) {
    throw new UsageError(
      `usage.${option}`,
      `--${option} ${text}: write bounds as ">=120", "<5", 3 or 10..20, several with commas between`,
    );
  }
  return bounds;
}

/** An instant, or a duration after `fromUtcNs`. */
function endOf(text: string, fromUtcNs: bigint | undefined): bigint {
  if (fromUtcNs !== undefined && /^[\d.]+[a-z]+$/.test(text)) return withinIndex(fromUtcNs + parseDuration(text));
  return instantOption('--to', text);
}
