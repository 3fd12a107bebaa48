/**
 * Where an edge of an exposure really is, from the light of an LED. A pulse of known length is stepped across the edge: outside
 * of the exposure its pixels stay dark, inside they show all of its light, and on the way between they show the part of the
 * pulse that was exposed. So brightness over position is a ramp as long as the pulse, and the edge is the ramp's foot.
 *
 * Positions are small differences of time and have fractions of a nanosecond: they are numbers here, bigint once fitted.
 */
import { AppulseError } from '../errors.js';

/** What the camera shows with the pulse at one place. */
export interface LedPoint {
  /** Begin of the pulse less the stamp that it is counted from, nanoseconds. */
  readonly pulseNs: number;
  /** Mean of the LED's pixels, in units of the pixel. */
  readonly brightness: number;
  /** One of them is at the largest value. */
  readonly saturated: boolean;
}

/** A series of points about one edge of the exposure. */
export interface LedSeries {
  readonly edge: 'start' | 'end';
  readonly pulseWidthNs: number;
  readonly points: readonly LedPoint[];
  /** Brightness without the pulse and with all of it, and the standard deviation of one such measurement. */
  readonly reference: { readonly dark: number; readonly lit: number; readonly noise: number };
}

export interface LedEdge {
  /** The edge less the stamp that the pulse is counted from. */
  readonly edgeNs: number;
  /** Standard deviation of it. */
  readonly sigmaNs: number;
  /** Rms of the points that were used, as time along the ramp. */
  readonly residualNs: number;
  readonly points: number;
  /** Points that lie so far off that they were left out. */
  readonly outliers: number;
}

export type LedFitCode =
  | 'led.too-few-points'
  | 'led.not-seen'
  | 'led.saturated'
  | 'led.no-edge'
  | 'led.noise'
  | 'led.line-period';

/** A series that gives no edge; the message says why and what to do. */
export class LedFitError extends AppulseError {
  declare readonly code: LedFitCode;
  constructor(code: LedFitCode, message: string) {
    super(code, message);
  }
}

const LEAST_POINTS = 12;
/** Points wholly before the ramp, on it, and wholly behind it that a fit needs. */
const LEAST_AT_EACH = 3;
/** Least light of the LED, in standard deviations of a measurement. */
const LEAST_CONTRAST = 8;
/** An edge less sure than this share of the pulse is none. */
const MOST_SIGMA = 0.1;
/** Standard deviation of a value that was rounded to whole units. */
const ROUNDING = 1 / Math.sqrt(12);
const GRID = 512;
const ITERATIONS = 40;
/** Tukey's biweight: 95 % efficient with normal noise, nothing from what lies beyond this many standard deviations. */
const TUKEY = 4.685;
const MAD_TO_SIGMA = 1.4826;

/** Part of the pulse that is exposed. */
function shareOf(edge: LedSeries['edge'], pulseNs: number, edgeNs: number, widthNs: number): number {
  const share = edge === 'start' ? (pulseNs + widthNs - edgeNs) / widthNs : (edgeNs - pulseNs) / widthNs;
  return Math.min(1, Math.max(0, share));
}

