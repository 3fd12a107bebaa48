import { histogramLength } from '#pipeline/kernels/histogram.js';
import { riceBound, riceEncode16 } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import { HISTOGRAM_BINS, StageClock } from '#pipeline/stages/steps.js';
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { Case } from '../harness.js';
import { HEIGHT, PIXELS, seconds, skyFrame, WIDTH } from './frame.js';

const TIME = 'time';
/** What of unpacking and statistics may be left where memory is read once. */
const SHARE = 0.7;

/** 14 bits a pixel, least significant first. */
function packed14(pixels: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((pixels.length * 14) / 8));
  let [word, bits, at] = [0, 0, 0];
  for (const pixel of pixels) {
    word |= pixel << bits;
    for (bits += 14; bits >= 8; bits -= 8, word >>>= 8) bytes[at++] = word;
  }
  return bytes;
}

/** The frame pass in tiles, beside the same kernels over the whole frame, one after the other. */
export const fusedCase: Case = {
  name: 'one pass: unpack 14p, statistics, Rice',
  reference: `Rice + ${SHARE} x (unpack + statistics), separately`,
  figures: { [TIME]: { unit: 'ms' } },
  contestants: { fused: { [TIME]: { of: 'ratio', is: 'at most', value: 1 } } },
  open: () => {
    const format = pixelFormatByName('Mono14p') as PixelFormat;
    const payload = packed14(skyFrame());
    const pixels = new Uint16Array(PIXELS).fill(1);
    const out = new Uint8Array(HEIGHT * riceBound(WIDTH, 2)).fill(1);
    const rowBytes = new Uint32Array(HEIGHT);
    const scratch = new PassScratch();
    const pass = () =>
      bandPass({
        payload,
        format,
        binning: NO_BINNING,
        width: WIDTH,
        height: HEIGHT,
        band: { firstRow: 0, rows: HEIGHT },
        skipRows: 0,
        steps: { encoding: 'rice', statistics: true, histogram: 'off', preview: false },
        out,
        outOffset: 0,
        rowBytes,
        histogram: new Uint32Array(histogramLength(HISTOGRAM_BINS)),
        preview: null,
        scratch,
        clock: new StageClock(),
      });
    const apart = (): number => {
      const unpack = seconds(() => unpack16(payload, format, 0, PIXELS, pixels));
      const statistics = seconds(() => new StatisticsAccumulator(16_383).add(pixels, 0, PIXELS));
      const rice = seconds(() => riceEncode16(pixels, 0, WIDTH, HEIGHT, 0x8000, out, 0, rowBytes, 0));
      return rice + SHARE * (unpack + statistics);
    };
    return {
      runs: { fused: () => ({ [TIME]: 1_000 * seconds(pass) }) },
      reference: () => ({ [TIME]: 1_000 * apart() }),
    };
  },
};
