/** The plan as a form: entries in the order of their right to a camera; nothing changes before it is saved. */
import { useEffect, useState } from 'preact/hooks';
import { Failure } from './field.js';
import { type NightReport, newEntry, type PlanEntry, readPlan, writePlan } from './plan-client.js';
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
  const [entries, setEntries] = useState<readonly Numbered[]>(() => numbered(report));
  /** What the form began with: who changed it meanwhile is not written over unasked. */
  const [before, setBefore] = useState(() => textOf(report));
  const [elsewhere, setElsewhere] = useState<NightReport | null>(null);
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
  const show = (told: NightReport) => {
    setEntries(numbered(told));
    setBefore(textOf(told));
    setElsewhere(null);
    setChanged(false);
  };
  useEffect(() => {
    if (!isChanged && !busy && textOf(report) !== before) show(report);
  }, [report]);
  const write = async () => {
    const written = await writePlan(entries.map(({ entry }) => entry));
    setBefore(textOf(written));
    setElsewhere(null);
    setChanged(false);
    setSaved(true);
    onSaved();
  };
  const save = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const now = await readPlan(AbortSignal.timeout(10_000));
      if (textOf(now) === before) await write();
      else setElsewhere(now);
    });
  };
  return (
    <section class="panel" aria-label="Plan">
      <h2>Plan</h2>
      <p class="quiet">
        Sessions begin and end by themselves. What is started or stopped by hand holds until the plan's next beginning
        or end.
      </p>
      <form noValidate autocomplete="off" onSubmit={save}>
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
        {elsewhere !== null && (
          <div role="alert">
            <p class="warning">The plan was changed elsewhere since this form was filled in.</p>
            <div class="buttons">
              <button type="button" onClick={() => show(elsewhere)}>
                Show that plan
              </button>
              <button type="button" disabled={busy} onClick={() => void run(write)}>
                Save this one in its place
              </button>
            </div>
          </div>
        )}
        <Failure text={failed} />
      </form>
      <p class="quiet">It stands in {report.file}</p>
    </section>
  );
}

function numbered({ plan }: NightReport): readonly Numbered[] {
  return plan.entries.map((entry, number) => ({ number, entry }));
}

function textOf({ plan }: NightReport): string {
  return JSON.stringify(plan.entries);
}

function movedUp(entries: readonly Numbered[], i: number): readonly Numbered[] {
  const [above, moved] = [entries[i - 1], entries[i]];
  if (above === undefined || moved === undefined) return entries;
  return [...entries.slice(0, i - 1), moved, above, ...entries.slice(i + 1)];
}
