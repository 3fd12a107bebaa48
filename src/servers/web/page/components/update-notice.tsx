/** A page that was opened before the station was updated may not understand it any more: it asks to be loaded anew. */
import { effect, signal } from '@preact/signals';
import { status } from '../live/connection.js';
import '../alarms/alarms.css';

/** The version that this page came from. */
let own: string | null = null;
const newer = signal<string | null>(null);

effect(() => {
  const version = status.value?.version ?? null;
  own ??= version;
  newer.value = version === own ? null : version;
});

export function UpdateNotice() {
  if (newer.value === null) return null;
  return (
    <div class="alarm update" role="alert">
      <span>
        The station is version {newer.value} now, and this page is of {own}.
      </span>
      <button type="button" onClick={() => location.reload()}>
        Load the page anew
      </button>
    </div>
  );
}
