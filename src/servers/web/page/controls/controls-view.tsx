/** The controls of the camera that is watched, built from what it declares: no camera and no control is known here by name. */
import { signal } from '@preact/signals';
import { CONTROL_GROUPS, type Control, type ControlGroup } from '#src/cameras/controls.js';
import { watched } from '../live/connection.js';
import { ControlRow, isChangedFromDefault } from './control-row.js';
import { refreshControls, shownControls, trouble } from './control-store.js';
import './controls.css';
import { CoolerCard } from './cooler-card.js';
import { FilterCard } from './filter-card.js';
import { usePolling } from './polling.js';
import { ProfilesCard } from './profiles-card.js';

/** Readings are asked for so often, and the camera rests so long between two answers. */
const POLL_MS = 2_000;
const REST_MS = 1_000;

const filter = signal('');
const onlyChanged = signal(false);

/** What an observer sets comes first, what a camera only says of itself last. */
const FIRST_GROUPS: readonly ControlGroup[] = ['Exposure', 'Gain', 'Cooling', 'Filter'];
const SHOWN_GROUPS: readonly ControlGroup[] = [
  ...FIRST_GROUPS,
  ...CONTROL_GROUPS.filter((group) => group !== 'Device' && !FIRST_GROUPS.includes(group)),
  'Device',
];

export function ControlsView() {
  usePolling(refreshControls, POLL_MS, REST_MS, [watched.value]);
  const shown = shownControls.value;
  const isOther = shown !== null && shown.camera !== watched.value;
  const controls = shown === null || isOther ? [] : shown.controls;
  const identity = isOther ? null : (shown?.identity ?? null);
  return (
    <div class="controls">
      <div class="controls-head">
        <h1>{identity === null ? 'Controls' : `${identity.model} ${identity.serial}`}</h1>
        <Filter count={controls.length} />
        {trouble.value === null ? null : (
          <p class="controls-trouble" role="alert">
            {trouble.value}
          </p>
        )}
      </div>
      <aside class="controls-aside" aria-label="Cooler, filter and profiles">
        <CoolerCard controls={controls} />
        <FilterCard controls={controls} />
        <ProfilesCard controls={controls} />
      </aside>
      <Groups controls={controls} isRead={shown !== null && !isOther} />
    </div>
  );
}

function Filter({ count }: { readonly count: number }) {
  return (
    <div class="controls-filter">
      <input
        type="search"
        aria-label="Show controls that hold these words"
        placeholder={count === 0 ? 'Find a control' : `Find among ${count} controls`}
        value={filter.value}
        onInput={({ currentTarget }) => {
          filter.value = currentTarget.value;
        }}
      />
      <label class="controls-changed">
        <input
          type="checkbox"
          checked={onlyChanged.value}
          onChange={({ currentTarget }) => {
            onlyChanged.value = currentTarget.checked;
          }}
        />
        Changed only
      </label>
    </div>
  );
}

function Groups({ controls, isRead }: { readonly controls: readonly Control[]; readonly isRead: boolean }) {
  const found = controls.filter(isFound);
  const groups = SHOWN_GROUPS.flatMap((group) => {
    const members = found.filter((control) => control.group === group);
    return members.length === 0 ? [] : [{ group, members }];
  });
  return (
    <div class="controls-groups">
      {groups.map(({ group, members }) => (
        <section key={group} class="panel controls-group" aria-labelledby={`group-${group}`}>
          <h2 id={`group-${group}`}>{group}</h2>
          {members.map((control) => (
            <ControlRow key={control.name} control={control} />
          ))}
        </section>
      ))}
      {groups.length === 0 ? <p class="controls-none">{noneText(controls.length, isRead)}</p> : null}
    </div>
  );
}

function noneText(count: number, isRead: boolean): string {
  if (!isRead) return 'Asking the camera …';
  if (count === 0) return 'The camera has nothing that can be set.';
  return onlyChanged.value && filter.value === ''
    ? 'Everything is as the camera sets it by itself.'
    : 'No control holds these words.';
}

/** All words must occur, anywhere in what is known of the control. */
function isFound(control: Control): boolean {
  if (onlyChanged.value && !isChangedFromDefault(control)) return false;
  const text = `${control.label} ${control.name} ${control.group} ${control.help}`.toLowerCase();
  return filter.value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
