/** Whether this browser may change anything at the station, and how it comes to do so. */
import { signal } from '@preact/signals';

/** True until the station says that this browser may only look: most are logged in, and nothing should jump. */
export const mayChange = signal(true);
/** Whether this browser has logged in, and so can log out. */
export const isLoggedIn = signal(false);
/** Whether it is asked for a key or a token. */
export const loginShown = signal(false);

let waiting: ((loggedIn: boolean) => void)[] = [];

/** Asks the observer to log in. False where they will not. */
export function askToLogIn(): Promise<boolean> {
  loginShown.value = true;
  return new Promise((done) => waiting.push(done));
}

/** The dialog has ended. */
export function loginEnded(loggedIn: boolean): void {
  loginShown.value = false;
  const told = waiting;
  waiting = [];
  for (const done of told) done(loggedIn);
}

/** Null: it is the right one. Otherwise what is to be said. `shown`: a key, a token, or the whole address that the station printed. */
export async function logIn(shown: string): Promise<string | null> {
  const token = shown.trim().replace(/^https?:\/\/\S+\/login\//, '');
  const { ok, words } = await post('./login', { token });
  return ok ? null : words;
}

export async function logOut(): Promise<void> {
  await post('./logout', {});
}

async function post(url: string, body: object): Promise<{ readonly ok: boolean; readonly words: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    return { ok: response.ok, words: answer?.error?.message ?? `the station answered ${response.status}` };
  } catch {
    return { ok: false, words: 'the station does not answer: is it running, and is the network there?' };
  }
}

/**
 * `fetch` for what changes something: where the station asks for a login, the observer is asked, and it is tried once more.
 * @throws TypeError and the like, as fetch does
 */
export async function fetchToChange(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  if (response.status !== 401 || !(await askToLogIn())) return response;
  const { signal: _, ...again } = options;
  return fetch(url, again);
}
