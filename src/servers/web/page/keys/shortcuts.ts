/** Keys that work anywhere on the page, and the list of them that `?` shows. A view adds its own while it is shown. */
import { signal } from '@preact/signals';

export interface Shortcut {
  /** As `KeyboardEvent.key` gives it, such as `n` or `ArrowLeft`. */
  readonly key: string;
  /** What it does, in words. */
  readonly does: string;
  readonly run: () => void;
}

export const shortcuts = signal<readonly Shortcut[]>([]);

/** Returns what takes them away again. */
export function addShortcuts(...added: readonly Shortcut[]): () => void {
  shortcuts.value = [...shortcuts.value, ...added];
  return () => {
    shortcuts.value = shortcuts.value.filter((each) => !added.includes(each));
  };
}

/** Where a letter is written or chosen by, it is no shortcut. */
const TYPED_INTO =
  'input:not([type="checkbox"], [type="radio"], [type="range"], [type="button"]), textarea, [role="combobox"], [contenteditable]';

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target instanceof Element && event.target.closest(TYPED_INTO) !== null) return;
  if (document.querySelector('dialog[open]') !== null) return;
  const shortcut = shortcuts.peek().findLast(({ key }) => key === event.key);
  if (shortcut === undefined) return;
  event.preventDefault();
  shortcut.run();
});
