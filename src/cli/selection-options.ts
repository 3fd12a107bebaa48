/** The options of every command on recorded frames: see `archive/selection.ts`. */
import type { Command } from 'commander';
import { GRADES } from '#gps/frame-time.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { MEASURES, type Measure } from '#storage/index/frame-filter.js';
import { FRAME_STATES } from '#storage/index/schema.js';

/** Adds the options that choose frames. */
export function addSelection(to: Command): Command {
  to.option('--session <id>', "a session's identifier or its beginning, 'latest' or 'all'", 'latest')
    .option('--camera <id>', "a camera's identifier or its beginning, or its name")
    .option('--from <time>', 'frames that start at this UTC or later, such as 2026-11-20T19:00:00.5')
    .option('--to <time>', 'frames that start before this UTC, or this long after --from, such as 10s')
    .option('--frames <range>', 'numbers in the session, such as 10..200, 10.. or 7')
    .option('--grade <grade>', GRADES.join(', '))
    .option('--flag <flag...>', 'frames whose times have all of these flags')
    .option('--state <state>', FRAME_STATES.join(', '))
    .option('--incomplete', 'only frames with missing bytes')
    .option('--type <type>', FRAME_TYPES.join(', '))
    .option('--filter <name>', 'the filter before the camera');
  for (const measure of Object.keys(MEASURES)) {
    to.option(`--${measure} <bounds>`, `${MEASURE_WORDS[measure as Measure]}, such as ">=1", "<2.5" or 10..20`);
  }
  return to;
}

const MEASURE_WORDS: Readonly<Record<Measure, string>> = {
  min: 'smallest pixel',
  max: 'largest pixel',
  mean: 'mean of the pixels',
  median: 'median of the pixels',
  stddev: 'standard deviation of the pixels',
  saturated: 'number of saturated pixels',
  temperature: 'sensor temperature in degrees Celsius',
  gain: 'gain as the camera names it',
};
