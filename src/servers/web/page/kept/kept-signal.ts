/** What a browser remembers of its page, such as night mode. Without storage (a private window) it lasts as long as the page. */
import { effect, type Signal, signal } from '@preact/signals';

/** A signal that is kept under `name`; `read` judges what was kept, since another version of the page may have written it. */
export function keptSignal<T>(name: string, first: T, read: (kept: unknown) => T): Signal<T> {
  const key = `appulse.${name}`;
  const kept = signal(first);
  try {
    const text = localStorage.getItem(key);
    if (text !== null) kept.value = read(JSON.parse(text));
  } catch {
    // No storage, or not JSON: the first value stands.
  }
  effect(() => {
    const text = JSON.stringify(kept.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // No storage, or it is full.
    }
  });
  return kept;
}
