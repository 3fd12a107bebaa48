/** The air in the sensor's chamber. */
import { declareControl } from '../controls.js';
import { readingControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';

/** Humidity and pressure, where the camera has sensors of them. */
export function chamberControls(device: QhyDevice): readonly QhyControl[] {
  const one = (name: string, label: string, unit: string, read: () => Promise<number | null>): QhyControl => {
    let missing: string | null = 'the camera has not been asked yet';
    const control = readingControl(
      declareControl({
        name,
        label,
        group: 'Cooling',
        type: 'float',
        unit,
        readOnly: true,
        help: 'Read about once a second.',
      }),
      read,
      () => missing,
    );
    const probe = async () => {
      missing = (await read()) === null ? 'the camera does not tell it' : null;
      await control.poll?.();
    };
    return {
      ...control,
      get value() {
        return control.value;
      },
      get unavailable() {
        return missing;
      },
      probe,
    };
  };
  const asked = async (
    id: typeof CONTROL.HUMIDITY | typeof CONTROL.PRESSURE,
    name: 'GetQHYCCDHumidity' | 'GetQHYCCDPressure',
  ) => {
    const value = await device.double(name);
    return value ?? ((await device.available(id)) ? device.parameter(id) : null);
  };
  return [
    one('Humidity', 'Humidity in the chamber', '%', () => asked(CONTROL.HUMIDITY, 'GetQHYCCDHumidity')),
    one('Pressure', 'Pressure in the chamber', 'mbar', () => asked(CONTROL.PRESSURE, 'GetQHYCCDPressure')),
  ];
}
