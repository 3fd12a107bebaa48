/** Triggers in and out. Pins and levels are those of the GPIO mode, which the operator states. */
import { type Choice, declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { GPIO_CHOICES, GPIO_PINS } from './gpio-modes.js';
import { commandControl, KeptControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import type { QhyFunction } from './qhy-functions.js';

const FILTER_MS = { least: 1, most: 100_000, usual: 100 } as const;
const MOST_NAMES = 32;

export interface Triggers {
  readonly controls: readonly QhyControl[];
  /** Whether frames wait for a trigger now. */
  readonly on: () => boolean;
}

async function namesOf(device: QhyDevice, count: QhyFunction, name: QhyFunction): Promise<readonly Choice[]> {
  const [found = 0] = (await device.words(count, 1)) ?? [0];
  const choices: Choice[] = [];
  for (let index = 0; index < Math.min(MOST_NAMES, found); index++) {
    const label = (await device.text(name, index)) ?? `input ${index}`;
    const word = label.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || `Input${index}`;
    choices.push({ name: choices.some((each) => each.name === word) ? `${word}_${index}` : word, label });
  }
  return choices;
}

export async function triggerControls(device: QhyDevice, model: string): Promise<Triggers> {
  const inputs = await namesOf(device, 'GetQHYCCDTrigerInterfaceNumber', 'GetQHYCCDTrigerInterfaceName');
  const kinds = await namesOf(device, 'GetQHYCCDTrigerModeNumber', 'GetQHYCCDTrigerModeName');
  const oneWay = /QHY-?4040/i.test(model);
  const trigger = (name: string, label: string, help: string) => ({ name, label, group: 'Trigger', help }) as const;

  const mode = new KeptControl<string>(
    declareControl({
      ...trigger('TriggerMode', 'Trigger', 'On: a frame is exposed for each falling edge at the input.'),
      type: 'choice',
      choices: [
        { name: 'Off', label: 'frames follow one another' },
        { name: 'On', label: 'a trigger for each frame' },
      ],
      default: 'Off',
      live: false,
      kept: false,
    }),
    {
      value: 'Off',
      unavailable: () => device.unavailable('SetQHYCCDTrigerFunction'),
      tell: async (value) => {
        if (value === 'On' && oneWay && out.value) {
          throw new SdkError(
            'sdk.refused',
            'a QHY4040 cannot take and give triggers at once: turn TriggerOut off first',
          );
        }
        await device.check(
          'SetQHYCCDTrigerFunction',
          `triggers could not be turned ${value.toLowerCase()}`,
          value === 'On',
        );
      },
    },
  );
  const choose = (
    name: string,
    label: string,
    choices: readonly Choice[],
    set: 'SetQHYCCDTrigerInterface' | 'SetQHYCCDTrigerMode',
  ) =>
    new KeptControl<string>(
      declareControl({
        ...trigger(
          name,
          label,
          'As the SDK names it. 1.8 V logic with a QHY4040PRO, 600, 268, 461 and 411, 2.5 V with a 4040.',
        ),
        type: 'choice',
        choices,
        live: false,
      }),
      {
        value: choices[0]?.name ?? '',
        unavailable: () =>
          device.unavailable(set) ?? (choices.length === 0 ? 'the SDK names none for this camera' : null),
        tell: (value) =>
          device.check(
            set,
            `${label} ${value} could not be set`,
            choices.findIndex((choice) => choice.name === value),
          ),
      },
    );
  const out: KeptControl<boolean> = new KeptControl<boolean>(
    declareControl({
      ...trigger('TriggerOut', 'Trigger output', 'The camera tells its exposures on TrigOut.'),
      type: 'boolean',
      default: false,
    }),
    {
      value: false,
      unavailable: () => device.unavailable('EnableQHYCCDTrigerOut'),
      tell: async (on) => {
        if (on && oneWay && mode.value === 'On') {
          throw new SdkError(
            'sdk.refused',
            'a QHY4040 cannot take and give triggers at once: turn TriggerMode off first',
          );
        }
        if (on) return device.check('EnableQHYCCDTrigerOut', 'the trigger output could not be turned on');
        if (device.has('SetQHYCCDTrigerOutOnly')) {
          return device.check('SetQHYCCDTrigerOutOnly', 'the trigger output could not be turned off', false);
        }
        throw new SdkError(
          'sdk.refused',
          'this QHYCCD SDK cannot turn the trigger output off but by opening the camera anew',
        );
      },
    },
  );
  const filter = new KeptControl<number>(
    declareControl({
      ...trigger(
        'TriggerFilter',
        'Trigger filter',
        'Edges closer than this are taken for one; 0 turns the filter off.',
      ),
      type: 'integer',
      unit: 'ms',
      minimum: 0,
      maximum: FILTER_MS.most,
      step: 1,
      default: FILTER_MS.usual,
    }),
    {
      value: FILTER_MS.usual,
      unavailable: () =>
        device.unavailable('SetQHYCCDTrigerFilterOnOff') ?? device.unavailable('SetQHYCCDTrigerFilterTime'),
      tell: async (ms) => {
        await device.check('SetQHYCCDTrigerFilterOnOff', 'the trigger filter could not be switched', ms > 0);
        if (ms > 0)
          await device.check('SetQHYCCDTrigerFilterTime', `a trigger filter of ${ms} ms could not be set`, ms);
      },
    },
  );
  const software = commandControl(
    declareControl({
      ...trigger('TriggerSoftware', 'Trigger now', 'Exposes one frame while TriggerMode is On.'),
      type: 'command',
    }),
    () => device.check('SendSoftTriger2QHYCCDCam', 'the trigger was not taken'),
    () => device.unavailable('SendSoftTriger2QHYCCDCam') ?? (mode.value === 'On' ? null : 'needs TriggerMode On'),
  );
  const gpio = new KeptControl<string>(
    declareControl({
      ...trigger(
        'GpioMode',
        'GPIO mode, as you state it',
        `The mode is set with QHYCCD's tool; nothing tells it to a program, so state it here. ${GPIO_PINS}`,
      ),
      type: 'choice',
      choices: GPIO_CHOICES,
      default: 'NotStated',
    }),
    { value: 'NotStated', again: false },
  );
  return {
    controls: [
      mode,
      choose('TriggerSource', 'Trigger input', inputs, 'SetQHYCCDTrigerInterface'),
      choose('TriggerKind', 'Kind of trigger', kinds, 'SetQHYCCDTrigerMode'),
      software,
      out,
      filter,
      gpio,
    ],
    on: () => mode.value === 'On',
  };
}
