/**
 * The width of a star at half its height: a Moffat profile is fitted to its pixels, elliptic and turned as it needs, by
 * Levenberg-Marquardt. Its exponent goes from that of a Gaussian (q = 0) to wide wings; weak stars, which cannot tell, are held near
 * q = 0.2 (beta = 5). Widths are of the light before the pixels took it up: a pixel's own width is taken off in quadrature.
 */
import type { SkySignal } from './background.js';
import { solveSymmetric } from './solve-symmetric.js';

/** amplitude; x, y; the ellipse of half height cxx dx^2 + 2 cxy dx dy + cyy dy^2 = 1; q = 1 / beta; sky left over. */
const PARAMETERS = 8;
const ROUNDS = 30;
const SETTLED = 1e-5;
/** What is thought of q before anything is seen, and of the sky that is left over in units of its noise. */
const Q = { middle: 0.2, sigma: 0.15, least: 0.02, most: 0.8 } as const;
const SKY_SIGMAS = 0.3;
/** A pixel's variance, 1/12, as the square of a Gaussian's FWHM: 8 ln 2 / 12. */
const PIXEL_FWHM_SQUARED = (8 * Math.LN2) / 12;
const LEAST_FWHM_SQUARED = 0.05;

export interface StarFit {
  readonly x: number;
  readonly y: number;
  /** At its middle, above the sky. */
  readonly amplitude: number;
  /** Full widths at half height, in pixels. */
  readonly fwhmMajor: number;
  readonly fwhmMinor: number;
}

export interface FitStart {
  readonly x: number;
  readonly y: number;
  readonly hfd: number;
  readonly amplitude: number;
  /** Pixels farther away are not looked at. */
  readonly radius: number;
}

interface FittedPixels {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly light: Float64Array;
  readonly noise: number;
}

/** `isUsed`: whether a pixel (by its index) takes part, as one that is saturated does not. Null where nothing fits. */
export function fitStar(sky: SkySignal, start: FitStart, isUsed: (index: number) => boolean): StarFit | null {
  const pixels = pixelsAround(sky, start, isUsed);
  if (pixels.x.length < 2 * PARAMETERS) return null;
  const ellipse = (2 / start.hfd) ** 2;
  let best: Float64Array = Float64Array.of(start.amplitude, start.x, start.y, ellipse, 0, ellipse, Q.middle, 0);
  const normal = new Float64Array(PARAMETERS * PARAMETERS);
  const gradient = new Float64Array(PARAMETERS);
  let error = accumulate(pixels, best, normal, gradient);
  let damping = 1e-3;
  for (let round = 0; round < ROUNDS; round++) {
    const damped = normal.slice();
    for (let i = 0; i < PARAMETERS; i++)
      damped[i * PARAMETERS + i] = (normal[i * PARAMETERS + i] as number) * (1 + damping);
    const step = solveSymmetric(damped, gradient);
    const next = step === null ? null : stepped(best, step);
    const nextError = next === null ? Number.POSITIVE_INFINITY : errorOf(pixels, next);
    if (next === null || !(nextError < error)) {
      damping *= 8;
      if (damping > 1e8) break;
      continue;
    }
    const settled = error - nextError < SETTLED * nextError;
    best = next;
    error = accumulate(pixels, best, normal, gradient);
    damping = Math.max(1e-7, damping / 6);
    if (settled) break;
  }
  return fitOf(best, start);
}

function pixelsAround(
  { width, height, signal, noise }: SkySignal,
  { x, y, hfd, radius }: FitStart,
  isUsed: (index: number) => boolean,
): FittedPixels {
  const used: { readonly x: number; readonly y: number; readonly light: number }[] = [];
  // Of a wide star every pixel would say the same as the one beside it.
  const step = Math.max(1, Math.floor(hfd / 8));
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(height - 1, y + radius); row += step) {
    for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(width - 1, x + radius); column += step) {
      const index = row * width + column;
      if ((column - x) ** 2 + (row - y) ** 2 > radius * radius || !isUsed(index)) continue;
      used.push({ x: column, y: row, light: signal[index] as number });
    }
  }
  return {
    x: Float64Array.from(used, (pixel) => pixel.x),
    y: Float64Array.from(used, (pixel) => pixel.y),
    light: Float64Array.from(used, ({ light }) => light),
    noise,
  };
}

/** Null where the ellipse is none any more. */
function stepped(from: Float64Array, step: Float64Array): Float64Array | null {
  const next = from.map((value, i) => value + (step[i] as number));
  const [, , , cxx = 0, cxy = 0, cyy = 0, q = 0] = next;
  if (cxx <= 0 || cyy <= 0 || cxx * cyy <= cxy * cxy) return null;
  next[6] = Math.min(Q.most, Math.max(Q.least, q));
  return next;
}

