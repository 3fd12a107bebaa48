/** The exposure: what is set, and what the camera makes of it. */
import { type ControlValue, declareControl } from '../controls.js';
import { ParameterControl } from './parameter-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import type { PreciseExposure } from './shutter-timing.js';

const FIRST_US = 100_000;

/** Its value is the exposure that frames have, where the camera tells it. */
export class ExposureControl extends ParameterControl {
  readonly #precise: () => PreciseExposure | null;

  constructor(device: QhyDevice, precise: () => PreciseExposure | null, changed: () => void) {
    const declaration = declareControl({
      name: 'ExposureTime',
      label: 'Exposure',
      group: 'Exposure',
      type: 'float',
      unit: 'us',
      minimum: 20,
      maximum: 3_600_000_000,
      default: FIRST_US,
      help: 'From 20 us to an hour with a QHY411. A rolling shutter exposes whole lines: the value is what frames have. Frames under way when it is changed in live mode are left out.',
    });
    super(device, CONTROL.EXPOSURE, declaration, { initial: FIRST_US, changed });
    this.#precise = precise;
  }

  /** Microseconds that frames are exposed for. */
  get us(): number {
    return exposureUs(this.number ?? 0, this.#precise());
  }

  override get value(): ControlValue {
    // An hour of whole lines can be a part of one longer: what is told must be what can be set again.
    return super.value === null ? null : Math.min(this.us, this.declaration.maximum ?? this.us);
  }
}

/**
 * What the camera makes of an exposure that is `set`. It tells whole microseconds; a rolling shutter exposes for a whole number of lines,
 * so the number of lines that fits what it tells is nearer.
 */
export function exposureUs(set: number, precise: PreciseExposure | null): number {
  const told = precise?.exposureUs ?? 0;
  const lineUs = (precise?.linePeriodNs ?? 0) / 1000;
  // Some answers have nothing to do with what was set.
  if (told <= 0 || Math.abs(told - set) > Math.max(0.01 * set, 2 * lineUs)) return set;
  if (lineUs <= 0) return Math.abs(told - set) < 1 ? set : told;
  // Cut or rounded, it is within a microsecond.
  const lines = Math.round(((told + 0.5) * 1000) / (lineUs * 1000)) * lineUs;
  if (Math.abs(lines - told) <= 1) return Math.round(lines * 1000) / 1000;
  return Math.abs(told - set) < 1 ? set : told;
}
