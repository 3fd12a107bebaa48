/** The filter wheel: its slots by the names that they were given, where it stands, or that it turns. */
import type { Control } from '#src/cameras/controls.js';
import { answers, applyControl } from './control-store.js';

/** A wheel that does not tell how many slots it has. */
const MOST_BUTTONS = 16;

export function FilterCard({ controls }: { readonly controls: readonly Control[] }) {
  const named = (name: string) => controls.find((control) => control.name === name);
  const slot = named('FilterSlot');
  if (slot === undefined || slot.readOnly || slot.type !== 'integer') return null;
  const names = String(named('FilterNames')?.value ?? '').split(',');
  const told = named('FilterSlots')?.value;
  const first = slot.minimum ?? 1;
  const last = typeof told === 'number' ? first + told - 1 : Math.min(slot.maximum ?? first, first + MOST_BUTTONS - 1);
  const slots = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({
    number: first + i,
    name: names[i]?.trim() || `Slot ${first + i}`,
  }));
  return (
    <section class="panel card" aria-labelledby="filter-card">
      <h2 id="filter-card">Filter</h2>
      <p class="card-state" role="status">
        {stateText(slot, slots)}
      </p>
      {slot.unavailable === null ? (
        <div class="card-slots">
          {slots.map(({ number, name }) => (
            <button
              key={number}
              type="button"
              aria-pressed={slot.value === number}
              onClick={() => void applyControl(slot.name, number)}
            >
              {name}
            </button>
          ))}
        </div>
      ) : null}
    </section>
  );
}

function stateText(slot: Control, slots: readonly { readonly number: number; readonly name: string }[]): string {
  if (slot.unavailable !== null) return `Not now: ${slot.unavailable}`;
  if (slot.value === null) return 'The wheel turns …';
  const answer = answers.value.get(slot.name);
  if (answer?.kind === 'refused') return answer.text;
  return `${slots.find(({ number }) => number === slot.value)?.name ?? `Slot ${slot.value}`} is in the light`;
}
