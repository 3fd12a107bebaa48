/** The tools of the picture: always there on a desk; on a phone they are opened, and the browser keeps whether they are. */
import type { ComponentChildren } from 'preact';
import { keptSignal } from '../kept/kept-signal.js';

const opened = keptSignal('picture.tools', false, (kept) => kept === true);

export function Bench({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="bench" data-opened={opened.value}>
      <button
        type="button"
        class="bench-switch"
        aria-expanded={opened.value}
        aria-controls="picture-bench"
        onClick={() => {
          opened.value = !opened.value;
        }}
      >
        Picture tools
      </button>
      <div id="picture-bench" class="bench-tools">
        {children}
      </div>
    </div>
  );
}