/** The edge that `series` shows. @throws LedFitError */
export function fitLedEdge(series: LedSeries): LedEdge {
  const { edge, pulseWidthNs, points, reference } = series;
  const which = `the ${edge} of the exposure`;
  if (points.length < LEAST_POINTS) {
    throw new LedFitError(
      'led.too-few-points',
      `${points.length} points at ${which}: at least ${LEAST_POINTS} are needed`,
    );
  }
  const light = reference.lit - reference.dark;
  if (points.some(({ saturated }) => saturated)) {
    throw new LedFitError('led.saturated', `the LED saturates its pixels at ${which}: dim it, or lower the gain`);
  }
  if (!(light > LEAST_CONTRAST * reference.noise) || light <= 0) {
    throw new LedFitError(
      'led.not-seen',
      `the LED is not seen: its light makes ${light.toFixed(1)} units with a noise of ${reference.noise.toFixed(1)}; is it on, in the image, bright enough?`,
    );
  }
  const state = refine(series, coarse(series));
  const [edgeNs] = state.parameters;
  const shares = points.map(({ pulseNs }) => shareOf(edge, pulseNs, edgeNs, pulseWidthNs));
  const dark = shares.filter((share) => share === 0).length;
  const lit = shares.filter((share) => share === 1).length;
  const onRamp = shares.length - dark - lit;
  if (Math.min(dark, lit, onRamp) < LEAST_AT_EACH || state.parameters[2] < light / 2) {
    throw new LedFitError(
      'led.no-edge',
      `the pulse was not stepped across ${which}: ${dark} points dark, ${onRamp} on the ramp, ${lit} lit; ${LEAST_AT_EACH} of each are needed`,
    );
  }
  const used = state.weights.filter((weight) => weight > 0).length;
  const { sigmaNs, residualNs } = spread(series, state);
  if (!(sigmaNs <= MOST_SIGMA * pulseWidthNs) || used < (2 * points.length) / 3) {
    throw new LedFitError(
      'led.noise',
      `${which} is lost in noise: ${sigmaNs.toFixed(0)} ns of a pulse of ${pulseWidthNs.toFixed(0)} ns, ${points.length - used} of ${points.length} points far off; take more frames a point, or shade the camera`,
    );
  }
  return { edgeNs, sigmaNs, residualNs, points: used, outliers: points.length - used };
}

/** Edge, dark level, light of the whole pulse. */
type Parameters = readonly [edgeNs: number, dark: number, light: number];
interface Fit {
  readonly parameters: Parameters;
  readonly weights: readonly number[];
}

/** What the grid of edges covers. */
function spanNs({ points, pulseWidthNs }: LedSeries): number {
  const places = points.map(({ pulseNs }) => pulseNs);
  return Math.max(...places) - Math.min(...places) + pulseWidthNs;
}

/** The edge of a grid that leaves the least absolute residuals with the reference's levels. */
function coarse(series: LedSeries): Parameters {
  const { edge, pulseWidthNs, points } = series;
  const { dark, lit } = series.reference;
  const first = Math.min(...points.map(({ pulseNs }) => pulseNs));
  const span = spanNs(series);
  let best = { edgeNs: first, cost: Number.POSITIVE_INFINITY };
  for (let i = 0; i <= GRID; i++) {
    const edgeNs = first + (span * i) / GRID;
    let cost = 0;
    for (const { pulseNs, brightness } of points) {
      cost += Math.abs(brightness - dark - (lit - dark) * shareOf(edge, pulseNs, edgeNs, pulseWidthNs));
    }
    if (cost < best.cost) best = { edgeNs, cost };
  }
  return [best.edgeNs, dark, lit - dark];
}

/** Gauss-Newton with weights that leave out what lies far off. */
function refine(series: LedSeries, from: Parameters): Fit {
  // A step of the grid as a part of the ramp.
  const coarseness = spanNs(series) / GRID / series.pulseWidthNs;
  let parameters = from;
  let weights: readonly number[] = series.points.map(() => 1);
  for (let i = 0; i < ITERATIONS; i++) {
    const residuals = residualsOf(series, parameters);
    // The grid is coarser than the noise of a bright LED: points on the ramp must not be left out for that.
    const loose = (coarseness * Math.abs(parameters[2])) / 2 ** i;
    weights = tukeyWeights(residuals, Math.max(loose, series.reference.noise));
    const step = solve3(...normalEquations(series, parameters, residuals, weights));
    if (step === null) break;
    // A step beyond the ramp has left what the slopes there know.
    const limit = series.pulseWidthNs / 4;
    const edgeStep = Math.max(-limit, Math.min(limit, step[0]));
    parameters = [parameters[0] + edgeStep, parameters[1] + step[1], parameters[2] + step[2]];
    if (Math.abs(edgeStep) < 1e-4 && loose < ROUNDING) break;
  }
  return { parameters, weights };
}

function residualsOf({ edge, pulseWidthNs, points }: LedSeries, [edgeNs, dark, light]: Parameters): number[] {
  return points.map((p) => p.brightness - dark - light * shareOf(edge, p.pulseNs, edgeNs, pulseWidthNs));
}

