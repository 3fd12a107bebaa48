/** Asks the camera when its rows are exposed. */

import type { QhyDevice } from './qhy-device.js';
import type { Readout } from './readout.js';
import { type DerivedShutter, deriveShutter, type PreciseExposure, type RowOffsets } from './shutter-timing.js';

export interface Timing extends DerivedShutter {
  readonly precise: PreciseExposure | null;
}

/** Of the mode that is set now; to be asked again after every change of exposure, traffic, depth, binning, region or read mode. */
export async function readTiming(device: QhyDevice, model: string, readout: Readout): Promise<Timing> {
  const precise = await preciseExposure(device);
  const offsets = await rowOffsets(device, readout.rawRows - 1);
  return { ...deriveShutter(model, readout.mode.label, readout.binning, precise, offsets), precise };
}

async function preciseExposure(device: QhyDevice): Promise<PreciseExposure | null> {
  if (!device.has('GetQHYCCDPreciseExposureInfo')) return null;
  const words = [1, 2, 3, 4, 5, 6].map(() => new Uint32Array(1));
  const long = new Uint8Array(1);
  if ((await device.code('GetQHYCCDPreciseExposureInfo', ...words, long)) !== 0) return null;
  const [, linePeriodNs = 0, framePeriodUs = 0, , , exposureUs = 0] = words.map((word) => word[0] ?? 0);
  return { linePeriodNs, framePeriodUs, exposureUs, longExposure: long[0] !== 0 };
}

/** Row 1 is asked besides 0, 2 and the last: rows 0 and 2 are as far apart in pairs as one by one. */
async function rowOffsets(device: QhyDevice, lastRow: number): Promise<RowOffsets | null> {
  const us: number[] = [];
  for (const row of [0, 1, 2, lastRow]) {
    const offset = await device.double('GetQHYCCDRollingShutterEndOffset', row);
    if (offset === null) return null;
    us.push(offset);
  }
  const [zero = 0, one = 0, two = 0, last = 0] = us;
  return { us: [zero, one, two, last], lastRow };
}
