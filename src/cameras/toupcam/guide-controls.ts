/** The guide port (ST4). */
import { declareControl } from '../controls.js';
import type { CameraState, Choices } from './camera-state.js';
import type { GuidePulses } from './guide-pulse.js';
import { lacking, numberIn, type ToupcamControl } from './toupcam-control.js';

export function guideControls(state: CameraState, guide: GuidePulses): readonly ToupcamControl[] {
  if (!state.is('ST4')) return [];
  const { choices } = state;
  const unavailable = lacking(state.library.library, 'ST4PlusGuide');
  const directions: readonly Choices['guideDirection'][] = ['North', 'South', 'East', 'West'];
  return [
    {
      declaration: declareControl({
        name: 'GuideDirection',
        label: 'Direction of guide pulses',
        group: 'Guiding',
        type: 'choice',
        choices: directions.map((name) => ({ name, label: name })),
        default: 'North',
        kept: false,
        help: 'Of the next pulse.',
      }),
      value: choices.guideDirection,
      unavailable,
      write: async (value) => {
        choices.guideDirection = directions.find((name) => name === value) ?? 'North';
      },
    },
    {
      declaration: declareControl({
        name: 'GuideDuration',
        label: 'Length of guide pulses',
        group: 'Guiding',
        type: 'integer',
        unit: 'ms',
        minimum: 1,
        maximum: 60_000,
        step: 1,
        default: 100,
        kept: false,
        help: 'Of the next pulse.',
      }),
      value: choices.guideDurationMs,
      unavailable,
      write: async (value) => {
        choices.guideDurationMs = numberIn(value, 'GuideDuration');
      },
    },
    {
      declaration: declareControl({
        name: 'GuidePulse',
        label: 'Guide pulse',
        group: 'Guiding',
        type: 'command',
        help: 'Begins a pulse, which ends by itself; one that runs is ended for it.',
      }),
      value: null,
      unavailable,
      write: () => guide.pulse(state.handle, choices.guideDirection, choices.guideDurationMs),
    },
  ];
}
