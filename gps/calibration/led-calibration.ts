/**
 * LED calibration of a camera's stamps: how much later than the stamps say an exposure really begins and ends. Two series of
 * pulses (led-edge.ts) give the two edges in the LED's row; a rolling shutter's are brought back to line 0.
 */

import { lineOffsetNs, lineOfRow, type RowModel } from '../rows/row-model.js';
import { fitLedEdge, type LedEdge, LedFitError, type LedSeries } from './led-edge.js';

/** A calibration run: pulses about both edges of the exposure of image row `ledRow`. */
export interface LedRun {
  /** Counted from the header's start stamp; with a rolling shutter from t0, the header's end stamp. */
  readonly start: LedSeries;
  /** Counted from the header's end stamp. */
  readonly end: LedSeries;
  readonly rows: RowModel;
  readonly ledRow: number;
  readonly exposureNs: bigint;
}

export interface LedCalibrationFit {
  readonly startOffsetNs: bigint;
  readonly endOffsetNs: bigint;
  readonly sigmaNs: bigint;
  /** Rms of the points of both edges, as time. */
  readonly residualNs: bigint;
  readonly points: number;
  readonly start: LedEdge;
  readonly end: LedEdge;
}

/** Where the model has the edges of `ledRow`, counted as the pulses of a run are. @throws LedFitError `led.line-period` */
export function modelEdges({ rows, ledRow, exposureNs }: Pick<LedRun, 'rows' | 'ledRow' | 'exposureNs'>): {
  readonly startNs: bigint;
  readonly endNs: bigint;
} {
  if (rows.shutter === 'global') return { startNs: 0n, endNs: 0n };
  const line = lineOfRow(rows, ledRow);
  if (rows.linePeriodNs === null && line !== 0) {
    throw new LedFitError(
      'led.line-period',
      `the LED shines on line ${line}, and without a line period its times cannot be brought back to line 0: light line 0`,
    );
  }
  const endNs = (rows.rowZeroEndOffsetNs ?? 0n) + lineOffsetNs(rows, line);
  return { startNs: endNs - exposureNs, endNs };
}

/** Fits both edges. @throws LedFitError */
export function fitLedCalibration(run: LedRun): LedCalibrationFit {
  const model = modelEdges(run);
  const start = fitLedEdge(run.start);
  const end = fitLedEdge(run.end);
  const points = start.points + end.points;
  const squares = start.points * start.residualNs ** 2 + end.points * end.residualNs ** 2;
  return {
    startOffsetNs: BigInt(Math.round(start.edgeNs)) - model.startNs,
    endOffsetNs: BigInt(Math.round(end.edgeNs)) - model.endNs,
    sigmaNs: BigInt(Math.max(1, Math.ceil(Math.max(start.sigmaNs, end.sigmaNs)))),
    residualNs: BigInt(Math.ceil(Math.sqrt(squares / points))),
    points,
    start,
    end,
  };
}
