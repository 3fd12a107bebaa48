/** Which frames a question is about, and the SQL of that. */
import type { Grade } from '#gps/frame-time.js';
import type { FrameType } from '../frame-record.js';
import type { FrameState } from './schema.js';

/** What a frame can be chosen by the value of, and its column. A frame without the value is never chosen. */
export const MEASURES = {
  min: 'adu_min',
  max: 'adu_max',
  mean: 'adu_mean',
  median: 'adu_median',
  stddev: 'adu_stddev',
  saturated: 'saturated',
  temperature: 'sensor_temperature_c',
  gain: 'gain',
} as const;
export type Measure = keyof typeof MEASURES;

/** `{ is: '>=', value: 120 }`. */
export interface Bound {
  readonly is: '>=' | '<=' | '>' | '<' | '=';
  readonly value: number;
}

/** What is left out is not asked for. Times are of the start of exposure: from, inclusive, to, exclusive. */
export interface FrameFilter {
  readonly sessionId?: string;
  readonly cameraId?: string;
  readonly fromUtcNs?: bigint;
  readonly toUtcNs?: bigint;
  /** Numbers in the session, both inclusive. */
  readonly firstFrame?: number;
  readonly lastFrame?: number;
  readonly grade?: Grade;
  /** Frames whose times have all of these flags. */
  readonly flags?: readonly string[];
  readonly state?: FrameState;
  /** Only frames with missing bytes. */
  readonly incomplete?: boolean;
  readonly frameType?: FrameType;
  /** The filter before the camera. */
  readonly filter?: string;
  /** Each measure within all of its bounds. */
  readonly measures?: { readonly [K in Measure]?: readonly Bound[] };
}

/** Conditions that hold together, and what stands for their question marks. */
export class Conditions {
  readonly #parts: string[] = [];
  readonly values: (bigint | number | string)[] = [];

  /** Adds `sql` with its one value, unless that is undefined. */
  add(sql: string, value: bigint | number | string | undefined): this {
    if (value === undefined) return this;
    this.#parts.push(sql);
    this.values.push(value);
    return this;
  }

  /** Adds `sql` as it is. */
  addText(sql: string): this {
    this.#parts.push(sql);
    return this;
  }

  /** `WHERE ...`, or nothing. */
  get where(): string {
    return this.#parts.length === 0 ? '' : `WHERE ${this.#parts.join(' AND ')}`;
  }
}

/** How a time range is looked up. `keys`: by the keys of its frames, put in order. `plain`: row by row in the order of keys. */
export type RangeSearch = 'keys' | 'plain';

/** The conditions of `filter` on the table frames. */
export function frameConditions(filter: FrameFilter, search: RangeSearch): Conditions {
  const conditions = new Conditions();
  conditions.add('frames.session_key = (SELECT key FROM sessions WHERE id = ?)', filter.sessionId);
  conditions.add('frames.camera_key = (SELECT key FROM cameras WHERE id = ?)', filter.cameraId);
  addRange(conditions, filter, search);
  conditions.add('frames.number >= ?', filter.firstFrame).add('frames.number <= ?', filter.lastFrame);
  conditions.add('frames.grade = ?', filter.grade);
  // The indexes of rare frames are used where these conditions stand beside the others.
  if (filter.grade !== undefined && filter.grade !== 'locked') conditions.addText("frames.grade <> 'locked'");
  for (const flag of filter.flags ?? []) conditions.add("instr(' ' || frames.flags || ' ', ?) > 0", ` ${flag} `);
  conditions.add('frames.state = ?', filter.state);
  if (filter.incomplete === true) conditions.addText('(frames.bytes_missing > 0 OR frames.packets_missing > 0)');
  conditions.add('frames.frame_type = ?', filter.frameType);
  if (filter.frameType !== undefined && filter.frameType !== 'light')
    conditions.addText("frames.frame_type <> 'light'");
  conditions.add('frames.filter = ?', filter.filter);
  for (const [measure, bounds] of Object.entries(filter.measures ?? {}) as [Measure, readonly Bound[]][]) {
    for (const { is, value } of bounds) conditions.add(`frames.${MEASURES[measure]} ${is} ?`, value);
  }
  return conditions;
}

function addRange(conditions: Conditions, { fromUtcNs, toUtcNs }: FrameFilter, search: RangeSearch): void {
  if (search === 'keys' && fromUtcNs !== undefined && toUtcNs !== undefined) {
    // The keys first: they are put in order cheaper than whole rows.
    conditions.addText('frames.key IN (SELECT key FROM frames WHERE start_utc_ns >= ? AND start_utc_ns < ?)');
    conditions.values.push(fromUtcNs, toUtcNs);
    return;
  }
  // The plus keeps SQLite from the index by time: an open range must keep the order of keys, or a night is sorted.
  conditions.add('+frames.start_utc_ns >= ?', fromUtcNs).add('+frames.start_utc_ns < ?', toUtcNs);
}
