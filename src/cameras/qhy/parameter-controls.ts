/** The controls that are one parameter of the library each. */
import { declareControl } from '../controls.js';
import { ParameterControl, type ParameterOptions } from './parameter-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL, type ControlId } from './qhy-functions.js';

type Row = readonly [ControlId, Parameters<typeof declareControl>[0], ParameterOptions?];

const ROWS: readonly Row[] = [
  [
    CONTROL.ROWNOISERE,
    {
      name: 'RowNoiseReduction',
      label: 'Row noise reduction',
      group: 'Image',
      type: 'boolean',
      help: 'Takes noise out that all pixels of a row share, by changing their values. Off keeps what the sensor gave.',
    },
  ],
  [
    CONTROL.AMPV,
    {
      name: 'AmpGlow',
      label: 'Amplifier glow',
      group: 'Image',
      type: 'choice',
      choices: [
        { name: 'Auto', label: 'suppressed in long exposures' },
        { name: 'On', label: 'suppression on' },
        { name: 'Off', label: 'suppression off' },
      ],
      help: 'Suppresses the glow of the read-out amplifier.',
    },
    { values: [0, 1, 2] },
  ],
  [
    CONTROL.GAIN,
    {
      name: 'Gain',
      label: 'Gain',
      group: 'Gain',
      type: 'float',
      help: "The camera's own scale; where modes switch to high conversion gain stands in the maker's curves.",
    },
    { defaultId: CONTROL.DEFAULT_GAIN },
  ],
  [
    CONTROL.OFFSET,
    {
      name: 'BlackLevel',
      label: 'Offset',
      group: 'Gain',
      type: 'float',
      help: 'Added to every pixel, so that noise does not go below 0. Raise it until a dark frame has no zeros.',
    },
    { defaultId: CONTROL.DEFAULT_OFFSET },
  ],
  [
    CONTROL.LIGHT_PERFORMANCE_MODE,
    {
      name: 'HighFullWell',
      label: 'Light performance mode',
      group: 'Gain',
      type: 'boolean',
      help: "The maker's mode for bright light, where a camera has it outside of its read modes.",
    },
  ],
  [
    CONTROL.WBR,
    {
      name: 'WhiteBalanceRed',
      label: 'White balance, red',
      group: 'Color',
      type: 'float',
      help: 'Gain of red pixels.',
    },
  ],
  [
    CONTROL.WBG,
    {
      name: 'WhiteBalanceGreen',
      label: 'White balance, green',
      group: 'Color',
      type: 'float',
      help: 'Gain of green pixels.',
    },
  ],
  [
    CONTROL.WBB,
    {
      name: 'WhiteBalanceBlue',
      label: 'White balance, blue',
      group: 'Color',
      type: 'float',
      help: 'Gain of blue pixels.',
    },
  ],
  [
    CONTROL.CONTRAST,
    {
      name: 'Contrast',
      label: 'Contrast',
      group: 'Color',
      type: 'float',
      help: 'The library computes it into 8 bit images: leave it at its default for measurements.',
    },
  ],
  [
    CONTROL.BRIGHTNESS,
    {
      name: 'Brightness',
      label: 'Brightness',
      group: 'Color',
      type: 'float',
      help: 'The library computes it into 8 bit images: leave it at its default for measurements.',
    },
  ],
  [
    CONTROL.GAMMA,
    {
      name: 'Gamma',
      label: 'Gamma',
      group: 'Color',
      type: 'float',
      help: 'The library computes it into 8 bit images: leave it at its default for measurements.',
    },
  ],
  [
    CONTROL.HEATING_BOARD,
    {
      name: 'AntiDewHeater',
      label: 'Anti-dew heater',
      group: 'Cooling',
      type: 'integer',
      help: 'Heats the window, where the SDK lets it be set; other cameras heat by themselves.',
    },
  ],
  [
    CONTROL.USBTRAFFIC,
    {
      name: 'UsbTraffic',
      label: 'USB traffic',
      group: 'Transport',
      type: 'float',
      help: 'Lengthens the pause after each row: fewer frames a second, fewer lost ones, other horizontal banding. It changes the line period, which is read again.',
    },
  ],
  [
    CONTROL.SPEED,
    {
      name: 'UsbSpeed',
      label: 'Speed',
      group: 'Transport',
      type: 'float',
      help: "The sensor's read-out speed, where the camera has steps of it.",
    },
  ],
  [
    CONTROL.DDR,
    {
      name: 'DdrBuffer',
      label: 'DDR buffer',
      group: 'Transport',
      type: 'boolean',
      help: "Holds frames in the camera's own memory while the computer is busy. Single frames and bursts always use it.",
    },
    { initial: 1 },
  ],
  [
    CONTROL.DDR_BUFFER_READ_THRESHOLD,
    {
      name: 'DdrReadThreshold',
      label: 'DDR buffer, read from',
      group: 'Transport',
      type: 'float',
      help: "From which fill on frames are read out of the camera's memory, in the camera's own numbers. What it is when the camera is opened is right but for slow computers.",
    },
  ],
];

export function parameterControls(device: QhyDevice): readonly ParameterControl[] {
  return ROWS.map(([id, given, options]) => new ParameterControl(device, id, declareControl(given), options));
}
