/** Controls as people read them on the page. */
import type { ControlDeclaration, ControlValue } from '#src/cameras/controls.js';
import type { ControlChange } from '#src/cameras/set-controls.js';

/** Units as they are written in SFNC, and how people write them. */
const UNIT_WORDS: Readonly<Record<string, string>> = { us: 'µs', Cel: '°C', 'Cel/min': '°C/min', deg: '°' };
const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9 };
const MOST_DIGITS = 9;

export const unitText = (unit: string | null): string => (unit === null ? '' : (UNIT_WORDS[unit] ?? unit));

/** A number without the noise of its last binary digits. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(MOST_DIGITS)));
}

type Named = Pick<ControlDeclaration, 'unit' | 'choices'>;

export function valueText(value: ControlValue, { unit, choices }: Named): string {
  if (value === null) return 'nothing';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string')
    return choices.find(({ name }) => name === value)?.label ?? (value === '' ? 'empty' : value);
  const text = numberText(value).replace('-', '−');
  return unit === null ? text : `${text} ${unitText(unit)}`;
}

/** A time in the unit that fits, where the control's own is another: `49 ms`; null for what is no time or reads well as it is. */
export function timeHint(value: ControlValue, unit: string | null): string | null {
  const scale = unit === null ? undefined : NANOSECONDS[unit];
  if (typeof value !== 'number' || scale === undefined || value <= 0) return null;
  const ns = value * scale;
  const word = ns >= 120e9 ? 'min' : ns >= 1e9 ? 's' : ns >= 1e6 ? 'ms' : ns >= 1e3 ? 'µs' : 'ns';
  return word === unitText(unit) ? null : `${Number((ns / (NANOSECONDS[word] ?? 1)).toPrecision(5))} ${word}`;
}

/** What was typed, with a unit of time behind it if wanted (`50 ms` where the control counts microseconds); null: no number. */
export function typedNumber(text: string, unit: string | null): number | null {
  // 50,000 is fifty to some and fifty thousand to others.
  if (/,\d{3}(?!\d)/.test(text)) return null;
  const plain = text.replace('−', '-').replace(',', '.');
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(\S*)\s*$/i.exec(plain);
  if (match === null) return null;
  const value = Number(match[1]);
  const word = match[2] ?? '';
  if (word === '' || word === unit || word === unitText(unit)) return value;
  const [given, own] = [NANOSECONDS[word], unit === null ? undefined : NANOSECONDS[unit]];
  return given === undefined || own === undefined ? null : Number(((value * given) / own).toPrecision(15));
}

/** `0 to 100`, `16 to 4096 px in steps of 16`; empty where no limit is known. */
export function rangeText({ minimum, maximum, step, unit, type }: ControlDeclaration): string {
  if (type !== 'integer' && type !== 'float') return '';
  const longest = timeHint(maximum, unit);
  if (minimum !== null && maximum !== null && longest !== null) {
    return `${timeHint(minimum, unit) ?? `${numberText(minimum)} ${unitText(unit)}`} to ${longest}`;
  }
  const limits =
    minimum !== null && maximum !== null
      ? `${numberText(minimum)} to ${numberText(maximum)}`
      : minimum !== null
        ? `from ${numberText(minimum)}`
        : maximum !== null
          ? `up to ${numberText(maximum)}`
          : '';
  const units = limits === '' || unit === null ? '' : ` ${unitText(unit)}`;
  const steps =
    step !== null && step > 0 && !(type === 'integer' && step === 1) ? `in steps of ${numberText(step)}` : '';
  return [limits + units, steps].filter((part) => part !== '').join(' ');
}

/** `Exposure: 49000 µs → 52000 µs`, for what a setting has changed besides. */
export function besideText({ from, value }: ControlChange, control: ControlDeclaration): string {
  return `${control.label}: ${valueText(from, control)} → ${valueText(value, control)}`;
}
