/** One entry of the plan: when, which cameras, and what the session is. */

import { WEEKDAYS } from '#src/night/weekdays.js';
import { FRAME_TYPES, type FrameType } from '#storage/frame-record.js';
import { cameras } from '../live/connection.js';
import { controlLines, controlsOf } from './control-lines.js';
import { ChoiceField, Field, NotesField, orNull, TextField, WrittenInput } from './field.js';
import { ownZone, type PlanEntry } from './plan-client.js';

interface EntryProps {
  readonly entry: PlanEntry;
  readonly onChange: (entry: PlanEntry) => void;
  /** Before the entry above it; null for the first. */
  readonly onMoveUp: (() => void) | null;
  readonly onRemove: () => void;
}

export function PlanEntryForm({ entry, onChange, onMoveUp, onRemove }: EntryProps) {
  const set = (change: Partial<PlanEntry>) => onChange({ ...entry, ...change });
  return (
    <fieldset class="entry" aria-label={`Entry ${entry.name}`}>
      <div class="fields">
        <TextField label="Entry" value={entry.name} onChange={(name) => set({ name })} most={100} />
        <ChoiceField
          label="When"
          value={entry.when.kind}
          onChange={(kind) =>
            set({
              when:
                kind === 'sun'
                  ? { kind: 'sun', eveningDeg: -12, morningDeg: -12 }
                  : { kind: 'clock', from: '21:00', to: '04:00', zone: ownZone() },
            })
          }
          choices={[
            ['sun', 'by the sun'],
            ['clock', 'by the clock'],
          ]}
        />
        <WhenFields entry={entry} set={set} />
      </div>
      <Days entry={entry} set={set} />
      {cameras.value.length > 1 && <Cameras entry={entry} set={set} />}
      <details>
        <summary>Session, camera settings and retention</summary>
        <div class="fields">
          <TextField
            label="Session name"
            value={entry.session ?? ''}
            onChange={(text) => set({ session: orNull(text) })}
          />
          <TextField label="Object" value={entry.object ?? ''} onChange={(text) => set({ object: orNull(text) })} />
          <TextField
            label="Observer"
            value={entry.observer ?? ''}
            onChange={(text) => set({ observer: orNull(text) })}
          />
          <ChoiceField
            label="Frames"
            value={entry.frameType}
            onChange={(type) => set({ frameType: type as FrameType })}
            choices={FRAME_TYPES.map((type) => [type, type])}
          />
          <TextField
            label="Camera profile"
            value={entry.profile ?? ''}
            onChange={(text) => set({ profile: orNull(text) })}
            most={64}
          />
          <ChoiceField
            label="Retention"
            value={entry.retention}
            onChange={(retention) => set({ retention: retention === 'keep' ? 'keep' : 'rolling' })}
            choices={[
              ['rolling', 'as the station has it'],
              ['keep', 'keep all frames'],
            ]}
          />
        </div>
        <NotesField
          label="Controls, one a line: ExposureTime = 50000"
          value={controlLines(entry.controls)}
          onChange={(text) => set({ controls: controlsOf(text) })}
        />
        <p class="quiet">{'{night}, {entry} and {camera} are filled in when a session begins.'}</p>
      </details>
      <div class="buttons">
        <label>
          <input
            type="checkbox"
            checked={entry.enabled}
            onChange={({ currentTarget }) => set({ enabled: currentTarget.checked })}
          />{' '}
          in use
        </label>
        {onMoveUp !== null && (
          <button
            type="button"
            onClick={onMoveUp}
            aria-label={`Move ${entry.name} up: it has the camera before the next`}
          >
            Up
          </button>
        )}
        <button type="button" onClick={onRemove} aria-label={`Remove ${entry.name}`}>
          Remove
        </button>
      </div>
    </fieldset>
  );
}

interface PartProps {
  readonly entry: PlanEntry;
  readonly set: (change: Partial<PlanEntry>) => void;
}

function WhenFields({ entry: { when }, set }: PartProps) {
  if (when.kind === 'sun') {
    const degrees = (label: string, value: number, change: (value: number) => PlanEntry['when']) => (
      <Field label={label}>
        <WrittenInput
          inputMode="decimal"
          text={Number.isNaN(value) ? '' : String(value)}
          onWritten={(text) => set({ when: change(Number(text.trim() === '' ? Number.NaN : text)) })}
        />
      </Field>
    );
    return (
      <>
        {degrees('Evening: sun below, degrees', when.eveningDeg, (eveningDeg) => ({ ...when, eveningDeg }))}
        {degrees('Morning: until sun above, degrees', when.morningDeg, (morningDeg) => ({ ...when, morningDeg }))}
      </>
    );
  }
  return (
    <>
      <Field label="From">
        <TimeOfDay value={when.from} onChange={(from) => set({ when: { ...when, from } })} />
      </Field>
      <Field label="To">
        <TimeOfDay value={when.to} onChange={(to) => set({ when: { ...when, to } })} />
      </Field>
      <TextField label="Time zone" value={when.zone} onChange={(zone) => set({ when: { ...when, zone } })} most={64} />
    </>
  );
}

/** Written, not picked: what the browser would open has its own colours. */
function TimeOfDay({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return <WrittenInput inputMode="numeric" text={value} onWritten={(text) => onChange(text.trim())} />;
}

function Days({ entry: { days }, set }: PartProps) {
  return (
    <fieldset>
      <legend class="quiet">Evenings</legend>
      <div class="checks">
        {WEEKDAYS.map((day) => (
          <label key={day}>
            <input
              type="checkbox"
              checked={days.includes(day)}
              onChange={({ currentTarget: { checked } }) =>
                set({ days: WEEKDAYS.filter((each) => (each === day ? checked : days.includes(each))) })
              }
            />
            {day.slice(0, 3)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Cameras({ entry, set }: PartProps) {
  const chosen = entry.cameras ?? cameras.value.map(({ camera }) => camera);
  return (
    <fieldset>
      <legend class="quiet">Cameras</legend>
      <div class="checks">
        {cameras.value.map(({ camera, model }) => (
          <label key={camera}>
            <input
              type="checkbox"
              checked={chosen.includes(camera)}
              onChange={({ currentTarget: { checked } }) => {
                const next = cameras.value
                  .map((each) => each.camera)
                  .filter((each) => (each === camera ? checked : chosen.includes(each)));
                set({ cameras: next.length === cameras.value.length ? null : next });
              }}
            />
            {camera + 1}: {model}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