/** Squares of what is left, in units of the noise, and of how far the parameters are from what was thought of them. */
function errorOf({ x, y, light, noise }: FittedPixels, parameters: Float64Array): number {
  const [amplitude = 0, x0 = 0, y0 = 0, cxx = 0, cxy = 0, cyy = 0, q = 0, sky = 0] = parameters;
  const widening = 2 ** q - 1;
  let sum = 0;
  for (let i = 0; i < light.length; i++) {
    const dx = (x[i] as number) - x0;
    const dy = (y[i] as number) - y0;
    const base = 1 + widening * (cxx * dx * dx + 2 * cxy * dx * dy + cyy * dy * dy);
    const off = (light[i] as number) - amplitude * base ** (-1 / q) - sky;
    sum += off * off;
  }
  return sum / (noise * noise) + ((q - Q.middle) / Q.sigma) ** 2 + (sky / (SKY_SIGMAS * noise)) ** 2;
}

/** Fills the normal equations and returns the error, as `errorOf`. */
function accumulate(
  pixels: FittedPixels,
  parameters: Float64Array,
  normal: Float64Array,
  gradient: Float64Array,
): number {
  const { x, y, light, noise } = pixels;
  const [amplitude = 0, x0 = 0, y0 = 0, cxx = 0, cxy = 0, cyy = 0, q = 0, sky = 0] = parameters;
  const weight = 1 / (noise * noise);
  const widening = 2 ** q - 1;
  const slope = new Float64Array(PARAMETERS);
  normal.fill(0);
  gradient.fill(0);
  for (let i = 0; i < light.length; i++) {
    const dx = (x[i] as number) - x0;
    const dy = (y[i] as number) - y0;
    const distance = cxx * dx * dx + 2 * cxy * dx * dy + cyy * dy * dy;
    const base = 1 + widening * distance;
    const shape = base ** (-1 / q);
    const model = amplitude * shape;
    const byDistance = (-model * widening) / (q * base);
    slope[0] = shape;
    slope[1] = -2 * byDistance * (cxx * dx + cxy * dy);
    slope[2] = -2 * byDistance * (cxy * dx + cyy * dy);
    slope[3] = byDistance * dx * dx;
    slope[4] = 2 * byDistance * dx * dy;
    slope[5] = byDistance * dy * dy;
    slope[6] = model * (Math.log(base) / (q * q) - (Math.LN2 * 2 ** q * distance) / (q * base));
    slope[7] = 1;
    const off = (light[i] as number) - model - sky;
    for (let a = 0; a < PARAMETERS; a++) {
      const weighted = weight * (slope[a] as number);
      gradient[a] = (gradient[a] as number) + weighted * off;
      for (let b = 0; b <= a; b++) {
        const at = a * PARAMETERS + b;
        normal[at] = (normal[at] as number) + weighted * (slope[b] as number);
      }
    }
  }
  hold(normal, gradient, 6, Q.middle - q, Q.sigma);
  hold(normal, gradient, 7, -sky, SKY_SIGMAS * noise);
  for (let a = 0; a < PARAMETERS; a++) {
    for (let b = 0; b < a; b++) normal[b * PARAMETERS + a] = normal[a * PARAMETERS + b] as number;
  }
  return errorOf(pixels, parameters);
}

/** Draws a parameter to what was thought of it. */
function hold(normal: Float64Array, gradient: Float64Array, parameter: number, off: number, sigma: number): void {
  const at = parameter * PARAMETERS + parameter;
  normal[at] = (normal[at] as number) + 1 / (sigma * sigma);
  gradient[parameter] = (gradient[parameter] as number) + off / (sigma * sigma);
}

/** Null where it ran away from where the star was seen. */
function fitOf(parameters: Float64Array, { x: startX, y: startY, radius }: FitStart): StarFit | null {
  const [amplitude = 0, x = 0, y = 0, cxx = 0, cxy = 0, cyy = 0] = parameters;
  const middle = (cxx + cyy) / 2;
  const apart = Math.hypot((cxx - cyy) / 2, cxy);
  const fwhmMajor = withoutPixel(4 / (middle - apart));
  const fwhmMinor = withoutPixel(4 / (middle + apart));
  const held = amplitude > 0 && Math.hypot(x - startX, y - startY) < radius && fwhmMajor < 4 * radius;
  return held && Number.isFinite(fwhmMajor) ? { x, y, amplitude, fwhmMajor, fwhmMinor } : null;
}

const withoutPixel = (fwhmSquared: number): number =>
  Math.sqrt(Math.max(LEAST_FWHM_SQUARED, fwhmSquared - PIXEL_FWHM_SQUARED));
