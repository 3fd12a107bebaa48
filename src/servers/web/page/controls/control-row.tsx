/** One control: what it is, what it is set to, how it is set, and what the camera said to it. */
import type { Control } from '#src/cameras/controls.js';
import { answers, applyControl, type ControlAnswer } from './control-store.js';
import { ControlWidget } from './control-widget.js';
import { rangeText, timeHint, valueText } from './control-words.js';

export function ControlRow({ control }: { readonly control: Control }) {
  const { name, label, help, unavailable } = control;
  const isChanged = isChangedFromDefault(control);
  const answer = answers.value.get(name);
  return (
    <div class="control" data-changed={isChanged} data-unavailable={unavailable !== null}>
      <div class="control-about">
        <label for={`control-${name}`} class="control-label">
          {label === '' ? name : label}
        </label>
        <code class="control-name">{name}</code>
        <p class="control-help" id={`help-${name}`}>
          {help}
        </p>
      </div>
      <div class="control-set">
        <ControlWidget control={control} />
        <p class="control-range">{notesOf(control).join(' · ')}</p>
        {unavailable === null ? null : <p class="control-why">Not now: {unavailable}</p>}
        {isChanged ? <ResetOne control={control} /> : null}
        <Answer answer={answer} />
      </div>
    </div>
  );
}

export function isChangedFromDefault({ default: first, value, readOnly, type }: Control): boolean {
  return first !== null && value !== null && !readOnly && type !== 'command' && first !== value;
}

function notesOf(control: Control): string[] {
  const { unit, value, readOnly, live, shapesFrames, unavailable } = control;
  const hint = timeHint(value, unit);
  const range = readOnly ? '' : rangeText(control);
  const stops = !readOnly && (!live || shapesFrames) && unavailable === null ? 'the stream is begun anew for it' : '';
  return [hint === null ? '' : `= ${hint}`, range, stops].filter((note) => note !== '');
}

function ResetOne({ control }: { readonly control: Control }) {
  const { name, label, default: first, unavailable } = control;
  return (
    <button
      type="button"
      class="control-reset"
      disabled={unavailable !== null}
      aria-label={`Set ${label} back to ${valueText(first, control)}`}
      onClick={() => void applyControl(name, first)}
    >
      Back to {valueText(first, control)}
    </button>
  );
}

function Answer({ answer }: { readonly answer: ControlAnswer | undefined }) {
  return (
    <div class="control-answer" role="status" data-kind={answer?.kind}>
      {answer === undefined ? null : (
        <>
          <span>{answer.text}</span>
          {answer.beside.map((line) => (
            <span key={line} class="control-beside">
              {line}
            </span>
          ))}
        </>
      )}
    </div>
  );
}
