/** Exposure, rate, gain and what belongs to the readout of the sensor. */
import { type ControlValue, declareControl } from '../controls.js';
import { largestBlackLevel } from './black-level.js';
import type { CameraState } from './camera-state.js';
import {
  CONVERSION_GAIN_CODE,
  type ConversionGain,
  type ConversionGainChoice,
  type DualGain,
  gainOf,
  gainScale,
  type SensorGain,
  sensorGainOf,
} from './conversion-gain.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';
import type { OptionName } from './toupcam-handle.js';

const AUTOMATIC = 'the automatic exposure sets it: needs ExposureAuto Off';

/** In the order in which they can be set one after the other: each after those that it depends on. */
export function exposureControls(state: CameraState): readonly ToupcamControl[] {
  const auto = state.handle.number('get_AutoExpoEnable') === 1;
  return [
    autoExposureControl(state, auto),
    exposureControl(state, auto),
    ...preciseRateControl(state),
    rateLimitControl(state),
    ...dualGainControls(state),
    gainControl(state, auto),
    ...blackLevelControl(state),
    ...readoutSwitch(state, 'LowNoise', 'Low noise', 'LOW_NOISE', 'Reads with less noise, and slower.'),
    ...readoutSwitch(
      state,
      'HighFullWell',
      'High full well',
      'HIGH_FULLWELL',
      'Pixels hold more before they are full.',
    ),
  ];
}

function exposureControl(state: CameraState, auto: boolean): ToupcamControl {
  const [least = 1, most = 0xffff_ffff, preset = 0] = (state.handle.numbers('get_ExpTimeRange', 3) ?? []).map(
    (value) => value >>> 0,
  );
  return {
    declaration: declareControl({
      name: 'ExposureTime',
      label: 'Exposure',
      group: 'Exposure',
      type: 'float',
      unit: 'us',
      minimum: least,
      maximum: Math.max(least, most),
      default: preset > 0 ? preset : null,
      help: 'Whole microseconds.',
    }),
    value: state.exposureUs(),
    unavailable: auto ? AUTOMATIC : null,
    write: (value) => {
      const us = Math.round(numberIn(value, 'ExposureTime'));
      return state.handle.change(`an exposure of ${us} us`, 'put_ExpoTime', us);
    },
  };
}

function autoExposureControl(state: CameraState, auto: boolean): ToupcamControl {
  return {
    declaration: declareControl({
      name: 'ExposureAuto',
      label: 'Automatic exposure',
      group: 'Exposure',
      type: 'choice',
      choices: [
        { name: 'Off', label: 'Off' },
        { name: 'Continuous', label: 'On' },
      ],
      default: 'Off',
      help: 'The library sets exposure and gain by the brightness of the image. Off for anything that is measured.',
    }),
    value: auto ? 'Continuous' : 'Off',
    unavailable: lacking(state.library.library, 'put_AutoExpoEnable', 'get_AutoExpoEnable'),
    write: (value) => state.handle.change('automatic exposure', 'put_AutoExpoEnable', value === 'Continuous' ? 1 : 0),
  };
}

/** Tenths of a frame a second. */
function preciseRateControl(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('PRECISE_FRAMERATE')) return [];
  const tenths = state.option('PRECISE_FRAMERATE');
  const least = state.option('MIN_PRECISE_FRAMERATE') ?? 1;
  const most = state.option('MAX_PRECISE_FRAMERATE') ?? least;
  return [
    {
      declaration: declareControl({
        name: 'AcquisitionFrameRate',
        label: 'Frame rate',
        group: 'Exposure',
        type: 'float',
        unit: 'Hz',
        minimum: least / 10,
        maximum: Math.max(least, most) / 10,
        default: Math.max(least, most) / 10,
        help: 'The camera keeps to this rate, in tenths of a frame a second, as far as exposure and connection give it.',
      }),
      value: tenths === null ? null : tenths / 10,
      unavailable: null,
      write: (value) => {
        const rate = numberIn(value, 'AcquisitionFrameRate');
        return state.setOption(`${rate} frames a second`, 'PRECISE_FRAMERATE', Math.round(rate * 10));
      },
    },
  ];
}

function rateLimitControl(state: CameraState): ToupcamControl {
  return {
    declaration: declareControl({
      name: 'FrameRateLimit',
      label: 'Limit of the frame rate',
      group: 'Exposure',
      type: 'integer',
      unit: 'Hz',
      minimum: 0,
      maximum: 63,
      step: 1,
      default: 0,
      help: 'Most frames a second; 0: no limit.',
    }),
    value: state.option('FRAMERATE'),
    unavailable: null,
    write: (value) => state.setOption('a limit of the frame rate', 'FRAMERATE', numberIn(value, 'FrameRateLimit')),
  };
}

/** Option CG as it is now. */
function conversionOf(state: CameraState): ConversionGain {
  const code = state.option('CG');
  return (
    (Object.keys(CONVERSION_GAIN_CODE) as ConversionGain[]).find((name) => CONVERSION_GAIN_CODE[name] === code) ?? 'Low'
  );
}

