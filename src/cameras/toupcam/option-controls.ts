/** Options that are one control each, with nothing behind them but their value. They are listed where the camera has the option. */
import type { ControlGroup } from '../controls.js';
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { chamberOf, signedHalves } from './cooler-target.js';
import { numberIn, type ToupcamControl } from './toupcam-control.js';
import type { OptionName } from './toupcam-handle.js';

export function optionControls(state: CameraState): readonly ToupcamControl[] {
  return [
    ...SWITCHES.flatMap((row) => switchOf(state, row)),
    ...numberOptions(state).flatMap((row) => numberOf(state, row)),
    ...READINGS.flatMap((row) => readingOf(state, row)),
  ];
}

interface Row {
  readonly option: OptionName;
  readonly name: string;
  readonly label: string;
  readonly group: ControlGroup;
  readonly help: string;
}

interface SwitchRow extends Row {
  /** The option's value of each choice; the first is the default. */
  readonly values: readonly (readonly [name: string, label: string, value: number])[];
  readonly live?: boolean;
  /** False: it must not come back by itself. */
  readonly kept?: boolean;
}

const SWITCHES: readonly SwitchRow[] = [
  {
    option: 'READOUT_MODE',
    name: 'SensorReadoutMode',
    label: 'Readout',
    group: 'Image',
    values: [
      ['IWR', 'While the next frame is exposed', 0],
      ['ITR', 'Before the next frame is exposed', 1],
    ],
    live: false,
    help: 'IWR reads a frame while the next one is exposed, which is faster; ITR reads it first.',
  },
  {
    option: 'TESTPATTERN',
    name: 'TestPattern',
    label: 'Test pattern',
    group: 'Image',
    values: [
      ['Off', 'Off', 0],
      ['Stripes3', 'Stripes 3', 3],
      ['Stripes5', 'Stripes 5', 5],
      ['Stripes7', 'Stripes 7', 7],
      ['Stripes9', 'Stripes 9', 9],
    ],
    kept: false,
    help: 'Stripes of the camera instead of what the sensor sees, to look at the way of the pixels.',
  },
  {
    option: 'MECHANICALSHUTTER',
    name: 'MechanicalShutter',
    label: 'Mechanical shutter',
    group: 'Exposure',
    values: [
      ['Open', 'Open', 0],
      ['Closed', 'Closed', 1],
    ],
    kept: false,
    help: 'Closed for darks. What it was set to is not kept: a camera is opened with an open shutter.',
  },
  {
    option: 'DDR_DEPTH',
    name: 'DdrBuffer',
    label: "Frames in the camera's memory",
    group: 'Transport',
    values: [
      ['Auto', 'By the mode', 0],
      ['One', 'One', 1],
      ['Full', 'All that it holds', -1],
    ],
    help: 'Auto: all that it holds, but one with automatic exposure. Full where no frame may be lost.',
  },
  {
    option: 'LOW_POWERCONSUMPTION',
    name: 'LowPower',
    label: 'Low power',
    group: 'Device',
    values: [
      ['Off', 'Off', 0],
      ['On', 'On', 1],
    ],
    help: 'Takes less power between exposures.',
  },
];

function switchOf(state: CameraState, row: SwitchRow): readonly ToupcamControl[] {
  const value = state.option(row.option);
  if (value === null) return [];
  const { option, values, live = true, kept = true, ...about } = row;
  return [
    {
      declaration: declareControl({
        ...about,
        type: 'choice',
        choices: values.map(([name, label]) => ({ name, label })),
        default: values[0]?.[0] ?? null,
        live,
        kept,
      }),
      value: values.find(([, , code]) => code === value)?.[0] ?? null,
      unavailable: null,
      write: (wanted) =>
        state.setOption(row.label.toLowerCase(), option, values.find(([name]) => name === wanted)?.[2] ?? 0),
    },
  ];
}

interface NumberRow extends Row {
  readonly unit: string | null;
  /** Least, most, default, as they are shown. */
  readonly range: readonly [number, number, number | null];
  /** Steps of the option in one of what is shown. */
  readonly scale?: number;
}

