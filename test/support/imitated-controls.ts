/** The controls of an imitated camera: at least one of each type. */
import { type ControlDeclaration, type ControlValue, declareControl } from '#src/cameras/controls.js';
import type { ImitatedCamera } from './imitated-frames.js';

export const FAULTS = ['None', 'Hang', 'Crash', 'Abort', 'Unplug', 'WrongSize', 'Lose', 'Exception'] as const;

/** Each with the value that it has at first. */
export function imitatedControls(camera: ImitatedCamera): readonly [ControlDeclaration, ControlValue][] {
  const control = (
    given: Parameters<typeof declareControl>[0],
    value: ControlValue,
  ): [ControlDeclaration, ControlValue] => [declareControl(given), value];
  const help = 'Of an imitated camera.';
  return [
    control(
      {
        name: 'Width',
        label: 'Width',
        group: 'Image',
        type: 'integer',
        unit: 'px',
        minimum: 8,
        maximum: camera.width,
        step: 8,
        shapesFrames: true,
        live: false,
        help,
      },
      camera.width,
    ),
    control(
      {
        ...{
          name: 'PixelFormat',
          label: 'Pixel format',
          group: 'Image',
          type: 'choice',
          shapesFrames: true,
          live: false,
          help,
        },
        choices: ['Mono8', 'Mono12p', 'Mono16'].map((name) => ({ name, label: name })),
      },
      camera.format,
    ),
    control(
      {
        name: 'ExposureTime',
        label: 'Exposure < time',
        group: 'Exposure',
        type: 'float',
        unit: 'us',
        minimum: 20,
        maximum: 3.6e9,
        default: 2_000,
        help,
      },
      2_000,
    ),
    control(
      { name: 'Gain', label: 'Gain', group: 'Gain', type: 'integer', minimum: 0, maximum: 100, default: 10, help },
      10,
    ),
    control(
      {
        name: 'CoolerTarget',
        label: 'Cooler target',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel',
        minimum: -40,
        maximum: 20,
        help,
      },
      -10,
    ),
    control(
      {
        name: 'DeviceTemperature',
        label: 'Temperature',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel',
        readOnly: true,
        help,
      },
      -9.5,
    ),
    control({ name: 'FilterName', label: 'Filter', group: 'Filter', type: 'text', help }, 'Clear'),
    control({ name: 'LowNoise', label: 'Low noise', group: 'Gain', type: 'boolean', live: false, help }, false),
    control({ name: 'FrameCounterReset', label: 'Reset the counter', group: 'Burst', type: 'command', help }, null),
    control({ name: 'DdrBuffer', label: 'DDR', group: 'Transport', type: 'boolean', help }, true),
    control({ name: 'BurstMode', label: 'Burst', group: 'Burst', type: 'boolean', live: false, help }, false),
    control({ name: 'BurstStart', label: 'First', group: 'Burst', type: 'integer', minimum: 1, maximum: 100, help }, 1),
    control({ name: 'BurstEnd', label: 'Last', group: 'Burst', type: 'integer', minimum: 2, maximum: 100, help }, 5),
    control({ name: 'BurstCount', label: 'Bursts', group: 'Burst', type: 'integer', minimum: 1, maximum: 9, help }, 1),
    control(
      {
        ...{ name: 'Fault', label: 'Fault', group: 'Other', type: 'choice', kept: false, help },
        choices: FAULTS.map((name) => ({ name, label: name })),
      },
      'None',
    ),
    control(
      {
        name: 'FaultAfter',
        label: 'Frames before it',
        group: 'Other',
        type: 'integer',
        minimum: 0,
        maximum: 1e6,
        help,
      },
      0,
    ),
    control(
      {
        name: 'SlowAnswer',
        label: 'Milliseconds to set this',
        group: 'Other',
        type: 'integer',
        unit: 'ms',
        minimum: 0,
        maximum: 60_000,
        help,
      },
      0,
    ),
  ];
}
