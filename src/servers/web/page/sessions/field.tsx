/** A field of a form with its label; the label is what a screen reader says. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ChoiceList, type Choices } from '../components/choice-list.js';

export function Field({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what stands inside
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly most?: number;
}

export function TextField({ label, value, onChange, placeholder, most = 200 }: TextProps) {
  return (
    <Field label={label}>
      <input
        type="text"
        value={value}
        maxLength={most}
        placeholder={placeholder ?? ''}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Field>
  );
}

interface WrittenProps {
  readonly text: string;
  readonly inputMode: 'decimal' | 'numeric';
  /** When it is left or Enter is pressed: until then it may be half a number, and what the station tells meanwhile does not touch it. */
  readonly onWritten: (text: string) => void;
}

export function WrittenInput({ text, inputMode, onWritten }: WrittenProps) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <input
      type="text"
      inputMode={inputMode}
      autocomplete="off"
      maxLength={12}
      value={draft ?? text}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onChange={({ currentTarget }) => {
        setDraft(null);
        onWritten(currentTarget.value);
      }}
    />
  );
}

export function NotesField({ label, value, onChange }: TextProps) {
  return (
    <Field label={label}>
      <textarea
        rows={3}
        value={value}
        maxLength={10_000}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Field>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: Choices;
  readonly onChange: (value: string) => void;
}

export function ChoiceField({ label, value, choices, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      <ChoiceList name={label} value={value} choices={choices} onChange={onChange} />
    </Field>
  );
}

/** What went wrong, said aloud; nothing takes no place. */
export function Failure({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p class="failure" role="alert">
      {text}
    </p>
  );
}

export const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
