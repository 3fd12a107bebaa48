/** The connection, the light at the camera's back, and how long frames are waited for. */
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';

export function transportControls(state: CameraState): readonly ToupcamControl[] {
  return [...speed(state), realTime(state), ...tailLight(state), ...timeouts(state)];
}

/** On ARM the slowest, as the manual has it: such machines have neither the bandwidth nor the power for more. */
export const isArm = (): boolean => process.arch.startsWith('arm');

function speed(state: CameraState): readonly ToupcamControl[] {
  const { mostSpeed } = state.device.model;
  if (mostSpeed < 1) return [];
  return [
    {
      declaration: declareControl({
        name: 'UsbSpeed',
        label: 'Speed of the connection',
        group: 'Transport',
        type: 'integer',
        minimum: 0,
        maximum: mostSpeed,
        step: 1,
        default: isArm() ? 0 : mostSpeed,
        help: 'The fastest takes all that the connection has. To be lowered when frames do not come; 0, the slowest, is where small ARM machines begin.',
      }),
      value: state.handle.word('get_Speed'),
      unavailable: lacking(state.library.library, 'put_Speed', 'get_Speed'),
      write: (value) => state.handle.change('the speed of the connection', 'put_Speed', numberIn(value, 'UsbSpeed')),
    },
  ];
}

const REAL_TIME = ['Off', 'On', 'Soft'] as const;

function realTime(state: CameraState): ToupcamControl {
  const value = state.handle.number('get_RealTime');
  return {
    declaration: declareControl({
      name: 'RealTimeMode',
      label: 'Real-time mode',
      group: 'Transport',
      type: 'choice',
      choices: REAL_TIME.map((name) => ({ name, label: name })),
      default: 'Off',
      help: 'On and Soft: the library drops older frames for newer ones. Off where no frame may be lost.',
    }),
    value: REAL_TIME[value ?? 0] ?? null,
    unavailable: lacking(state.library.library, 'put_RealTime', 'get_RealTime'),
    write: (mode) =>
      state.handle.change('the real-time mode', 'put_RealTime', mode === 'On' ? 1 : mode === 'Soft' ? 2 : 0),
  };
}

function tailLight(state: CameraState): readonly ToupcamControl[] {
  const value = state.option('TAILLIGHT');
  if (value === null) return [];
  return [
    {
      declaration: declareControl({
        name: 'TailLight',
        label: 'Status light',
        group: 'Transport',
        type: 'boolean',
        default: false,
        help: 'The light at the back of the camera.',
      }),
      value: value !== 0,
      unavailable: null,
      write: (on) => state.setOption('the status light', 'TAILLIGHT', on === true ? 1 : 0),
    },
  ];
}

function timeouts({ choices }: CameraState): readonly ToupcamControl[] {
  const one = (
    name: 'TimeoutMinimum' | 'TimeoutFactor',
    label: string,
    unit: string | null,
    [minimum, maximum, preset]: readonly [number, number, number],
    help: string,
  ): ToupcamControl => {
    const key = name === 'TimeoutMinimum' ? 'timeoutMinimumS' : 'timeoutFactor';
    return {
      declaration: declareControl({
        name,
        label,
        group: 'Transport',
        type: 'float',
        unit,
        minimum,
        maximum,
        default: preset,
        help,
      }),
      value: choices[key],
      unavailable: null,
      write: async (value) => {
        choices[key] = numberIn(value, name);
      },
    };
  };
  return [
    one(
      'TimeoutMinimum',
      'Least time for a readout',
      's',
      [0.1, 10, 1],
      'A frame is late after its exposure and this, or three times the readout that has been measured.',
    ),
    one(
      'TimeoutFactor',
      'Time for a readout, of the exposure',
      null,
      [0, 2, 0],
      'Lengthens that time to so many exposures; 0: it does not.',
    ),
  ];
}
