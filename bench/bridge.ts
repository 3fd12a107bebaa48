/**
 * A camera behind its maker's library at 8 Gb/s, frames of 17 Mpx that the imitated library copies into our memory: over the bridge and
 * loopback, and straight into the ring. Frames lost, CPU seconds a GB of the bridge and of the process that receives, and how long after
 * the library handed it over a frame is whole in the ring. The reference is one plain copy of the same frames. In runs of their own, so
 * that it costs the figures above nothing, every byte and time of every frame is compared with what the library gave.
 */

import { join } from 'node:path';
import { COMPARED } from './bridge/frame-comparison.js';
import { receiveBridged, receiveInProcess } from './bridge/sdk-stream.js';
import { ownFolder } from './harness/own.js';
import type { Case, Figures, Target } from './harness.js';

/** A QHY411 frame in 3x3 binning, 8 bits. */
const WIDTH = 4768;
const HEIGHT = 3588;
const GBPS = 8;
const SECONDS = Number(process.env.APPULSE_BENCH_SECONDS) || 4;
const FRAME_BYTES = WIDTH * HEIGHT;

const CAMERA = { width: WIDTH, height: HEIGHT, format: 'Mono8', fps: (GBPS * 1e9) / 8 / FRAME_BYTES };

const LOST = 'lost';
const CPU = 'CPU s/GB';
const FIGURES = {
  [LOST]: { unit: 'frames', ratio: false },
  'Gb/s': { unit: 'Gb/s', ratio: false },
  [CPU]: { unit: 's/GB, all processes' },
  'bridge CPU s/GB': { unit: 's/GB', ratio: false },
  latency: { unit: 'ms, median', ratio: false },
  'latency 99 %': { unit: 'ms', ratio: false },
} as const;

/** One copy of each frame, out of four that the caches do not hold, into as many. */
function copying(): Figures {
  const from = Array.from({ length: 4 }, (_, i) => new Uint8Array(FRAME_BYTES).fill(i + 1));
  const to = Array.from({ length: 4 }, () => new Uint8Array(FRAME_BYTES).fill(9));
  const before = process.cpuUsage();
  let bytes = 0;
  for (let n = 0; n < 100; n++, bytes += FRAME_BYTES) to[n % 4]?.set(from[(n + 1) % 4] ?? []);
  const { user, system } = process.cpuUsage(before);
  return { [CPU]: (user + system) / 1e6 / (bytes / 1e9) };
}

const NONE: Target = { of: 'measured', is: 'at most', value: 0 };
const EQUAL: Record<string, Target> = {
  [LOST]: NONE,
  'share compared': { of: 'measured', is: 'at least', value: 100 },
  'unequal pixels': NONE,
  'unequal headers': NONE,
  'unequal times': NONE,
};
const WHOLE: Record<string, Target> = { [LOST]: NONE };

export const cases: readonly Case[] = [
  {
    name: `17 Mpx, 8 bit, ${GBPS} Gb/s`,
    reference: 'one memcpy of the frames',
    figures: FIGURES,
    contestants: { bridge: WHOLE, 'in process': WHOLE },
    rounds: 3,
    warmUps: 0,
    open: () => {
      process.env.IMITATED_CAMERA = JSON.stringify(CAMERA);
      return {
        runs: {
          bridge: () => receiveBridged({ seconds: SECONDS, frameBytes: FRAME_BYTES, truth: null }),
          'in process': () => receiveInProcess({ seconds: SECONDS, frameBytes: FRAME_BYTES, truth: null }),
        },
        reference: copying,
        note: `${SECONDS} s a run; the driver's own copy is in the CPU`,
      };
    },
  },
  {
    name: `17 Mpx, 8 bit, ${GBPS} Gb/s, each frame compared with what the library gave`,
    reference: 'none: each byte and time is equal or not',
    figures: { [LOST]: FIGURES[LOST], 'Gb/s': FIGURES['Gb/s'], ...COMPARED },
    contestants: { bridge: EQUAL, 'in process': EQUAL },
    rounds: 1,
    warmUps: 0,
    open: ({ folder }) => {
      const own = ownFolder(folder);
      const compared = (name: string) => {
        const truth = join(own, `${name}.ndjson`);
        // The driver reads it when its thread or process begins.
        process.env.IMITATED_CAMERA = JSON.stringify({ ...CAMERA, truth });
        return { seconds: 3 * SECONDS, frameBytes: FRAME_BYTES, truth };
      };
      return {
        runs: {
          bridge: () => receiveBridged(compared('bridge')),
          'in process': () => receiveInProcess(compared('in-process')),
        },
        reference: null,
        note: `${3 * SECONDS} s a run; all pixels, header bytes, header times and time stamps`,
      };
    },
  },
];