function numberOptions(state: CameraState): readonly NumberRow[] {
  const lights = state.option('LIGHTSOURCE_MAX') ?? 0;
  const volts = signedHalves(state.option('TEC_VOLTAGE_MAX_RANGE') ?? 0);
  return [
    {
      option: 'BANDWIDTH',
      name: 'Bandwidth',
      label: 'Share of the connection',
      group: 'Transport',
      unit: '%',
      range: [1, 100, 100],
      help: 'Of what the connection carries. To be lowered where several cameras share it, or when frames do not come.',
    },
    ...(state.is('CGHDR')
      ? [
          {
            option: 'HDR_THRESHOLD',
            name: 'HdrThreshold',
            label: 'HDR threshold',
            group: 'Gain',
            unit: null,
            range: [-1, 4094, -1],
            help: 'Where the two conversion gains are joined, with ConversionGain HDR; -1: by the camera.',
          } as const,
        ]
      : []),
    ...(lights > 0
      ? [
          {
            option: 'LIGHTSOURCE',
            name: 'LightSource',
            label: 'Light source',
            group: 'Other',
            unit: null,
            range: [0, lights, 0],
            help: 'Of the lamp that some models have; 0: off.',
          } as const,
        ]
      : []),
    ...(volts.low > 0 && volts.high > volts.low
      ? [
          {
            option: 'TEC_VOLTAGE_MAX',
            name: 'CoolerVoltageLimit',
            label: 'Largest voltage of the cooler',
            group: 'Cooling',
            unit: 'V',
            range: [volts.low / 10, volts.high / 10, null],
            scale: 10,
            help: 'Bounds the power of the cooler, for weak power supplies.',
          } as const,
        ]
      : []),
  ];
}

function numberOf(state: CameraState, row: NumberRow): readonly ToupcamControl[] {
  const value = state.option(row.option);
  if (value === null) return [];
  const { option, range, scale = 1, ...about } = row;
  const [minimum, maximum, preset] = range;
  return [
    {
      declaration: declareControl({
        ...about,
        type: scale === 1 ? 'integer' : 'float',
        minimum,
        maximum,
        step: scale === 1 ? 1 : null,
        default: preset,
      }),
      value: value / scale,
      unavailable: null,
      write: (wanted) =>
        state.setOption(row.label.toLowerCase(), option, Math.round(numberIn(wanted, row.name) * scale)),
    },
  ];
}

interface ReadingRow extends Row {
  readonly unit: string;
  readonly shown: (value: number) => number;
}

const READINGS: readonly ReadingRow[] = [
  {
    option: 'POWER',
    name: 'PowerDraw',
    label: 'Power that it takes',
    group: 'Device',
    unit: 'W',
    shown: (milliwatts) => milliwatts / 1000,
    help: 'Of the whole camera.',
  },
  {
    option: 'UPTIME',
    name: 'Uptime',
    label: 'Time since it was switched on',
    group: 'Device',
    unit: 's',
    shown: (ms) => Math.floor((ms >>> 0) / 1000),
    help: 'Begins again when the camera lost its power.',
  },
  {
    option: 'CHAMBER_HT',
    name: 'ChamberTemperature',
    label: 'Temperature of the chamber',
    group: 'Cooling',
    unit: 'Cel',
    shown: (packed) => chamberOf(packed).temperatureC,
    help: 'In the chamber of the sensor.',
  },
  {
    option: 'CHAMBER_HT',
    name: 'Humidity',
    label: 'Humidity',
    group: 'Cooling',
    unit: '%',
    shown: (packed) => chamberOf(packed).humidityPercent,
    help: 'In the chamber of the sensor.',
  },
  {
    option: 'ENV_HT',
    name: 'AmbientTemperature',
    label: 'Temperature around the camera',
    group: 'Cooling',
    unit: 'Cel',
    shown: (packed) => chamberOf(packed).temperatureC,
    help: 'Of the sensor outside of the chamber.',
  },
  {
    option: 'ENV_HT',
    name: 'AmbientHumidity',
    label: 'Humidity around the camera',
    group: 'Cooling',
    unit: '%',
    shown: (packed) => chamberOf(packed).humidityPercent,
    help: 'Of the sensor outside of the chamber.',
  },
];

function readingOf(state: CameraState, { option, shown, ...about }: ReadingRow): readonly ToupcamControl[] {
  const value = state.option(option);
  if (value === null) return [];
  return [
    {
      declaration: declareControl({ ...about, type: 'float', readOnly: true }),
      value: shown(value),
      unavailable: null,
      write: null,
    },
  ];
}