function sensorGain(state: CameraState): SensorGain {
  return { conversion: conversionOf(state), analogue: state.handle.word('get_ExpoAGain') ?? 100 };
}

function gainControl(state: CameraState, auto: boolean): ToupcamControl {
  const { least, most } = gainScale(state.analogueGain(), state.choices.dual);
  return {
    declaration: declareControl({
      name: 'Gain',
      label: 'Gain',
      group: 'Gain',
      type: 'float',
      unit: '%',
      minimum: least,
      maximum: most,
      default: least,
      help: 'Per cent, 100 for 1. With ConversionGain Auto and an HcgRatio above 1 one scale over low and high conversion gain.',
    }),
    value: gainOf(sensorGain(state), state.choices.dual),
    unavailable: lacking(state.library.library, 'put_ExpoAGain', 'get_ExpoAGain') ?? (auto ? AUTOMATIC : null),
    write: (value) => setGain(state, numberIn(value, 'Gain')),
  };
}

/** Sets conversion and analogue gain: the smaller step first, so that no frame is brighter than both. */
async function setGain(state: CameraState, gain: number): Promise<void> {
  const { conversion, analogue } = sensorGainOf(gain, state.analogueGain(), state.choices.dual);
  const what = `a gain of ${gain} %`;
  if (state.is('CG') || state.is('CGHDR')) await state.setOption(what, 'CG', CONVERSION_GAIN_CODE[conversion]);
  await state.handle.change(what, 'put_ExpoAGain', analogue);
}

/** Changes how gains are made, and keeps the gain on its scale as far as the new one has it. */
async function setDual(state: CameraState, dual: DualGain): Promise<void> {
  const gain = gainOf(sensorGain(state), state.choices.dual);
  const before = state.choices.dual;
  state.choices.dual = dual;
  try {
    await setGain(state, gain);
  } catch (error) {
    state.choices.dual = before;
    throw error;
  }
}

function dualGainControls(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('CG') && !state.is('CGHDR')) return [];
  const { dual } = state.choices;
  const names: readonly ConversionGainChoice[] = [
    'Auto',
    'Low',
    'High',
    ...(state.is('CGHDR') ? (['HDR'] as const) : []),
  ];
  const labels = { Auto: 'By the gain', Low: 'Low (LCG)', High: 'High (HCG)', HDR: 'HDR' };
  const number = (name: 'HcgThreshold' | 'HcgRatio', label: string, maximum: number, help: string): ToupcamControl => {
    const key = name === 'HcgThreshold' ? 'threshold' : 'ratio';
    return {
      declaration: declareControl({
        name,
        label,
        group: 'Gain',
        type: 'float',
        unit: key === 'threshold' ? '%' : null,
        minimum: key === 'threshold' ? 100 : 1,
        maximum,
        default: key === 'threshold' ? 900 : 1,
        help,
      }),
      value: dual[key],
      unavailable: null,
      write: (value) => setDual(state, { ...dual, [key]: numberIn(value, name) }),
    };
  };
  return [
    {
      declaration: declareControl({
        name: 'ConversionGain',
        label: 'Conversion gain',
        group: 'Gain',
        type: 'choice',
        choices: names.map((name) => ({ name, label: labels[name] })),
        default: 'Auto',
        help: 'Auto: high conversion gain above HcgThreshold, where HcgRatio is above 1. The others override it, and Gain is the analogue gain alone.',
      }),
      value: dual.choice,
      unavailable: null,
      write: (value) => setDual(state, { ...dual, choice: names.find((name) => name === value) ?? 'Auto' }),
    },
    number(
      'HcgThreshold',
      'HCG threshold',
      100_000,
      'Gain above which the sensor reads with high conversion gain, with ConversionGain Auto; 900 for the IMX294.',
    ),
    number(
      'HcgRatio',
      'HCG/LCG gain ratio',
      100,
      'A property of the sensor: 4.5 for the IMX294, 2.0 for most others. 1: no dual gain.',
    ),
  ];
}

function blackLevelControl(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('BLACKLEVEL')) return [];
  return [
    {
      declaration: declareControl({
        name: 'BlackLevel',
        label: 'Offset',
        group: 'Gain',
        type: 'integer',
        minimum: 0,
        maximum: largestBlackLevel(state.bits()),
        step: 1,
        default: 0,
        help: 'Added to each pixel before it is converted, in steps of the depth that is read: its range grows with the depth.',
      }),
      value: state.option('BLACKLEVEL'),
      unavailable: null,
      write: (value) => state.setOption('an offset', 'BLACKLEVEL', numberIn(value, 'BlackLevel')),
    },
  ];
}

function readoutSwitch(
  state: CameraState,
  name: string,
  label: string,
  option: OptionName & ('LOW_NOISE' | 'HIGH_FULLWELL'),
  help: string,
): readonly ToupcamControl[] {
  if (!state.is(option)) return [];
  return [
    {
      declaration: declareControl({ name, label, group: 'Gain', type: 'boolean', default: false, live: false, help }),
      value: state.option(option) === 1,
      unavailable: null,
      write: (value: ControlValue) => state.setOption(label, option, value === true ? 1 : 0),
    },
  ];
}
