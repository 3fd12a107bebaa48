/** The filter wheel that some models drive. Slots are counted from 1 here, and from 0 by the library, which tells -1 while it turns. */
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { numberIn, type ToupcamControl } from './toupcam-control.js';

/** Bit 8 of a position is the way that the wheel turns. */
const SLOT_MASK = 0xff;

export function filterControls(state: CameraState): readonly ToupcamControl[] {
  const slots = state.is('FILTERWHEEL') ? state.option('FILTERWHEEL_SLOT') : null;
  if (slots === null || slots < 1) return [];
  const position = state.option('FILTERWHEEL_POSITION');
  return [
    {
      declaration: declareControl({
        name: 'FilterSlot',
        label: 'Filter',
        group: 'Filter',
        type: 'integer',
        minimum: 1,
        maximum: slots,
        step: 1,
        kept: false,
        help: 'Turns the wheel to a slot; reads nothing while it turns.',
      }),
      value: position === null || position < 0 ? null : (position & SLOT_MASK) + 1,
      unavailable: null,
      write: (value) => {
        const slot = numberIn(value, 'FilterSlot');
        return state.setOption(`slot ${slot} of the filter wheel`, 'FILTERWHEEL_POSITION', slot - 1);
      },
    },
    {
      declaration: declareControl({
        name: 'FilterSlots',
        label: 'Slots of the wheel',
        group: 'Filter',
        type: 'integer',
        readOnly: true,
        help: 'As the wheel tells it.',
      }),
      value: slots,
      unavailable: null,
      write: null,
    },
  ];
}
