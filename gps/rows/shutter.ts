/**
 * How a camera's rows are exposed, as far as the camera or its maker says it.
 *
 * Global: every row shares the exposure of row 0. Rolling: the GPS header marks VSYNC (t0, the falling edge of
 * ShutterMeasure); row 0 ends `rowZeroEndOffsetNs` later and every row (or pair of rows) `linePeriodNs` after the one
 * before. What is null is not known and must widen the uncertainty of whatever needs it.
 */
export interface ShutterModel {
  readonly kind: 'global' | 'rolling' | 'unknown';
  /** Nanoseconds from the end of one row to the end of the next. */
  readonly linePeriodNs: bigint | null;
  /** Nanoseconds from t0 to the end of exposure of row 0. */
  readonly rowZeroEndOffsetNs: bigint | null;
  /** True where the sensor reads rows two by two, so that a pair shares its end of exposure. */
  readonly rowPairs: boolean;
  /** Who says so; left out: the camera. */
  readonly origin?: 'camera' | 'table' | 'none';
}
