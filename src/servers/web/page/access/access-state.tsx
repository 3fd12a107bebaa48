/** Whether this browser may change anything: in the header the way in for one that may only look, among the keys the way out. */
import { reconnect } from '../live/connection.js';
import { isLoggedIn, loginShown, logOut, mayChange } from './access.js';

export function LoginButton() {
  if (mayChange.value) return null;
  return (
    <button
      type="button"
      class="plain"
      title="This browser may look, and change nothing"
      onClick={() => (loginShown.value = true)}
    >
      <span class="widest quiet">Looking only</span>
      Log in
    </button>
  );
}

/** Not in the header: in the dark it would be touched by mistake, and then nothing could be stopped. */
export function LogoutButton({ after }: { readonly after: () => void }) {
  if (!isLoggedIn.value) return null;
  const leave = () => {
    after();
    void logOut().then(reconnect);
  };
  return (
    <button type="button" title="This browser may only look then" onClick={leave}>
      Log out
    </button>
  );
}
