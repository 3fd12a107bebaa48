/** What a control is set with, by its type. */
import { useState } from 'preact/hooks';
import type { Control } from '#src/cameras/controls.js';
import { ChoiceList, type Choices } from '../components/choice-list.js';
import { applyControl } from './control-store.js';
import { valueText } from './control-words.js';
import { NumberInput } from './number-input.js';

export interface WidgetProps {
  readonly control: Control;
}

export interface IdentifiedProps extends WidgetProps {
  /** Of the element that takes the focus. */
  readonly id: string;
}

export function ControlWidget({ control, idPrefix = 'control' }: WidgetProps & { readonly idPrefix?: string }) {
  const { name, type, readOnly } = control;
  const id = `${idPrefix}-${name}`;
  if (readOnly) {
    return (
      <output id={id} class="control-reading">
        {control.value === null ? '–' : valueText(control.value, control)}
      </output>
    );
  }
  switch (type) {
    case 'integer':
    case 'float':
      return <NumberInput control={control} id={id} />;
    case 'boolean':
      return <Switch control={control} id={id} />;
    case 'choice':
      return <ChoiceInput control={control} id={id} />;
    case 'text':
      return <TextInput control={control} id={id} />;
    case 'command':
      return <CommandButton control={control} id={id} />;
  }
}

function Switch({ control: { name, value, unavailable }, id }: IdentifiedProps) {
  return (
    <span class="control-switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={value === true}
        aria-describedby={`help-${name}`}
        checked={value === true}
        disabled={unavailable !== null}
        onChange={({ currentTarget }) => void applyControl(name, currentTarget.checked)}
      />
      <span aria-hidden="true">{value === true ? 'on' : 'off'}</span>
    </span>
  );
}

function ChoiceInput({ control: { name, value, choices, unavailable }, id }: IdentifiedProps) {
  const isListed = choices.some((choice) => choice.name === value);
  const now = String(value ?? '');
  const listed = choices.map((choice): Choices[number] => [choice.name, choice.label]);
  return (
    <ChoiceList
      id={id}
      describedBy={`help-${name}`}
      value={now}
      choices={isListed ? listed : [[now, value === null ? '–' : now], ...listed]}
      isDisabled={unavailable !== null}
      onChange={(chosen) => void applyControl(name, chosen)}
    />
  );
}

function TextInput({ control: { name, value, unavailable }, id }: IdentifiedProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const apply = () => {
    if (draft !== null && draft !== value) void applyControl(name, draft);
    setDraft(null);
  };
  return (
    <input
      id={id}
      type="text"
      class="control-text"
      aria-describedby={`help-${name}`}
      value={draft ?? String(value ?? '')}
      disabled={unavailable !== null}
      autocomplete="off"
      spellcheck={false}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={apply}
      onKeyDown={({ key }) => {
        if (key === 'Enter') apply();
        if (key === 'Escape') setDraft(null);
      }}
    />
  );
}

function CommandButton({ control: { name, label, unavailable }, id }: IdentifiedProps) {
  return (
    <button
      id={id}
      type="button"
      aria-describedby={`help-${name}`}
      disabled={unavailable !== null}
      onClick={() => void applyControl(name, null)}
    >
      {label}
    </button>
  );
}
