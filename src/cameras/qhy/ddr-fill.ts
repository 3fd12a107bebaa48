/** How full the camera's memory is. */
import { declareControl } from '../controls.js';
import { readingControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';

/** In parts of the range that the library tells for the fill; where it tells none, the number is taken for per cent. */
export function ddrFillControl(device: QhyDevice): QhyControl {
  let missing: string | null = 'the camera has not been asked yet';
  let full = 100;
  const reading = readingControl(
    declareControl({
      name: 'DdrFill',
      label: 'DDR buffer, filled',
      group: 'Transport',
      type: 'float',
      unit: '%',
      readOnly: true,
      help: "How full the camera's memory is. Near 100 % the computer takes frames too slowly.",
    }),
    async () => {
      const value = await device.parameter(CONTROL.DDR_BUFFER_CAPACITY);
      return value === null ? null : Math.round((value * 1000) / full) / 10;
    },
    () => missing,
  );
  return {
    declaration: reading.declaration,
    get value() {
      return reading.value;
    },
    get unavailable() {
      return missing;
    },
    async probe() {
      const there = await device.available(CONTROL.DDR_BUFFER_CAPACITY);
      missing = there ? null : 'the SDK does not offer it for this camera';
      const range = there ? await device.range(CONTROL.DDR_BUFFER_CAPACITY) : null;
      full = range !== null && range.maximum > 0 ? range.maximum : 100;
      await reading.poll?.();
    },
    poll: async () => reading.poll?.(),
  };
}
