import type { ShutterModel } from '#gps/rows/shutter.js';

/** Which rows of the sensor an image shows. */
export interface ClockworkRegion {
  /** First row of the region in rows of the image, counted as the sensor is read. */
  readonly offsetY: number;
  readonly rows: number;
  /** Rows of the sensor in a row of the image; the time of such a row is that of the first of them. */
  readonly binning: number;
  /** True: the image shows first the row that was read last. */
  readonly flip: boolean;
}

/** The sensor's row that the readout of the region begins with. */
export function firstSensorRow(region: ClockworkRegion): number {
  return region.offsetY * region.binning;
}

export function sensorRowOf(region: ClockworkRegion, imageRow: number): number {
  const { offsetY, rows, binning, flip } = region;
  return (offsetY + (flip ? rows - 1 - imageRow : imageRow)) * binning;
}

/**
 * From row 0 of the sensor to another one: row r is line period x r later, r rounded down to even where rows are read in
 * pairs; nothing with a global shutter.
 */
export function rowDelayNs(shutter: ShutterModel, sensorRow: number): bigint {
  if (shutter.kind !== 'rolling') return 0n;
  return (shutter.linePeriodNs ?? 0n) * BigInt(shutter.rowPairs ? sensorRow - (sensorRow % 2) : sensorRow);
}
