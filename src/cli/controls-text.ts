/** Controls and what became of them, as people read it. */
import { CONTROL_GROUPS, type Control, type ControlValue } from '#src/cameras/controls.js';
import type { ControlChange } from '#src/cameras/set-controls.js';
import { printTable } from './command-line.js';

const LONGEST_CELL = 48;

/** `on` and `off` for booleans, `-` where there is none. */
export function valueText(value: ControlValue): string {
  if (value === null) return '-';
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

const shortened = (text: string): string =>
  text.length <= LONGEST_CELL ? text : `${text.slice(0, LONGEST_CELL - 1)}\u2026`;

/** `1 to 320 by 2`, `Mono8 | Mono12`. */
function rangeText({ type, minimum, maximum, step, choices, readOnly }: Control): string {
  if (readOnly) return '';
  if (type === 'choice') return shortened(choices.map(({ name }) => name).join(' | '));
  if (type === 'boolean') return 'on | off';
  if (minimum === null && maximum === null) return '';
  const by = type === 'integer' && step !== null && step > 1 ? ` by ${step}` : '';
  return `${minimum ?? ''} to ${maximum ?? ''}${by}`.trim();
}

function noteText({ readOnly, unavailable, type, live, shapesFrames }: Control): string {
  if (unavailable !== null) return `not now: ${unavailable}`;
  if (readOnly) return 'reading';
  if (type === 'command') return 'command';
  return live && !shapesFrames ? '' : 'stops the stream';
}

/** All of them, a table with the groups in their order. */
export function printControls(controls: readonly Control[]): void {
  const rows = CONTROL_GROUPS.flatMap((group) =>
    controls
      .filter((control) => control.group === group)
      .map((control, i) => [
        i === 0 ? group : '',
        control.name,
        shortened(valueText(control.value)),
        control.unit ?? '',
        rangeText(control),
        control.default === null ? '' : valueText(control.default),
        noteText(control),
      ]),
  );
  printTable(['GROUP', 'CONTROL', 'VALUE', 'UNIT', 'RANGE', 'DEFAULT', 'NOTE'], rows);
}

/** `Gain = 3 dB (was 0)`. */
export function changeText({ name, value, from, asked, unit, isCommand, because }: ControlChange): string {
  if (isCommand) return `${name}: done`;
  const other = asked === null || asked === value ? '' : `, asked for ${valueText(asked)}`;
  const by = because === null ? '' : `, by ${because}`;
  return `${name} = ${valueText(value)}${unit === null ? '' : ` ${unit}`} (was ${valueText(from)}${other}${by})`;
}
