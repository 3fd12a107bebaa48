/** Triggers: of the program, of the camera's input, and at a time of the camera's own clock. */
import { parseUtc } from '#gps/instant.js';
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import type { CameraState, Choices } from './camera-state.js';
import { WIDE_OPTION } from './toupcam-constants.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';

/** The library takes 16 bits, and the largest value for frames without end. */
const MOST_FRAMES = 65_534;

const SOURCES: readonly { readonly name: Choices['triggerSource']; readonly label: string }[] = [
  { name: 'Software', label: 'Software' },
  { name: 'External', label: 'Trigger input' },
  { name: 'Any', label: 'Software or trigger input' },
];

export function triggerControls(state: CameraState): readonly ToupcamControl[] {
  const { choices } = state;
  const missing = lacking(state.library.library, 'Trigger');
  const notNow = whyNoTrigger(state);
  return [
    {
      declaration: declareControl({
        name: 'TriggerMode',
        label: 'Trigger',
        group: 'Trigger',
        type: 'choice',
        choices: [
          { name: 'Off', label: 'Off' },
          { name: 'On', label: 'On' },
        ],
        default: 'Off',
        live: false,
        help: 'Off: a stream gives frame after frame. On: frames come by triggers.',
      }),
      value: choices.triggered ? 'On' : 'Off',
      unavailable: missing,
      write: async (value) => {
        choices.triggered = value === 'On';
      },
    },
    {
      declaration: declareControl({
        name: 'TriggerSource',
        label: 'Source of triggers',
        group: 'Trigger',
        type: 'choice',
        choices: state.is('TRIGGER_EXTERNAL') ? SOURCES : SOURCES.slice(0, 1),
        default: 'Software',
        live: false,
        help: 'Where triggers come from, with TriggerMode On.',
      }),
      value: choices.triggerSource,
      unavailable: missing,
      write: async (value) => {
        choices.triggerSource = SOURCES.find(({ name }) => name === value)?.name ?? 'Software';
      },
    },
    framesControl(state, missing),
    command(
      'TriggerSoftware',
      'Trigger now',
      'Takes as many frames as AcquisitionBurstFrameCount says.',
      missing ?? notNow,
      () => state.handle.change('a software trigger', 'Trigger', choices.triggerFrames),
    ),
    command(
      'TriggerCancel',
      'End the triggered frames',
      'Ends the exposure that runs and those still to come.',
      missing ?? notNow,
      () => state.handle.change('the end of triggered frames', 'Trigger', 0),
    ),
    ...timedControl(state, missing ?? notNow),
  ];
}

function whyNoTrigger({ choices, takesTriggers }: CameraState): string | null {
  if (!choices.triggered) return 'frames are not triggered: needs TriggerMode On';
  if (choices.triggerSource === 'External') return 'the trigger input has them: needs TriggerSource Software or Any';
  return takesTriggers ? null : 'no stream runs that could be triggered';
}

function command(
  name: string,
  label: string,
  help: string,
  unavailable: string | null,
  write: () => Promise<void>,
): ToupcamControl {
  const declaration = declareControl({ name, label, group: 'Trigger', type: 'command', help });
  return { declaration, value: null, unavailable, write };
}

function framesControl(state: CameraState, missing: string | null): ToupcamControl {
  const { choices } = state;
  return {
    declaration: declareControl({
      name: 'AcquisitionBurstFrameCount',
      label: 'Frames a trigger',
      group: 'Trigger',
      type: 'integer',
      minimum: 1,
      maximum: state.is('TRIGGER_SINGLE') ? 1 : MOST_FRAMES,
      step: 1,
      default: 1,
      help: 'Frames that a software trigger or a timed one takes one after the other; pulses of the trigger input take one each.',
    }),
    value: choices.triggerFrames,
    unavailable: missing,
    write: async (value) => {
      choices.triggerFrames = numberIn(value, 'AcquisitionBurstFrameCount');
    },
  };
}

/** Which models have it is told by no flag, only by the option's being there. */
function timedControl(state: CameraState, unavailable: string | null): readonly ToupcamControl[] {
  if (state.option('TIMED_TRIGGER_NUM') === null) return [];
  const { choices } = state;
  return [
    {
      declaration: declareControl({
        name: 'TriggerAt',
        label: 'Trigger at (UTC)',
        group: 'Trigger',
        type: 'text',
        default: '',
        kept: false,
        help: "When the first frame is to begin, by the camera's own clock: 2026-12-24T18:30:00.5. Empty: not; what was asked for is ended.",
      }),
      value: choices.triggerAt,
      unavailable,
      write: (value) => setTimedTrigger(state, String(value ?? '').trim()),
    },
  ];
}

async function setTimedTrigger(state: CameraState, text: string): Promise<void> {
  const { choices } = state;
  if (text === '') {
    choices.triggerAt = '';
    return state.handle.change('the end of a timed trigger', 'Trigger', 0);
  }
  const atNs = instantOf(text);
  if (atNs <= BigInt(Date.now()) * 1_000_000n) {
    throw new SdkError('sdk.refused', `${text} is past: name a time to come, in UTC`);
  }
  const what = `a trigger at ${text}`;
  await state.setOption(what, 'TIMED_TRIGGER_NUM', choices.triggerFrames);
  await state.handle.setOption(what, WIDE_OPTION.TIMED_TRIGGER_LOW, Number(BigInt.asIntN(32, atNs)));
  await state.handle.setOption(what, WIDE_OPTION.TIMED_TRIGGER_HIGH, Number(BigInt.asIntN(32, atNs >> 32n)));
  choices.triggerAt = text;
}

function instantOf(text: string): bigint {
  try {
    return parseUtc(text);
  } catch (cause) {
    const message = `${text} is no time: write UTC as 2026-12-24T18:30:00.5`;
    throw new SdkError('sdk.refused', message, { cause });
  }
}
