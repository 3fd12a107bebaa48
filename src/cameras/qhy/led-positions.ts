/**
 * Where the calibration LED's pulse stands by the published figures of the QHY174GPS: position A marks the end of the exposure, B its
 * start (SDK manual 2.1, OccuRec; USB traffic 0). Between the exposures of the table it is interpolated: a tick is 1/75 us by the figures.
 */

/** Ticks of position in a second: 486080 - 36290 ticks for 6 ms of exposure. */
export const LED_TICKS_PER_SECOND = 75_000_000;
/** INDI lets 2850 to 999999 be set, but EZCAP_QT sets 620: so whatever is above 0. */
export const LED_POSITION = { least: 1, most: 999_999 } as const;
export const LED_WIDTH = { least: 10, most: 255, usual: 54 } as const;

type Row = readonly [exposureUs: number, position: number];
const START_8: readonly Row[] = [
  [1000, 486_080],
  [2000, 411_270],
  [5000, 185_930],
  [7000, 36_290],
  [8000, 6280],
];
/** Without the row of 5 ms, which the manual prints as that of 8 bit, and that of 2 ms, which no line through the others meets. */
const START_16: readonly Row[] = [
  [1000, 902_840],
  [10_000, 228_050],
  [20_000, 10_930],
];

/** The published position of a mark of a QHY174GPS. */
export function publishedPosition(edge: 'Start' | 'End', exposureUs: number, bits: number): number {
  if (edge === 'End') return bits === 8 ? 2850 : 4190;
  const table = bits === 8 ? START_8 : START_16;
  const after = table.findIndex(([us]) => us >= exposureUs);
  const last = table[table.length - 1] ?? [0, LED_POSITION.least];
  if (after < 0) return last[1];
  const [toUs, to] = table[after] ?? last;
  const [fromUs, from] = table[Math.max(0, after - 1)] ?? last;
  return toUs === fromUs ? to : Math.round(from + ((to - from) * (exposureUs - fromUs)) / (toUs - fromUs));
}
