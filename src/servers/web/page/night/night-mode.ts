/**
 * Red night mode: one switch. Style sheets see it as `data-night` of the root, which first-paint.js has set before the first paint; what is
 * painted by hand asks `colour`.
 */
import { effect } from '@preact/signals';
import { keptSignal } from '../kept/kept-signal.js';

export const night = keptSignal('night', false, (kept) => kept === true);

effect(() => {
  document.documentElement.toggleAttribute('data-night', night.value);
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', colour('--ground'));
  document.querySelector('link[rel="icon"]')?.setAttribute('href', night.value ? './icon-night.svg' : './icon.svg');
});

/** A colour of base.css as it is now, such as `--accent`. Who keeps a picture of it paints anew when `night` changes. */
export function colour(variable: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}
