/** The plan as a form: entries in the order of their right to a camera; nothing changes before it is saved. */
import { useState } from 'preact/hooks';
import { Failure } from './field.js';
import { type NightReport, newEntry, type PlanEntry, writePlan } from './plan-client.js';
import { PlanEntryForm } from './plan-entry-form.js';
import { useWork } from './work.js';

interface EditorProps {
  readonly report: NightReport;
  readonly onSaved: () => void;
}

/** An entry keeps its number while it is renamed and moved, so that its form stays the same. */
interface Numbered {
  readonly number: number;
  readonly entry: PlanEntry;
}

export function PlanEditor({ report, onSaved }: EditorProps) {
  const [entries, setEntries] = useState<readonly Numbered[]>(() =>
    report.plan.entries.map((entry, number) => ({ number, entry })),
  );
  const [isChanged, setChanged] = useState(false);
  const [saved, setSaved] = useState(false);
  const { busy, failed, run } = useWork();
  const change = (next: readonly Numbered[]) => {
    setEntries(next);
    setChanged(true);
    setSaved(false);
  };
  const add = () => {
    const number = Math.max(-1, ...entries.map((each) => each.number)) + 1;
    change([...entries, { number, entry: newEntry(entries.map(({ entry }) => entry)) }]);
  };
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await writePlan(entries.map(({ entry }) => entry));
      setChanged(false);
      setSaved(true);
      onSaved();
    });
  };
  return (
    <section class="panel" aria-label="Plan">
      <h2>Plan</h2>
      <p class="quiet">
        Sessions begin and end by themselves. What is started or stopped by hand holds until the plan's next beginning
        or end.
      </p>
      <form onSubmit={save}>
        {entries.map(({ number, entry }, i) => (
          <PlanEntryForm
            key={number}
            entry={entry}
            onChange={(next) =>
              change(entries.map((each) => (each.number === number ? { number, entry: next } : each)))
            }
            onMoveUp={i === 0 ? null : () => change(movedUp(entries, i))}
            onRemove={() => change(entries.filter((each) => each.number !== number))}
          />
        ))}
        <div class="buttons">
          <button type="button" onClick={add}>
            Add an entry
          </button>
          <button type="submit" class="primary" disabled={busy || !isChanged}>
            Save the plan
          </button>
          <span role="status">{saved ? 'saved' : isChanged ? 'not saved yet' : ''}</span>
        </div>
        <Failure text={failed} />
      </form>
      <p class="quiet">It stands in {report.file}</p>
    </section>
  );
}

function movedUp(entries: readonly Numbered[], i: number): readonly Numbered[] {
  const [above, moved] = [entries[i - 1], entries[i]];
  if (above === undefined || moved === undefined) return entries;
  return [...entries.slice(0, i - 1), moved, above, ...entries.slice(i + 1)];
}
