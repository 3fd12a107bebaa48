/** Stars of known width on a sky of known noise, as a camera with square pixels sees them. */
import type { FocusImage } from '#src/focus/focus-image.js';
import { randomOf } from './random.js';

export interface MadeStar {
  readonly x: number;
  readonly y: number;
  /** Of the light, in pixels, before pixels take it up. */
  readonly fwhm: number;
  /** All of its light. */
  readonly flux: number;
  /** Moffat's exponent; left out: a Gaussian. */
  readonly beta?: number;
  /** Major against minor axis, the major one along x; the FWHM is their geometric mean. */
  readonly axes?: number;
  /** A ring out of focus instead, of so much of its diameter (`fwhm`) in the dark. */
  readonly hole?: number;
}

export interface SceneOptions {
  readonly width: number;
  readonly height: number;
  readonly background: number;
  readonly noise: number;
  readonly bitDepth: number;
  readonly seed: number;
}

export const SCENE: SceneOptions = { width: 256, height: 256, background: 500, noise: 10, bitDepth: 16, seed: 1 };

/** Each pixel near the middle is cut into so many squared, where the light changes within it. */
const CUTS = 7;
const CUT_WITHIN_FWHMS = 2;
const REACH_FWHMS = 6;

/** All the light of a star whose light within one FWHM of its middle is so many times the sky's noise there. */
export function fluxOfSnr(snr: number, { fwhm, beta }: Pick<MadeStar, 'fwhm' | 'beta'>, noise = SCENE.noise): number {
  const within = beta === undefined ? 1 - 2 ** -4 : 1 - (1 + 4 * (2 ** (1 / beta) - 1)) ** (1 - beta);
  return (snr * noise * Math.sqrt(Math.PI) * fwhm) / within;
}

export function starScene(stars: readonly MadeStar[], given: Partial<SceneOptions> = {}): FocusImage {
  const { width, height, background, noise, bitDepth, seed } = { ...SCENE, ...given };
  const light = new Float64Array(width * height);
  for (const star of stars) addStar(light, width, height, star);
  const random = randomOf(seed);
  const most = 2 ** bitDepth - 1;
  const pixels = Uint16Array.from(light, (value) =>
    Math.min(most, Math.max(0, Math.round(background + value + noise * normal(random)))),
  );
  return { width, height, pixels, saturation: Math.floor(0.98 * most) };
}

function addStar(light: Float64Array, width: number, height: number, star: MadeStar): void {
  const { x, y, fwhm, flux, axes = 1 } = star;
  const reach = Math.ceil(REACH_FWHMS * fwhm);
  for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(height - 1, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column <= Math.min(width - 1, x + reach); column++) {
      const cuts = Math.hypot(column - x, row - y) < CUT_WITHIN_FWHMS * fwhm ? CUTS : 1;
      let sum = 0;
      for (let i = 0; i < cuts; i++) {
        for (let j = 0; j < cuts; j++) {
          const dx = (column - x + (i + 0.5) / cuts - 0.5) / Math.sqrt(axes);
          const dy = (row - y + (j + 0.5) / cuts - 0.5) * Math.sqrt(axes);
          sum += brightness(star, Math.hypot(dx, dy));
        }
      }
      const at = row * width + column;
      light[at] = (light[at] as number) + (flux * sum) / (cuts * cuts);
    }
  }
}

/** Of a star of flux 1, in a distance from its middle. */
function brightness({ fwhm, beta, hole }: MadeStar, distance: number): number {
  if (hole !== undefined) {
    const isLit = distance <= fwhm / 2 && distance >= (hole * fwhm) / 2;
    return isLit ? 4 / (Math.PI * fwhm * fwhm * (1 - hole * hole)) : 0;
  }
  const u = (2 * distance) / fwhm;
  if (beta === undefined) return ((4 * Math.LN2) / (Math.PI * fwhm * fwhm)) * 2 ** -(u * u);
  const widening = 2 ** (1 / beta) - 1;
  return ((4 * widening * (beta - 1)) / (Math.PI * fwhm * fwhm)) * (1 + widening * u * u) ** -beta;
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
