/** Profiles of the controls: saved under a name, loaded, deleted; and the reset of all controls. */
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Profile } from '#src/cameras/camera-state.js';
import type { Control } from '#src/cameras/controls.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { cameras, watched } from '../live/connection.js';
import { deleteProfile, loadProfile, readProfiles, resetControls, saveProfile } from './control-client.js';
import { isChangedFromDefault } from './control-row.js';
import { refreshControls, takeAnswer } from './control-store.js';

/** By name. */
const profiles = signal<Readonly<Record<string, Profile>>>({});
const name = signal('');
const told = signal('');
const busy = signal(false);
/** What a second press on the same button would do. */
const asked = signal<string | null>(null);

/** Before it is open the station does not know which camera it is, and whose profiles. */
const isOpen = computed(() =>
  cameras.value.some(({ camera, state }) => camera === watched.value && state === 'streaming'),
);

export function ProfilesCard({ controls }: { readonly controls: readonly Control[] }) {
  useEffect(() => {
    told.value = '';
    asked.value = null;
    if (isOpen.value) void read(watched.value);
  }, [watched.value, isOpen.value]);
  const kept = Object.entries(profiles.value).sort(([a], [b]) => a.localeCompare(b));
  const changed = controls.filter(isChangedFromDefault).length;
  if (controls.length === 0) return null;
  return (
    <section class="panel card" aria-labelledby="profiles-card">
      <h2 id="profiles-card">Profiles</h2>
      {kept.length === 0 ? <p class="card-state">None yet. One keeps how the camera is set now.</p> : null}
      <ul class="card-list">
        {kept.map(([profileName, profile]) => (
          <KeptProfile key={profileName} name={profileName} profile={profile} />
        ))}
      </ul>
      <form
        class="card-form"
        noValidate
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <input
          type="text"
          aria-label="Name of the profile"
          placeholder="Name"
          maxLength={64}
          value={name.value}
          onInput={({ currentTarget }) => {
            name.value = currentTarget.value;
          }}
        />
        <button type="submit" disabled={busy.value || name.value.trim() === ''}>
          Save as it is now
        </button>
      </form>
      <Twice id="reset" label="Reset all controls" sure={sureText(changed)} work={() => work(reset)} />
      <p class="card-told" role="status">
        {told.value}
      </p>
    </section>
  );
}

function KeptProfile({ name: kept, profile }: { readonly name: string; readonly profile: Profile }) {
  const count = Object.keys(profile.values).length;
  return (
    <li>
      <span class="card-list-what">
        <strong>{kept}</strong>
        <small>
          {profile.savedUtc.replace('T', ' ').replace('Z', '')} UTC · {count} {count === 1 ? 'value' : 'values'}
        </small>
      </span>
      <button
        type="button"
        disabled={busy.value}
        aria-label={`Load ${kept}`}
        onClick={() => void work(() => load(kept))}
      >
        Load
      </button>
      <Twice id={`delete ${kept}`} label="Delete" about={kept} sure="Delete?" work={() => work(() => remove(kept))} />
    </li>
  );
}

/** Values that are kept for the next time are forgotten as well. */
function sureText(changed: number): string {
  if (changed === 0) return 'Forget what was kept?';
  return changed === 1 ? 'Reset 1 control?' : `Reset ${changed} controls?`;
}

interface TwiceProps {
  readonly id: string;
  readonly label: string;
  readonly about?: string;
  readonly sure: string;
  readonly work: () => Promise<void>;
}

/** A button that asks before it does what cannot be taken back. */
function Twice({ id, label, about = '', sure, work: does }: TwiceProps) {
  const isAsked = asked.value === id;
  return (
    <button
      type="button"
      disabled={busy.value}
      aria-label={`${isAsked ? sure : label} ${about}`.trim()}
      data-sure={isAsked}
      onBlur={() => {
        if (isAsked) asked.value = null;
      }}
      onClick={() => {
        asked.value = isAsked ? null : id;
        if (isAsked) void does();
      }}
    >
      {isAsked ? sure : label}
    </button>
  );
}

async function read(camera: number): Promise<void> {
  profiles.value = {};
  try {
    const found = await readProfiles(camera);
    if (camera === watched.value) profiles.value = found;
  } catch {
    // Why the camera does not answer stands above the controls.
  }
}

/** One after the other; what fails is told. */
async function work(does: () => Promise<string>): Promise<void> {
  busy.value = true;
  try {
    told.value = await does();
  } catch (error) {
    told.value = (error as Error).message;
  }
  busy.value = false;
}

const save = () =>
  work(async () => {
    const given = name.value.trim();
    await saveProfile(watched.value, given);
    name.value = '';
    await read(watched.value);
    return `${given} is saved`;
  });

async function load(profile: string): Promise<string> {
  return applied(`${profile} is loaded`, await loadProfile(watched.value, profile));
}

async function reset(): Promise<string> {
  return applied('Reset', await resetControls(watched.value));
}

async function remove(profile: string): Promise<string> {
  await deleteProfile(watched.value, profile);
  await read(watched.value);
  return `${profile} is deleted`;
}

async function applied(done: string, answer: SetControlsAnswer): Promise<string> {
  takeAnswer(answer);
  await refreshControls();
  const set = answer.changes.filter(({ because }) => because === null).length;
  const refused = answer.refused.map(({ name: control, why }) => `${control}: ${why}`);
  const parts = [`${done}: ${set === 0 ? 'nothing had to be changed' : `${set} changed`}`];
  if (answer.interrupted) parts.push('the stream was begun anew');
  if (refused.length > 0) parts.push(`${refused.length} refused (${refused.join('; ')})`);
  return parts.join(', ');
}