function tukeyWeights(residuals: readonly number[], noise: number): number[] {
  const sizes = residuals.map(Math.abs).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const sigma = Math.max(MAD_TO_SIGMA * median, noise, ROUNDING);
  return residuals.map((residual) => {
    const u = residual / (TUKEY * sigma);
    return Math.abs(u) < 1 ? (1 - u * u) ** 2 : 0;
  });
}

/** Derivatives of the brightness by edge, dark level and light. */
function slopes({ edge, pulseWidthNs }: LedSeries, pulseNs: number, [edgeNs, , light]: Parameters): Parameters {
  const share = shareOf(edge, pulseNs, edgeNs, pulseWidthNs);
  const ramp = share > 0 && share < 1 ? light / pulseWidthNs : 0;
  return [edge === 'start' ? -ramp : ramp, 1, share];
}

type Matrix = readonly (readonly number[])[];

function normalEquations(
  series: LedSeries,
  parameters: Parameters,
  residuals: readonly number[],
  weights: readonly number[],
): [Matrix, readonly number[]] {
  const matrix = [0, 1, 2].map(() => [0, 0, 0]);
  const right = [0, 0, 0];
  for (const [i, { pulseNs }] of series.points.entries()) {
    const slope = slopes(series, pulseNs, parameters);
    const weight = weights[i] as number;
    for (let row = 0; row < 3; row++) {
      right[row] = (right[row] as number) + weight * (slope[row] as number) * (residuals[i] as number);
      const cells = matrix[row] as number[];
      for (let column = 0; column < 3; column++) {
        cells[column] = (cells[column] as number) + weight * (slope[row] as number) * (slope[column] as number);
      }
    }
  }
  return [matrix, right];
}

/** Standard deviation of the edge and rms of the points, both as time. */
function spread(series: LedSeries, { parameters, weights }: Fit): { sigmaNs: number; residualNs: number } {
  const residuals = residualsOf(series, parameters);
  // What was left out says nothing of the noise of the rest; what was kept counts in full.
  const kept = weights.map((weight) => (weight > 0 ? 1 : 0) as number);
  const squares = residuals.reduce((sum, residual, i) => sum + (kept[i] as number) * residual * residual, 0);
  const count = kept.reduce((sum, one) => sum + one, 0);
  const variance = squares / Math.max(1, count - 3);
  const [matrix] = normalEquations(series, parameters, residuals, kept);
  const inverse = solve3(matrix, [1, 0, 0]);
  const slope = parameters[2] / series.pulseWidthNs;
  // Where a unit is more than the noise, frames at one place are all rounded the same way: only places average that out.
  const onRamp = series.points.filter(({ pulseNs }) => slopes(series, pulseNs, parameters)[0] !== 0);
  const places = Math.max(1, new Set(onRamp.map(({ pulseNs }) => pulseNs)).size);
  const roundingNs = ROUNDING / slope / Math.sqrt(places);
  return {
    sigmaNs: inverse === null ? Number.POSITIVE_INFINITY : Math.hypot(Math.sqrt(variance * inverse[0]), roundingNs),
    residualNs: Math.sqrt(squares / Math.max(1, count)) / slope,
  };
}

/** Solves three equations by Gauss's elimination with pivots; null where they are not independent. */
function solve3(matrix: Matrix, right: readonly number[]): [number, number, number] | null {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  for (let column = 0; column < 3; column++) {
    let pivot = column;
    for (let row = column + 1; row < 3; row++) {
      if (Math.abs(at(rows, row, column)) > Math.abs(at(rows, pivot, column))) pivot = row;
    }
    if (Math.abs(at(rows, pivot, column)) < 1e-30) return null;
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    for (let row = 0; row < 3; row++) {
      if (row === column) continue;
      const factor = at(rows, row, column) / at(rows, column, column);
      for (let i = column; i < 4; i++) (rows[row] as number[])[i] = at(rows, row, i) - factor * at(rows, column, i);
    }
  }
  return [at(rows, 0, 3) / at(rows, 0, 0), at(rows, 1, 3) / at(rows, 1, 1), at(rows, 2, 3) / at(rows, 2, 2)];
}

const at = (rows: readonly (readonly number[])[], row: number, column: number): number =>
  (rows[row] as readonly number[])[column] as number;
