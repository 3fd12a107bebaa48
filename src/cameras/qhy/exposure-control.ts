/** The exposure, and what the camera makes of it. */
import { declareControl } from '../controls.js';
import { ParameterControl } from './parameter-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';

const FIRST_US = 100_000;

export function exposureControl(device: QhyDevice, changed: () => void): ParameterControl {
  return new ParameterControl(
    device,
    CONTROL.EXPOSURE,
    declareControl({
      name: 'ExposureTime',
      label: 'Exposure',
      group: 'Exposure',
      type: 'float',
      unit: 'us',
      minimum: 20,
      maximum: 3_600_000_000,
      default: FIRST_US,
      help: 'From 20 us to an hour with a QHY411. Frames under way when it is changed in live mode are left out.',
    }),
    { initial: FIRST_US, changed },
  );
}
