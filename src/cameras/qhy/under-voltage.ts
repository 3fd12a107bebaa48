/**
 * What the camera says of its supply (CONTROL 67; QHYCCD's manual, chapter UVLO). Below 11 V the camera turns its cooler off, and
 * remembers: after a reconnection it gives the cooler 70 % at most until the memory is cleared.
 */
import type { Choice } from '../controls.js';

/** Most power of the cooler, %, in the camera's protected mode. */
export const PROTECTED_COOLER_PERCENT = 70;

export interface SupplyState {
  readonly code: number;
  readonly name: string;
  readonly label: string;
  /** What is wrong and what to do; null where nothing is wrong. */
  readonly trouble: string | null;
}

const WHAT_TO_DO =
  "the camera has turned its cooler off, and limits it to 70 % after reconnection. Check that the supply gives 12 V or more at 4 A or more and that its cable has no more than 0.1 ohm each way (0.2 ohm in all: 3.3 A lose 0.66 V); put the supply nearer; behind a battery, a 12 V regulator. Then execute UnderVoltageClear and switch the camera's 12 V off and on";

const STATES: readonly SupplyState[] = [
  { code: 0, name: 'Starting', label: 'just switched on', trouble: null },
  { code: 1, name: 'Good', label: 'good', trouble: null },
  {
    code: 2,
    name: 'CheckError',
    label: 'the check of the supply failed',
    trouble: `the check of the 12 V supply failed (UVLO 2): ${WHAT_TO_DO}`,
  },
  {
    code: 3,
    name: 'MonitorError',
    label: 'the indirect check of the supply failed',
    trouble: `the sensor stopped working (UVLO 3): in cameras made before September 2021 that is too low a supply, or interference that upset the sensor, so ask QHYCCD if it comes again. ${WHAT_TO_DO}`,
  },
  { code: 8, name: 'GoodPowerChip', label: 'good, by the power chip', trouble: null },
  {
    code: 9,
    name: 'UnderVoltage',
    label: 'below 11 V, by the power chip',
    trouble: `the 12 V supply fell below 11 V at the camera (UVLO 9; versions of the SDK before 2021-10-23 can say so in error): ${WHAT_TO_DO}`,
  },
];
const UNKNOWN: SupplyState = { code: -1, name: 'Unknown', label: 'not known', trouble: null };

export const SUPPLY_CHOICES: readonly Choice[] = [...STATES, UNKNOWN].map(({ name, label }) => ({ name, label }));

export function supplyState(code: number | null): SupplyState {
  return STATES.find((state) => state.code === code) ?? UNKNOWN;
}
