import { type StackMode, stackAdd, stackBytes } from '#pipeline/kernels/stack.js';
import type { Case } from '../harness.js';
import { memcpyOfFrame, PIXELS, skyFrame } from './frame.js';

const TIME = 'time a frame';
const SPEED = 'speed';
const FRAMES = 8;
const TILE = 8_192;
const REPETITIONS = 5;
/** One thread of RMS's own compressor, 8 bits: 339 to 368 Mpx/s, measured on such a machine (256 frames of 720p and 1080p). */
const RMS_MEGAPIXELS = 350;

/**
 * Seconds a frame of adding 8 frames to a stack whose accumulators are in memory, in tiles as the frame workers do it. Pixels
 * stand in the tile already, as unpacking leaves them: what is measured is the stack.
 */
function secondsOf(mode: StackMode): number {
  const pixels = skyFrame();
  const accumulators = new Uint8Array(stackBytes(mode, PIXELS)).fill(1);
  const values = new Uint16Array(FRAMES * TILE);
  for (let k = 0; k < FRAMES; k++) values.set(pixels.subarray(k * 50_000, k * 50_000 + TILE), k * TILE);
  const sums = new BigUint64Array(FRAMES);
  const shift = mode === 'rms' ? 6 : 0;
  const samples: number[] = [];
  for (let round = 0; round <= REPETITIONS; round++) {
    const began = performance.now();
    for (let firstPixel = 0; firstPixel < PIXELS; firstPixel += TILE) {
      const count = Math.min(TILE, PIXELS - firstPixel);
      stackAdd(
        { mode, accumulators, pixels: PIXELS, firstPixel, count },
        { values, frameCount: FRAMES, firstFrame: FRAMES, shift, sums },
      );
    }
    if (round > 0) samples.push((performance.now() - began) / 1_000 / FRAMES);
  }
  return samples.sort((a, b) => a - b)[REPETITIONS >> 1] ?? Number.NaN;
}

export const stackCases: readonly Case[] = [
  {
    name: 'stack, 8 frames a pass',
    reference: 'memcpy of the frame as uint16',
    figures: { [TIME]: { unit: 'ms' } },
    contestants: { exact: { [TIME]: { of: 'ratio', is: 'at most', value: 2 } }, rms: {} },
    open: () => {
      const memcpy = memcpyOfFrame();
      return {
        runs: {
          exact: () => ({ [TIME]: 1_000 * secondsOf('exact') }),
          rms: () => ({ [TIME]: 1_000 * secondsOf('rms') }),
        },
        reference: () => ({ [TIME]: 1_000 * memcpy() }),
      };
    },
  },
  {
    name: 'stack as RMS makes it',
    reference: "one thread of RMS's compressor, as measured before",
    figures: { [SPEED]: { unit: 'Mpx/s' } },
    contestants: { rms: { [SPEED]: { of: 'ratio', is: 'at least', value: 5 } } },
    open: () => ({
      runs: { rms: () => ({ [SPEED]: PIXELS / secondsOf('rms') / 1e6 }) },
      reference: () => ({ [SPEED]: RMS_MEGAPIXELS }),
    }),
  },
];
