/** The keys of the page, asked for by `?`. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LogoutButton } from '../access/access-state.js';
import { shortcuts } from '../keys/shortcuts.js';

export const helpShown = signal(false);

/** Keys that are not written as they are named. */
const KEY_NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpShown.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpShown.value]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (helpShown.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {shortcuts.value.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{KEY_NAMES[key] ?? key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Tab</kbd>
          </dt>
          <dd>From control to control</dd>
        </div>
      </dl>
      <div class="help-end">
        <button type="button" class="primary" onClick={() => (helpShown.value = false)}>
          Close
        </button>
        <LogoutButton after={() => (helpShown.value = false)} />
      </div>
    </dialog>
  );
}
