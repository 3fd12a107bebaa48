/** Cooler, fan, heater, and the readings that belong to them. */
import { type ControlDeclaration, declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { celsiusOf, targetRangeOf, tenthsOf } from './cooler-target.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';

export function coolingControls(state: CameraState): readonly ToupcamControl[] {
  return [...cooler(state), ...temperature(state), ...heater(state), ...fan(state)];
}

type Reading = Pick<ControlDeclaration, 'name' | 'label' | 'unit' | 'help'>;

const reading = (given: Reading, value: number | null): ToupcamControl => ({
  declaration: declareControl({ ...given, group: 'Cooling', type: 'float', readOnly: true }),
  value,
  unavailable: null,
  write: null,
});

function cooler(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('TEC')) return [];
  const { leastC, mostC } = targetRangeOf(state.option('TECTARGET_RANGE'));
  const target = state.option('TECTARGET');
  const volts = state.option('TEC_VOLTAGE');
  const mostVolts = state.option('TEC_VOLTAGE_MAX');
  const power = volts !== null && mostVolts !== null && mostVolts > 0 ? (100 * volts) / mostVolts : null;
  const onOff: readonly ToupcamControl[] = state.is('TEC_ONOFF')
    ? [
        {
          declaration: declareControl({
            name: 'CoolerOn',
            label: 'Cooler',
            group: 'Cooling',
            type: 'boolean',
            default: false,
            help: 'The camera may switch its fan on with it.',
          }),
          value: state.option('TEC') === 1,
          unavailable: null,
          write: (value) => state.setOption('the cooler', 'TEC', value === true ? 1 : 0),
        },
      ]
    : [];
  return [
    ...onOff,
    {
      declaration: declareControl({
        name: 'CoolerTarget',
        label: 'Target of the cooler',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel',
        minimum: leastC,
        maximum: mostC,
        default: null,
        help: 'In tenths of a degree. It does not switch the cooler on.',
      }),
      value: target === null ? null : celsiusOf(target),
      unavailable: lacking(state.library.library, 'put_Temperature'),
      write: (value) => {
        const celsius = numberIn(value, 'CoolerTarget');
        return state.handle.change(`a target of ${celsius} degrees`, 'put_Temperature', tenthsOf(celsius));
      },
    },
    reading(
      { name: 'CoolerPower', label: 'Power of the cooler', unit: '%', help: 'Its voltage, of the largest one.' },
      power === null ? null : Math.round(power * 10) / 10,
    ),
  ];
}

function temperature(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('GETTEMPERATURE') && !state.is('TEC')) return [];
  const word = state.handle.word('get_Temperature');
  const celsius = word === null ? null : celsiusOf((word << 16) >> 16);
  return [
    {
      ...reading({ name: 'DeviceTemperature', label: 'Temperature', unit: 'Cel', help: 'Of the sensor.' }, celsius),
      unavailable: lacking(state.library.library, 'get_Temperature'),
    },
  ];
}

function heater(state: CameraState): readonly ToupcamControl[] {
  const most = state.is('HEAT') ? state.option('HEAT_MAX') : null;
  if (most === null || most < 1) return [];
  return [
    {
      declaration: declareControl({
        name: 'AntiDewHeater',
        label: 'Heater against dew',
        group: 'Cooling',
        type: 'integer',
        minimum: 0,
        maximum: most,
        step: 1,
        default: 0,
        help: 'Of the window in front of the sensor; 0: off.',
      }),
      value: state.option('HEAT'),
      unavailable: null,
      write: (value) => state.setOption('the heater', 'HEAT', numberIn(value, 'AntiDewHeater')),
    },
  ];
}

function fan(state: CameraState): readonly ToupcamControl[] {
  if (!state.is('FAN')) return [];
  return [
    {
      declaration: declareControl({
        name: 'FanSpeed',
        label: 'Fan',
        group: 'Cooling',
        type: 'integer',
        minimum: 0,
        maximum: Math.max(1, state.device.model.mostFanSpeed),
        step: 1,
        default: null,
        help: '0: off. A cooler without its fan may overheat.',
      }),
      value: state.option('FAN'),
      unavailable: null,
      write: (value) => state.setOption('the fan', 'FAN', numberIn(value, 'FanSpeed')),
    },
  ];
}
