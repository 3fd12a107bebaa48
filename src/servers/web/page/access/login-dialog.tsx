/** Where a browser that may only look shows the key of the run, or the token. */
import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { reconnect } from '../live/connection.js';
import { logIn, loginEnded, loginShown } from './access.js';
import './access.css';

export function LoginDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const isShown = loginShown.value;
  useEffect(() => {
    if (isShown) dialog.current?.showModal();
    else dialog.current?.close();
    if (field.current !== null) field.current.value = '';
    problem.value = null;
  }, [isShown]);
  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    problem.value = await logIn(field.current?.value ?? '');
    if (problem.value !== null) {
      field.current?.select();
      return;
    }
    reconnect();
    loginEnded(true);
  };
  return (
    <dialog
      ref={dialog}
      class="login"
      aria-labelledby="login-title"
      onClose={() => loginShown.value && loginEnded(false)}
    >
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="login-title">Log in to change things</h2>
        <p class="quiet">
          Everybody at this machine may look. To record, trigger and set, open the address that the station printed when
          it began, or paste it here. <code>appulse token --run</code> tells its key again.
        </p>
        <label for="login-key">Address, key or token</label>
        <input
          ref={field}
          id="login-key"
          type="password"
          autocomplete="current-password"
          required
          aria-invalid={problem.value !== null}
          aria-describedby="login-problem"
        />
        <p id="login-problem" role="alert" class="login-problem">
          {problem.value}
        </p>
        <div class="login-choice">
          <button type="button" onClick={() => loginEnded(false)}>
            Look only
          </button>
          <button type="submit" class="primary">
            Log in
          </button>
        </div>
      </form>
    </dialog>
  );
}
