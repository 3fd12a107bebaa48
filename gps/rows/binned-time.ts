import { utcToTai } from '../clocks/leap-seconds.js';
import { type FrameTime, instantsOf } from '../frame-time.js';
import { rowTime } from './row-time.js';

/**
 * The time of a frame whose rows were added up, `factor` rows to one, from that of the frame as it came; rows that fill none are left
 * out at the bottom. The new row 0 has the time of the row in it that was read first: of a top-down image the same as before.
 */
export function binnedTime(time: FrameTime, factor: number): FrameTime {
  if (factor === 1) return time;
  const { rows } = time;
  const binned = Math.floor(rows.rows / factor);
  const model = { ...rows, linesPerRow: rows.linesPerRow * factor, rows: binned };
  if (rows.rowDirection === 'top-down') return { ...time, rows: model };
  const leftOut = rows.rows - binned * factor;
  const first = rowTime(time, factor - 1);
  const startTai = utcToTai(first.startUtcNs, first.leapSecond);
  return {
    ...time,
    ...instantsOf(startTai, startTai + time.exposureNs),
    uncertaintyNs: first.uncertaintyNs,
    rows: { ...model, firstLine: rows.firstLine + leftOut * rows.linesPerRow },
  };
}
