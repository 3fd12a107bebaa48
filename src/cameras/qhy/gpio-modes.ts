/**
 * The camera's GPIO modes and what its pins carry (QHYCCD's manual, "Advanced Control Tools"). No function of the library tells or sets
 * the mode: it is set with the maker's tool, and stated here by the operator, so that a session says what its times came by.
 */
import type { Choice } from '../controls.js';

interface GpioMode {
  readonly use: string;
  /** GPIO1 to GPIO4. */
  readonly pins: readonly [string, string, string, string];
}

const NONE = 'nothing';

export const GPIO_MODES: readonly GpioMode[] = [
  { use: 'outputs set by software, guide port', pins: ['output', 'output', 'output', 'output'] },
  { use: 'GPSBOX, 6 pins', pins: ['GPSBOX control', 'GPSBOX data (in)', 'ShutterMeasure', 'GPSBOX clock'] },
  { use: 'triggers, 5 pins', pins: ['ShutterMeasure', 'TrigIn (in)', 'line period', 'TrigOut'] },
  { use: 'GPS card, 4 pins, TTL', pins: ['ShutterMeasure', 'ShutterMeasure inverted', NONE, NONE] },
  { use: 'several cameras, master', pins: [NONE, NONE, 'HSYNC (out)', 'VSYNC (out)'] },
  { use: 'several cameras, slave', pins: [NONE, NONE, 'HSYNC (in)', 'VSYNC (in)'] },
  { use: 'LED calibration', pins: ['ShutterMeasure', 'TrigIn (in)', 'line period', 'LED (out)'] },
];

export const GPIO_CHOICES: readonly Choice[] = [
  { name: 'NotStated', label: 'not stated' },
  ...GPIO_MODES.map(({ use }, mode) => ({ name: `Mode${mode}`, label: `mode ${mode}: ${use}` })),
];

/** `GPIO1 GPSBOX control, GPIO2 ...` of each mode. */
export const GPIO_PINS = GPIO_MODES.map(
  ({ pins }, mode) => `mode ${mode}: ${pins.map((pin, i) => `GPIO${i + 1} ${pin}`).join(', ')}`,
).join('; ');
