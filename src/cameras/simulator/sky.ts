import { Random } from '../random.js';

export const sceneNames = ['stars', 'noise', 'streak', 'meteor', 'occultation'] as const;
export type SceneName = (typeof sceneNames)[number];

/** What of the sky must be known to draw it: sensor coordinates, electrons in one exposure. */
export interface Sky {
  readonly scene: SceneName;
  readonly seed: number;
  readonly sensorWidth: number;
  readonly sensorHeight: number;
  readonly psfSigma: number;
  /** Electrons that fill a pixel: the scale of brightness. */
  readonly fullWellElectrons: number;
  /** Exposure relative to the model's default: light grows with it. */
  readonly exposureRatio: number;
  /** Frames in the loop after which the scene begins again. */
  readonly loopFrames: number;
}

/** Mean electrons at a pixel of the sensor. */
export type Shine = (x: number, y: number, electrons: number) => void;

/** Lights up the stars and objects of frame `index` of the loop. */
export function drawSky(sky: Sky, index: number, shine: Shine): void {
  if (sky.scene === 'noise') return;
  drawStars(sky, shine);
  const phase = index / sky.loopFrames;
  const next = (index + 1) / sky.loopFrames;
  const [w, h] = [sky.sensorWidth, sky.sensorHeight];
  const bright = sky.fullWellElectrons * sky.exposureRatio;
  if (sky.scene === 'streak') {
    // Crosses the whole sensor once a loop, at constant brightness along its path.
    const at = (t: number): Point => ({ x: w * t, y: h * (0.2 + 0.5 * t) });
    drawTrail(sky, at(phase), at(next), 0.15 * bright, shine);
  } else if (sky.scene === 'meteor' && phase >= 0.3 && phase < 0.7) {
    // Brightens slowly, flares near the end, is gone.
    const t = (phase - 0.3) / 0.4;
    const at = (p: number): Point => ({ x: w * (0.3 + 0.35 * p), y: h * (0.25 + 0.45 * p) });
    const light = t < 0.75 ? 0.1 + 0.4 * t : Math.max(0.05, 1.5 - 5 * Math.abs(t - 0.85));
    drawTrail(sky, at(t), at((next - 0.3) / 0.4), light * bright, shine);
  } else if (sky.scene === 'occultation') {
    const hidden = phase >= 1 / 3 && phase < 2 / 3;
    drawStar(sky, { x: w / 2, y: h / 2 }, 0.5 * bright * (hidden ? 0.03 : 1), shine);
  }
}

/** Whether the star of the occultation scene is hidden in frame `index` of the loop. */
export function isOcculted(sky: Sky, index: number): boolean {
  const phase = index / sky.loopFrames;
  return sky.scene === 'occultation' && phase >= 1 / 3 && phase < 2 / 3;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function drawStars(sky: Sky, shine: Shine): void {
  const random = new Random(sky.seed, 0x73746172);
  const area = sky.sensorWidth * sky.sensorHeight;
  const count = Math.round(Math.min(1200, Math.max(40, area / 60_000)));
  for (let i = 0; i < count; i++) {
    const at = { x: random.float() * sky.sensorWidth, y: random.float() * sky.sensorHeight };
    // Peaks from 0.2 % of full well to 20 % above it, many faint ones: a straight line in log N over log flux.
    const peak = 0.002 * 600 ** (random.float() ** 2);
    drawStar(sky, at, peak * sky.fullWellElectrons * sky.exposureRatio, shine);
  }
}

/** A Gaussian image with `peak` electrons at its centre, out to four sigma. */
function drawStar(sky: Sky, at: Point, peak: number, shine: Shine): void {
  const reach = Math.ceil(4 * sky.psfSigma);
  const [cx, cy] = [Math.round(at.x), Math.round(at.y)];
  for (let y = cy - reach; y <= cy + reach; y++) {
    for (let x = cx - reach; x <= cx + reach; x++) {
      const r2 = ((x - at.x) ** 2 + (y - at.y) ** 2) / sky.psfSigma ** 2;
      const electrons = peak * Math.exp(-r2 / 2);
      if (electrons > 0.05) shine(x, y, electrons);
    }
  }
}

/** A straight trail from `from` to `to`, `peak` electrons along its middle line, with the width of a star. */
function drawTrail(sky: Sky, from: Point, to: Point, peak: number, shine: Shine): void {
  const reach = 4 * sky.psfSigma;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length2 = dx * dx + dy * dy;
  const top = Math.floor(Math.min(from.y, to.y) - reach);
  const bottom = Math.ceil(Math.max(from.y, to.y) + reach);
  for (let y = top; y <= bottom; y++) {
    // The x range of the trail in this row, widened by the reach across a slanted line.
    const slack = reach * (1 + Math.abs(dx) / Math.max(1, Math.abs(dy)));
    const middle = dy === 0 ? null : from.x + ((y - from.y) / dy) * dx;
    const low = Math.max(Math.min(from.x, to.x) - reach, middle === null ? -Infinity : middle - slack);
    const high = Math.min(Math.max(from.x, to.x) + reach, middle === null ? Infinity : middle + slack);
    for (let x = Math.floor(low); x <= high; x++) {
      const t = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length2));
      const r2 = ((x - from.x - t * dx) ** 2 + (y - from.y - t * dy) ** 2) / sky.psfSigma ** 2;
      const electrons = peak * Math.exp(-r2 / 2);
      if (electrons > 0.05) shine(x, y, electrons);
    }
  }
}
