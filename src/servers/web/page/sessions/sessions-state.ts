/** What the parts of the sessions' view share. */
import { signal } from '@preact/signals';

/** The session that is looked into; null: none. */
export const chosenSession = signal<string | null>(null);
/** The instant that is looked at: the frame that is shown, or where the timeline was pointed to. */
export const cursorNs = signal<bigint | null>(null);
/** Counts what the page itself has changed: lists are read again. */
export const edits = signal(0);

const OBSERVER_KEY = 'appulse.observer';

/** Who observed last, as this browser remembers. */
export function lastObserver(): string {
  try {
    return localStorage.getItem(OBSERVER_KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberObserver(name: string): void {
  try {
    localStorage.setItem(OBSERVER_KEY, name);
  } catch {
    // A private window keeps nothing.
  }
}
