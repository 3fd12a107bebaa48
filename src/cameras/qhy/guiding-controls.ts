/** Pulses of the guide port (ST4). */
import { declareControl } from '../controls.js';
import { commandControl, KeptControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';

/** Directions as ControlQHYCCDGuide counts them. */
const DIRECTIONS: Readonly<Record<string, number>> = { East: 0, North: 1, South: 2, West: 3 };
const MOST_MS = 65_535;

export function guidingControls(device: QhyDevice, hasPort: () => boolean): readonly QhyControl[] {
  const unavailable = () =>
    device.unavailable('ControlQHYCCDGuide') ??
    (hasPort() ? null : 'the SDK does not offer a guide port for this camera');
  const direction = new KeptControl<string>(
    declareControl({
      name: 'GuideDirection',
      label: 'Direction',
      group: 'Guiding',
      type: 'choice',
      choices: Object.keys(DIRECTIONS).map((name) => ({ name, label: name.toLowerCase() })),
      default: 'North',
      kept: false,
      help: 'Where the next pulse moves the mount.',
    }),
    { value: 'North', unavailable, again: false },
  );
  const duration = new KeptControl<number>(
    declareControl({
      name: 'GuideDuration',
      label: 'Length of a pulse',
      group: 'Guiding',
      type: 'integer',
      unit: 'ms',
      minimum: 1,
      maximum: MOST_MS,
      step: 1,
      default: 100,
      kept: false,
      help: 'How long the mount moves.',
    }),
    { value: 100, unavailable, again: false },
  );
  const pulse = commandControl(
    declareControl({
      name: 'GuidePulse',
      label: 'Guide',
      group: 'Guiding',
      type: 'command',
      help: 'Gives one pulse. Guide port and GPIO are one socket: GPIO mode 0.',
    }),
    () =>
      device.check(
        'ControlQHYCCDGuide',
        'the guide pulse was not taken',
        DIRECTIONS[direction.value] ?? 1,
        duration.value,
      ),
    unavailable,
  );
  return [direction, duration, pulse];
}
