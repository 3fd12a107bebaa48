/**
 * The half-flux diameter of a star: of the circle about its centre of light that holds half of the light. The circle in which all of
 * it is counted has three times that diameter, found by going round until it stays. It holds out of focus too, where a star is a ring.
 * For a Gaussian star it equals the FWHM (of the light as the pixels took it up: their own width is in it).
 */
import type { SkySignal } from './background.js';

/** Radius of the circle in which light is counted, in half-flux diameters. */
const APERTURE_HFDS = 1.5;
const LEAST_RADIUS = 3;
const ROUNDS = 12;
/** Steps of the curve of growth, in pixels. */
const STEP = 0.1;

export interface HalfFlux {
  /** Centre of light; whole numbers are the middles of pixels. */
  readonly x: number;
  readonly y: number;
  readonly hfd: number;
  /** All light within `radius`, above the sky. */
  readonly flux: number;
  readonly radius: number;
}

/** `mostRadius`: the nearest neighbour's light begins there. Null where there is no light above the sky. */
export function halfFluxAt(sky: SkySignal, x: number, y: number, mostRadius: number): HalfFlux | null {
  const most = Math.max(LEAST_RADIUS, mostRadius);
  let centre = { x, y };
  let radius = Math.min(most, 2 * LEAST_RADIUS);
  for (let round = 0; ; round++) {
    centre = centreOfLight(sky, centre.x, centre.y, radius);
    if (Math.hypot(centre.x - x, centre.y - y) > most) return null;
    const { hfd, flux } = growth(sky, centre.x, centre.y, radius);
    if (!(flux > 0) || !(hfd > 0)) return null;
    const next = Math.min(most, Math.max(LEAST_RADIUS, APERTURE_HFDS * hfd));
    if (Math.abs(next - radius) < STEP || round === ROUNDS) return { ...centre, hfd, flux, radius };
    // A ring is grown into, whatever its first bit of light looks like; on the way back half a step keeps from swinging.
    radius = next > radius ? Math.min(most, next * 1.2) : (radius + next) / 2;
  }
}

/** Light-weighted mean place in a circle, gone to again until it stays. */
function centreOfLight(sky: SkySignal, x: number, y: number, radius: number): { x: number; y: number } {
  const { width, height, signal, noise } = sky;
  for (let round = 0; round < 4; round++) {
    let [sum, sumX, sumY] = [0, 0, 0];
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
      for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
        const light = signal[row * width + column] as number;
        const off = (column - x) ** 2 + (row - y) ** 2;
        // Sky far from the centre would pull at it by its noise alone.
        if (off > radius * radius || light < 2 * noise) continue;
        sum += light;
        sumX += light * column;
        sumY += light * row;
      }
    }
    if (sum <= 0) return { x, y };
    const moved = Math.hypot(sumX / sum - x, sumY / sum - y);
    x = sumX / sum;
    y = sumY / sum;
    if (moved < 0.02) break;
  }
  return { x, y };
}

/** Light within each radius, pixels cut into smaller ones at the circles; the radius of half of it. */
function growth({ width, height, signal }: SkySignal, x: number, y: number, radius: number) {
  const rings = new Float64Array(Math.ceil(radius / STEP) + 1);
  const cuts = radius <= 12 ? 5 : radius <= 30 ? 3 : 1;
  const share = 1 / (cuts * cuts);
  for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, Math.ceil(y + radius)); row++) {
    for (
      let column = Math.max(0, Math.floor(x - radius));
      column <= Math.min(width - 1, Math.ceil(x + radius));
      column++
    ) {
      const light = (signal[row * width + column] as number) * share;
      for (let i = 0; i < cuts; i++) {
        const dy = row + (i + 0.5) / cuts - 0.5 - y;
        for (let j = 0; j < cuts; j++) {
          const dx = column + (j + 0.5) / cuts - 0.5 - x;
          const off = Math.sqrt(dx * dx + dy * dy);
          if (off < radius) rings[Math.floor(off / STEP)] = (rings[Math.floor(off / STEP)] as number) + light;
        }
      }
    }
  }
  const flux = rings.reduce((sum, light) => sum + light, 0);
  let within = 0;
  for (const [ring, light] of rings.entries()) {
    if (within + light >= flux / 2 && light > 0) {
      return { flux, hfd: 2 * STEP * (ring + (flux / 2 - within) / light) };
    }
    within += light;
  }
  return { flux, hfd: 0 };
}
