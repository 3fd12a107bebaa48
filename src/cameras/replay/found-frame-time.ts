/** A time that was found in somebody's file as the time of a frame: what the file does not say is widened, never made up. */
import { type FoundTime, isPlausibleInstant } from '#gps/found/found-time.js';
import { type FrameTime, TIME_SOURCES } from '#gps/frame-time.js';
import type { RowModel } from '#gps/rows/row-model.js';

/** Bound of the error where nothing in the file bounds it. */
const UNBOUNDED_NS = 1_000_000_000n;
const LONGEST_READOUT_NS = 2_000_000_000n;

/** Rows of which nothing is known. */
function unknownRows(rows: number): RowModel {
  return {
    shutter: 'global',
    linePeriodNs: null,
    rowUnit: 'sensor-row',
    rowPairs: false,
    rowZeroEndOffsetNs: null,
    firstLine: 0,
    linesPerRow: 1,
    rowDirection: 'top-down',
    rows,
    readoutBoundNs: LONGEST_READOUT_NS,
    origin: 'none',
  };
}

export function frameTimeOf(found: FoundTime, rows: number): FrameTime {
  const exposureNs = found.exposureNs ?? 0n;
  return {
    startUtcNs: found.startUtcNs,
    midUtcNs: found.midUtcNs ?? found.startUtcNs + exposureNs / 2n,
    endUtcNs: found.endUtcNs ?? found.startUtcNs + exposureNs,
    leapSecond: found.leapSecond,
    midLeapSecond: found.midLeapSecond,
    endLeapSecond: found.endLeapSecond,
    exposureNs,
    rows: unknownRows(rows),
    uncertaintyNs: found.uncertaintyNs ?? UNBOUNDED_NS,
    // A clock that the file does not name is at best some host's.
    source: TIME_SOURCES.find((each) => each === found.source) ?? 'host-clock',
    grade: found.grade,
    flags: [
      ...(found.family === 'appulse' ? [] : ['replayed-foreign']),
      ...(found.exposureNs === null ? ['exposure-unknown'] : []),
    ],
    rawHeader: null,
    sequence: found.sequence,
  };
}

/** For a frame without a time: that of the frame before it, which is not to be used. */
export function missingTime(before: FrameTime | null, rows: number, elsewhereNs: bigint): FrameTime {
  const startUtcNs = before?.startUtcNs ?? (isPlausibleInstant(elsewhereNs) ? elsewhereNs : 0n);
  return {
    ...{ startUtcNs, midUtcNs: startUtcNs, endUtcNs: startUtcNs, exposureNs: 0n },
    ...{ leapSecond: false, midLeapSecond: false, endLeapSecond: false },
    ...{
      rows: before?.rows ?? unknownRows(rows),
      uncertaintyNs: UNBOUNDED_NS,
      source: 'host-clock',
      grade: 'untrusted',
    },
    flags: ['replayed-time-missing', 'exposure-unknown'],
    ...{ rawHeader: null, sequence: null },
  };
}
