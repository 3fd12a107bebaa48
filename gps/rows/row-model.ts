/**
 * How the rows of one image are exposed one after the other. A line is what the camera reads at a time: a row of the sensor,
 * or a row binned on the chip. Lines are counted from the sensor's first, in the order in which they are read.
 *
 * end of line n = t0 + offset of line 0 + line period x n; where lines are read in pairs, n is rounded down to even.
 * (QHYCCD's GetQHYCCDRollingShutterEndOffset and PreciseExposureInfo; Siril's `gps` command; measured on a QHY600 by LAST.)
 */
import type { ShutterModel } from './shutter.js';

export interface RowModel {
  readonly shutter: 'global' | 'rolling';
  /** Nanoseconds from the end of one line to the end of the next; null where not known, and for a global shutter. */
  readonly linePeriodNs: bigint | null;
  /** What a line is. */
  readonly rowUnit: 'sensor-row' | 'binned-row';
  /** True where two lines share an end of exposure. */
  readonly rowPairs: boolean;
  /** Nanoseconds from t0 (the header's end stamp) to the end of line 0; null where not known, and for a global shutter. */
  readonly rowZeroEndOffsetNs: bigint | null;
  /** Line of the image row that is read first. */
  readonly firstLine: number;
  /** Lines that make a row of the image: more than 1 where rows are binned after they were read. */
  readonly linesPerRow: number;
  /** `bottom-up`: the image shows first what was read last. */
  readonly rowDirection: 'top-down' | 'bottom-up';
  /** Rows of the image. */
  readonly rows: number;
  /** Bound of the time from the first row's end to the last one's, for where the line period is not known. */
  readonly readoutBoundNs: bigint;
  /** Who says so: the camera, a table of published measurements, or nobody. */
  readonly origin: 'camera' | 'table' | 'none';
}

/** Which part of the sensor an image shows, and how. */
export interface ImageRegion {
  /** First row of the region, in rows of the image, as the camera counts them. */
  readonly offsetY: number;
  readonly rows: number;
  /** Rows of the sensor in a row of the image, and who adds them up. */
  readonly binning: number;
  readonly binningBy: 'nobody' | 'chip' | 'software';
  readonly rowDirection: 'top-down' | 'bottom-up';
}

/** The whole readout of an unknown shutter: no camera of this kind reads for longer. */
const LONGEST_READOUT_NS = 2_000_000_000n;

/** The rows of images of `region`. `framePeriodNs`: bounds the readout where nothing else does; null where not known. */
export function rowModelOf(
  shutter: ShutterModel,
  kind: 'global' | 'rolling',
  region: ImageRegion,
  framePeriodNs: bigint | null,
): RowModel {
  const rolling = kind === 'rolling';
  // The line period of a camera that bins on the chip is that of its binned rows.
  const rowUnit = region.binningBy === 'chip' ? 'binned-row' : 'sensor-row';
  const linesPerRow = region.binningBy === 'software' ? region.binning : 1;
  return {
    shutter: kind,
    linePeriodNs: rolling ? shutter.linePeriodNs : null,
    rowUnit,
    rowPairs: rolling && shutter.rowPairs,
    rowZeroEndOffsetNs: rolling ? shutter.rowZeroEndOffsetNs : null,
    firstLine: region.offsetY * linesPerRow,
    linesPerRow,
    rowDirection: region.rowDirection,
    rows: region.rows,
    readoutBoundNs: framePeriodNs === null ? LONGEST_READOUT_NS : framePeriodNs,
    origin: shutter.linePeriodNs === null && rolling ? 'none' : (shutter.origin ?? 'camera'),
  };
}

/** The line that image row `row` begins with. */
export function lineOfRow(model: RowModel, row: number): number {
  const inReadOrder = model.rowDirection === 'top-down' ? row : model.rows - 1 - row;
  return model.firstLine + inReadOrder * model.linesPerRow;
}

/** What has to be known beside the time from the first row to the last one where lines are read in pairs. */
export interface RowPairs {
  readonly firstLineIsOdd: boolean;
  readonly linesPerRow: number;
}

/** Null where rows follow each other evenly: the time of each is its share of the way from the first to the last. */
export function rowPairsOf({ rowPairs, firstLine, linesPerRow }: RowModel): RowPairs | null {
  return rowPairs && linesPerRow % 2 === 1 ? { firstLineIsOdd: firstLine % 2 === 1, linesPerRow } : null;
}

/** Nanoseconds from the end of line 0 to the end of `line`; 0 for a global shutter and where the line period is not known. */
export function lineOffsetNs(model: RowModel, line: number): bigint {
  if (model.linePeriodNs === null) return 0n;
  const counted = model.rowPairs ? line - (line % 2) : line;
  return model.linePeriodNs * BigInt(counted);
}
