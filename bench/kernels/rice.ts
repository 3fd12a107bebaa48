import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { riceBound, riceEncode16 } from '#pipeline/kernels/rice.js';
import { compileReference, ownFolder } from '../harness/own.js';
import { type Case, skipped } from '../harness.js';
import { HEIGHT, PIXELS, seconds, skyFrame, WIDTH } from './frame.js';

const SPEED = 'speed';
const BITS = 'bits a pixel';

interface ReferenceLine {
  readonly seconds: number;
  readonly bytes: number;
  readonly checksum: number;
}

function checksumOf(bytes: Uint8Array): number {
  let checksum = 2_166_136_261;
  for (const byte of bytes) checksum = Math.imul(checksum ^ byte, 16_777_619);
  return checksum >>> 0;
}

/** Every row, one after the other, as the frame pass calls it; both are compared in bytes of pixels a second. */
export const riceCase: Case = {
  name: 'Rice, 16 bit, sky of sigma 10',
  reference: 'cfitsio, the same bytes',
  figures: { [SPEED]: { unit: 'MB/s' }, [BITS]: { unit: 'bit', ratio: false } },
  contestants: { native: { [SPEED]: { of: 'ratio', is: 'at least', value: 8 } } },
  open: ({ folder }) => {
    const own = ownFolder(folder);
    const program = compileReference(own, 'rice', ['-O2', '-lcfitsio']);
    if (program === null) return skipped('cfitsio cannot be compiled against: install libcfitsio-dev');
    const pixels = skyFrame();
    const file = join(own, 'pixels');
    writeFileSync(file, new Uint8Array(pixels.buffer));
    const out = new Uint8Array(HEIGHT * riceBound(WIDTH, 2)).fill(1);
    const rowBytes = new Uint32Array(HEIGHT);
    let bytes = 0;
    const encode = () => {
      bytes = riceEncode16(pixels, 0, WIDTH, HEIGHT, 0x8000, out, 0, rowBytes, 0);
    };
    const figures = (time: number, length: number) => ({
      [SPEED]: (2 * PIXELS) / time / 1e6,
      [BITS]: (8 * length) / PIXELS,
    });
    const reference = (): ReferenceLine => {
      const done = spawnSync(program, [file, String(WIDTH), String(HEIGHT), '3'], { encoding: 'utf8' });
      const lines = done.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as ReferenceLine);
      const [, median] = lines.sort((a, b) => a.seconds - b.seconds);
      if (median === undefined) throw new Error(`the reference failed: ${done.stderr}`);
      return median;
    };
    encode();
    const { checksum } = reference();
    if (checksum !== checksumOf(out.subarray(0, bytes))) throw new Error('the code is not what cfitsio makes');
    return {
      runs: { native: () => figures(seconds(encode), bytes) },
      reference: () => {
        const line = reference();
        return figures(line.seconds, line.bytes);
      },
      note: 'bytes identical',
    };
  },
};
