/**
 * When rows are exposed, as the camera tells it: GetQHYCCDPreciseExposureInfo, and GetQHYCCDRollingShutterEndOffset of a few rows, which
 * counts from the falling edge of ShutterMeasure, the header's `end` stamp.
 */

import type { ShutterModel } from '#gps/rows/shutter.js';
import { publishedShutter } from '#gps/rows/shutter-table.js';

export interface PreciseExposure {
  readonly linePeriodNs: number;
  readonly framePeriodUs: number;
  readonly exposureUs: number;
  readonly longExposure: boolean;
}

/** Ends of exposure of sensor rows 0, 1, 2 and the last, us after ShutterMeasure's falling edge. */
export interface RowOffsets {
  readonly us: readonly [number, number, number, number];
  readonly lastRow: number;
}

const NOTHING: ShutterModel = {
  kind: 'unknown',
  linePeriodNs: null,
  rowZeroEndOffsetNs: null,
  rowPairs: false,
  origin: 'none',
};
/** Two offsets that differ by less than this part of a line are one. */
const SAME_PART = 0.25;
/** Line periods of the two functions may differ by this part before it is told. */
const TOLERANCE = 0.02;

export interface DerivedShutter {
  readonly shutter: ShutterModel;
  /** Where the two functions contradict each other, in words; null where they do not. */
  readonly contradiction: string | null;
}

/**
 * The shutter of images whose rows are `binning` of the rows that the camera counts. Of modes that read rows in pairs, row 1 ends with
 * row 0; where rows are binned, pairs stand inside a row of the image and the mean line period is what counts.
 */
export function deriveShutter(
  model: string,
  readMode: string | null,
  binning: number,
  precise: PreciseExposure | null,
  offsets: RowOffsets | null,
): DerivedShutter {
  const published = publishedShutter(model, readMode);
  // The maker's header of a global shutter stamps start and end: there are no rows to count.
  if (published?.kind === 'global') return { shutter: published, contradiction: null };
  if (offsets === null) {
    if (precise === null || precise.linePeriodNs <= 0) return { shutter: published ?? NOTHING, contradiction: null };
    const shutter: ShutterModel = {
      kind: 'rolling',
      linePeriodNs: BigInt(Math.round(precise.linePeriodNs * binning)),
      rowZeroEndOffsetNs: published?.rowZeroEndOffsetNs ?? null,
      rowPairs: binning === 1 && (published?.rowPairs ?? false),
      origin: 'camera',
    };
    return { shutter, contradiction: null };
  }
  const [zero, one, two, last] = offsets.us;
  const meanUs = (two - zero) / 2;
  const pairs = Math.abs(one - zero) < Math.abs(meanUs) * SAME_PART;
  const lines = pairs ? offsets.lastRow - (offsets.lastRow % 2) : offsets.lastRow;
  const lineNs = lines > 0 ? ((last - zero) * 1000) / lines : meanUs * 1000;
  if (!(lineNs > 0)) {
    const why = `rows 0, 2 and ${offsets.lastRow} end ${zero}, ${two} and ${last} us after ShutterMeasure, which is no order in which a sensor reads`;
    return { shutter: published ?? NOTHING, contradiction: why };
  }
  const shutter: ShutterModel = {
    kind: 'rolling',
    linePeriodNs: BigInt(Math.round(lineNs * binning)),
    rowZeroEndOffsetNs: BigInt(Math.round(zero * 1000)),
    rowPairs: pairs && binning === 1,
    origin: 'camera',
  };
  const told = precise?.linePeriodNs ?? 0;
  const differ = told > 0 && Math.abs(told - lineNs) > TOLERANCE * lineNs;
  const contradiction = differ
    ? `GetQHYCCDPreciseExposureInfo tells a line period of ${told} ns, GetQHYCCDRollingShutterEndOffset ${Math.round(lineNs)} ns a row: the latter is used`
    : null;
  return { shutter, contradiction };
}
