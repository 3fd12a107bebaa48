/**
 * Whether dark frames show the abnormal thermal noise of the QHY411/461 manual: many bright pixels in fixed places whose values do not
 * depend on the exposure, because a voltage inside did not start at power-on. The maker publishes no numbers; these limits are ours.
 */
import type { DarkStatistics } from './dark-frames.js';

/** Hot pixels at the short exposure above which a sensor is not ordinary. */
const HOT_SHARE = 2e-4;
/** Hot pixels of ordinary dark current grow with the exposure; these less than this part of it do not. */
const GROWTH_PART = 0.1;
/** Rise of the middle from the short to the long exposure, as a part of the range, that no dark current makes. */
const LIGHT_PART = 0.04;

export type DarkFinding = 'ordinary' | 'abnormal-thermal-noise' | 'not-dark';

export interface DarkVerdict {
  readonly finding: DarkFinding;
  /** What it means and what to do, a sentence a line. */
  readonly words: readonly string[];
}

/** `range`: the format's largest value. */
export function darkVerdict(short: DarkStatistics, long: DarkStatistics, range: number): DarkVerdict {
  const times = Number(long.exposureNs) / Number(short.exposureNs);
  const rise = long.level - short.level;
  if (rise > LIGHT_PART * range) {
    return {
      finding: 'not-dark',
      words: [
        `the middle of the pixels rises by ${rise.toFixed(0)} ADU from the short to the long exposure: light comes in, or the sensor is warm`,
        'put the cap on, cover the telescope, cool the sensor, and measure again',
      ],
    };
  }
  const grown = long.followed === null ? times : long.followed.here / long.followed.before;
  if (short.hotShare > HOT_SHARE && grown < Math.max(2, GROWTH_PART * times)) {
    return {
      finding: 'abnormal-thermal-noise',
      words: [
        `${short.hot} pixels are hot at the short exposure, and ${times.toFixed(0)} times the exposure makes them ${grown.toFixed(1)} times as bright: this is the abnormal thermal noise of the QHY411 and QHY461 manual`,
        'it comes of a voltage inside the camera that did not start at power-on: take its 12 V off and on again, and measure again',
        'where it stays or comes back, ask QHYCCD for the hardware upgrade (cameras bought before 2022-08-25 may need it)',
      ],
    };
  }
  return {
    finding: 'ordinary',
    words: [
      `${short.hot} pixels are hot at the short exposure, ${long.hot} at the long one: hot pixels come of dark current, as they should`,
    ],
  };
}
