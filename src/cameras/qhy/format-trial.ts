/**
 * Finds out what the frames of a read mode are, where its name says that they are not plain 8 or 16 bit: takes one, and looks at the depth
 * that the library tells and at how far it wrote. How the QHY411's 12 bit mode packs its pixels is published nowhere.
 */
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { deliveredFormat } from './delivered-format.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import type { Readout } from './readout.js';
import { sleep } from './waits.js';

const FILL = 0xa5a5_a5a5;
const TRIAL_EXPOSURE_US = 10_000;
const POLL_MS = 5;

/** Runs a short live stream of a camera that is initialised for one; null where no frame comes within `waitMs`. */
export async function tryFormat(device: QhyDevice, readout: Readout, waitMs: number): Promise<PixelFormat | null> {
  await device.setParameter(CONTROL.EXPOSURE, TRIAL_EXPOSURE_US, 'the exposure');
  const memory = new Uint8Array(readout.memoryBytes);
  const most = Math.min(memory.byteLength, readout.region.width * readout.region.height * 4);
  const marked = new Uint32Array(memory.buffer, 0, most >> 2).fill(FILL);
  await device.checkSlow('BeginQHYCCDLive', 'the stream could not be begun');
  try {
    const [width, height, bits, channels] = [0, 0, 0, 0].map(() => new Uint32Array(1));
    for (const endMs = performance.now() + waitMs; performance.now() < endMs; await sleep(POLL_MS)) {
      if ((await device.code('GetQHYCCDLiveFrame', width, height, bits, channels, memory)) !== 0) continue;
      const told = {
        width: width?.[0] ?? 0,
        height: height?.[0] ?? 0,
        bits: bits?.[0] ?? 0,
        channels: channels?.[0] ?? 0,
      };
      return deliveredFormat({ ...told, writtenBytes: writtenBytes(marked) }, readout.frameBayer);
    }
    return null;
  } finally {
    await device.checkSlow('StopQHYCCDLive', 'the stream could not be ended');
  }
}

/** Bytes up to the last one that differs from the mark, to the whole word. */
function writtenBytes(marked: Uint32Array): number {
  let words = marked.length;
  while (words > 0 && marked[words - 1] === FILL) words--;
  return words * 4;
}
