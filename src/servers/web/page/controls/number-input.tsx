/**
 * A number: typed, moved by arrow keys or by a slider. It is set on Enter, on leaving the field, or on letting the slider go; Escape takes
 * back what was typed.
 */
import { useState } from 'preact/hooks';
import type { Control } from '#src/cameras/controls.js';
import { applyControl } from './control-store.js';
import { numberText, timeHint, typedNumber, unitText } from './control-words.js';
import { arrowStep, type SliderScale, sliderScale } from './slider-scale.js';

const PAGE_STEPS = 10;

export function NumberInput({ control, id }: { readonly control: Control; readonly id: string }) {
  const { name, unit, minimum, maximum, unavailable, type } = control;
  const value = typeof control.value === 'number' ? control.value : null;
  const [draft, setDraft] = useState<string | null>(null);
  const [complaint, setComplaint] = useState<string | null>(null);
  const scale = sliderScale(control);
  const typed = draft === null ? value : typedNumber(draft, unit);
  const apply = (text: string | null) => {
    if (text === null) return;
    const wanted = typedNumber(text, unit);
    if (wanted === null) {
      setComplaint(
        `${text === '' ? 'nothing' : `'${text}'`} is no number: write it without thousands separators, such as 50000`,
      );
      return;
    }
    setDraft(null);
    setComplaint(null);
    if (wanted !== value) void applyControl(name, wanted);
  };
  const move = (steps: number) => {
    const from = typed ?? minimum ?? 0;
    const step = arrowStep(control, from);
    const next = Number((from + steps * step).toPrecision(12));
    setDraft(numberText(Math.min(maximum ?? next, Math.max(minimum ?? next, next))));
  };
  const revert = () => {
    setDraft(null);
    setComplaint(null);
  };
  return (
    <div class="control-number">
      <span class="control-field">
        <input
          id={id}
          type="text"
          inputMode={minimum !== null && minimum >= 0 ? (type === 'integer' ? 'numeric' : 'decimal') : 'text'}
          role="spinbutton"
          aria-valuenow={typed ?? undefined}
          aria-valuemin={minimum ?? undefined}
          aria-valuemax={maximum ?? undefined}
          aria-invalid={complaint !== null}
          aria-describedby={`help-${name}`}
          autocomplete="off"
          value={draft ?? (value === null ? '' : numberText(value))}
          placeholder={value === null ? '–' : ''}
          disabled={unavailable !== null}
          onInput={({ currentTarget }) => setDraft(currentTarget.value)}
          onBlur={() => apply(draft)}
          onKeyDown={(event) => {
            const steps = STEPS_OF_KEYS[event.key];
            if (steps !== undefined) {
              event.preventDefault();
              move(steps);
            } else if (event.key === 'Enter') apply(draft);
            else if (event.key === 'Escape') revert();
          }}
        />
        <span class="control-unit">{unitText(unit)}</span>
      </span>
      {scale === null ? null : (
        <Slider control={control} scale={scale} value={typed} onMove={setDraft} onRelease={(text) => apply(text)} />
      )}
      {complaint === null ? null : (
        <p class="control-why" role="alert">
          {complaint}
        </p>
      )}
    </div>
  );
}

const STEPS_OF_KEYS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowDown: -1,
  PageUp: PAGE_STEPS,
  PageDown: -PAGE_STEPS,
};

interface SliderProps {
  readonly control: Control;
  readonly scale: SliderScale;
  readonly value: number | null;
  readonly onMove: (text: string) => void;
  readonly onRelease: (text: string) => void;
}

function Slider({ control, scale, value, onMove, onRelease }: SliderProps) {
  const { label, unit, unavailable } = control;
  const textAt = (input: HTMLInputElement): string => numberText(scale.valueAt(input.valueAsNumber));
  const words = value === null ? '' : (timeHint(value, unit) ?? `${numberText(value)} ${unitText(unit)}`);
  return (
    <input
      type="range"
      class="control-slider"
      aria-label={`${label}, slider`}
      aria-valuetext={words}
      min={0}
      max={scale.places}
      step={1}
      value={value === null ? 0 : scale.placeOf(value)}
      disabled={unavailable !== null}
      onInput={({ currentTarget }) => onMove(textAt(currentTarget))}
      onChange={({ currentTarget }) => onRelease(textAt(currentTarget))}
    />
  );
}
