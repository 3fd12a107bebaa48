/** The sequencer: triggered frames whose exposures and gains follow a list, over and over. */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import type { CameraState } from './camera-state.js';
import { WIDE_OPTION } from './toupcam-constants.js';
import type { ToupcamControl } from './toupcam-control.js';

const MOST_GROUPS = 255;

export function sequencerControls(state: CameraState): readonly ToupcamControl[] {
  const on = state.option('SEQUENCER_ONOFF');
  if (on === null) return [];
  const { choices } = state;
  const empty = choices.sequence.exposuresUs.length === 0 && on !== 1;
  return [
    list(
      state,
      'exposuresUs',
      'SequencerExposures',
      'Exposures of the sequencer',
      'Whole microseconds with commas between: 1000,20000,1000.',
    ),
    list(
      state,
      'gains',
      'SequencerGains',
      'Gains of the sequencer',
      'Analogue gains in per cent, one for each exposure; empty: Gain holds for all.',
    ),
    {
      declaration: declareControl({
        name: 'SequencerMode',
        label: 'Sequencer',
        group: 'Trigger',
        type: 'choice',
        choices: [
          { name: 'Off', label: 'Off' },
          { name: 'On', label: 'On' },
        ],
        default: 'Off',
        live: false,
        kept: false,
        help: 'On: triggered frames take exposure and gain from the lists, one after the other, and from the first again.',
      }),
      value: on === 1 ? 'On' : 'Off',
      unavailable: empty ? 'there is nothing to follow: needs SequencerExposures' : null,
      write: (value) =>
        value === 'On' ? begin(state) : state.setOption('the end of the sequencer', 'SEQUENCER_ONOFF', 0),
    },
  ];
}

type ListName = keyof CameraState['choices']['sequence'];

function list(state: CameraState, key: ListName, name: string, label: string, help: string): ToupcamControl {
  const { choices } = state;
  return {
    declaration: declareControl({
      name,
      label,
      group: 'Trigger',
      type: 'text',
      default: '',
      live: false,
      kept: false,
      help,
    }),
    value: choices.sequence[key].join(','),
    unavailable: state.option('SEQUENCER_ONOFF') === 1 ? 'the sequencer follows it: needs SequencerMode Off' : null,
    write: async (value) => {
      choices.sequence[key] = numbersOf(String(value ?? ''), name, rangeOf(state, key));
    },
  };
}

function rangeOf(state: CameraState, key: ListName): readonly [number, number] {
  if (key === 'gains') {
    const { least, most } = state.analogueGain();
    return [least, most];
  }
  const [least = 1, most = 0xffff_ffff] = (state.handle.numbers('get_ExpTimeRange', 3) ?? []).map((us) => us >>> 0);
  // The option's value has 31 bits, half an hour.
  return [least, Math.min(most, 0x7fff_ffff)];
}

function numbersOf(text: string, name: string, [least, most]: readonly [number, number]): readonly number[] {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  const numbers = words.map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : Number.NaN));
  if (numbers.length > MOST_GROUPS || !numbers.every((value) => value >= least && value <= most)) {
    const wanted = `at most ${MOST_GROUPS} whole numbers from ${least} to ${most} with commas between`;
    throw new SdkError('sdk.refused', `${name} cannot be ${text}: write ${wanted}`);
  }
  return numbers;
}

async function begin(state: CameraState): Promise<void> {
  const { exposuresUs, gains } = state.choices.sequence;
  if (gains.length > 0 && gains.length !== exposuresUs.length) {
    const text = `SequencerGains has ${gains.length} gains for ${exposuresUs.length} exposures: write one for each, or none`;
    throw new SdkError('sdk.refused', text);
  }
  const what = 'the list of the sequencer';
  const gain = state.handle.word('get_ExpoAGain') ?? state.analogueGain().least;
  await state.setOption(what, 'SEQUENCER_NUMBER', exposuresUs.length);
  for (const [at, us] of exposuresUs.entries()) {
    await state.handle.setOption(what, WIDE_OPTION.SEQUENCER_EXPOTIME | (at + 1), us);
    await state.handle.setOption(what, WIDE_OPTION.SEQUENCER_EXPOGAIN | (at + 1), gains[at] ?? gain);
  }
  await state.setOption('the sequencer', 'SEQUENCER_ONOFF', 1);
}
