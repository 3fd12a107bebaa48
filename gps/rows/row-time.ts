/**
 * When a row, a pixel or a streak of an image was exposed. All of it follows from a frame's time and its row model; the
 * arithmetic goes by TAI, so that a leap second in mid-frame is a second.
 */

import { taiToUtc, utcToTai } from '../clocks/leap-seconds.js';
import { AppulseError } from '../errors.js';
import type { FrameTime } from '../frame-time.js';
import { lineOffsetNs, lineOfRow } from './row-model.js';

export interface RowTime {
  /** Start, middle and end of exposure; of a row binned from several lines, of the first of them that was read. */
  readonly startUtcNs: bigint;
  readonly midUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** True where `startUtcNs` falls into a leap second. */
  readonly leapSecond: boolean;
  /** Bound of the error of each. */
  readonly uncertaintyNs: bigint;
  /** How much later the last line of a binned row was exposed than its first. */
  readonly spreadNs: bigint;
}

/** A place in an image: 0-based, whole numbers are centres of pixels, row 0 is the one that the image shows first. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The exposure of image row `row`, 0 to rows - 1. @throws AppulseError `gps.row-range` */
export function rowTime(time: FrameTime, row: number): RowTime {
  const { rows } = time;
  if (!Number.isInteger(row) || row < 0 || row >= rows.rows) {
    throw new AppulseError('gps.row-range', `the image has rows 0 to ${rows.rows - 1}, not ${row}`);
  }
  const line = lineOfRow(rows, row);
  const later = lineOffsetNs(rows, line) - lineOffsetNs(rows, lineOfRow(rows, 0));
  const startTai = utcToTai(time.startUtcNs, time.leapSecond) + later;
  const start = taiToUtc(startTai);
  const unknown = rows.shutter === 'rolling' && rows.linePeriodNs === null && row !== 0;
  const last = lineOffsetNs(rows, line + rows.linesPerRow - 1) - lineOffsetNs(rows, line);
  return {
    startUtcNs: start.utcNs,
    midUtcNs: taiToUtc(startTai + time.exposureNs / 2n).utcNs,
    endUtcNs: taiToUtc(startTai + time.exposureNs).utcNs,
    leapSecond: start.leapSecond,
    uncertaintyNs: time.uncertaintyNs + (unknown ? rows.readoutBoundNs : 0n),
    spreadNs: last,
  };
}

/** The exposure of the pixel at `place`; between rows the nearest row's. @throws AppulseError `gps.row-range` */
export function pixelTime(time: FrameTime, place: Place): RowTime {
  return rowTime(time, Math.round(place.y));
}

export interface StreakTime {
  /** When the object stood at `from`: the start of exposure of its row. */
  readonly startUtcNs: bigint;
  /** When it stood at `to`: the end of exposure of its row. */
  readonly endUtcNs: bigint;
  readonly uncertaintyNs: bigint;
}

/**
 * When an object that drew a streak began and ended it. `from` is where it was first: which end that is the image does not
 * tell, and with a rolling shutter the streak of the other direction has another length in time.
 * @throws AppulseError `gps.row-range`
 */
export function streakTime(time: FrameTime, from: Place, to: Place): StreakTime {
  const first = pixelTime(time, from);
  const last = pixelTime(time, to);
  const uncertaintyNs = first.uncertaintyNs > last.uncertaintyNs ? first.uncertaintyNs : last.uncertaintyNs;
  return { startUtcNs: first.startUtcNs, endUtcNs: last.endUtcNs, uncertaintyNs };
}

/** From the first start of exposure of any row to the last end. */
export function frameSpan(time: FrameTime): { readonly startUtcNs: bigint; readonly endUtcNs: bigint } {
  const top = rowTime(time, 0);
  const bottom = rowTime(time, time.rows.rows - 1);
  const [first, last] = time.rows.rowDirection === 'top-down' ? [top, bottom] : [bottom, top];
  return { startUtcNs: first.startUtcNs, endUtcNs: last.endUtcNs + last.spreadNs };
}
