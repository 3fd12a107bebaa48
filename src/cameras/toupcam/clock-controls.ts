/** The camera's clock and its GPS receiver. */
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import type { ToupcamControl } from './toupcam-control.js';

export function clockControls(state: CameraState): readonly ToupcamControl[] {
  return [gps(state), counterReset(state)];
}

const GPS_STATES = ['Unsupported', 'Offline', 'Online'] as const;

function gps(state: CameraState): ToupcamControl {
  const value = state.option('GPS') ?? 0;
  return {
    declaration: declareControl({
      name: 'GpsStatus',
      label: 'GPS receiver',
      group: 'Clock',
      type: 'choice',
      choices: [
        { name: 'Unsupported', label: 'None' },
        { name: 'Offline', label: 'Offline' },
        { name: 'Online', label: 'Online' },
      ],
      readOnly: true,
      help: 'Whether the camera has a GPS receiver that gives the times of frames. The library tells no lock and no accuracy.',
    }),
    value: value === 1 ? GPS_STATES[2] : value === -1 ? GPS_STATES[1] : GPS_STATES[0],
    unavailable: null,
    write: null,
  };
}

/** Both at once: a number that begins anew beside a clock that does not would be taken for another camera's. */
const NUMBER_AND_CLOCK = 3;

function counterReset(state: CameraState): ToupcamControl {
  return {
    declaration: declareControl({
      name: 'FrameCounterReset',
      label: "Reset frame number and camera's clock",
      group: 'Clock',
      type: 'command',
      live: false,
      help: "The numbers of frames and the camera's clock begin at 0 again; else they go on as long as the camera is open.",
    }),
    value: null,
    unavailable: null,
    write: () => state.setOption('the reset of frame numbers', 'RESET_SEQ_TIMESTAMP', NUMBER_AND_CLOCK),
  };
}
