/** How pictures are shown, live or recorded: what the user has chosen, kept in the browser where it lasts beyond the page. */
import { effect, signal } from '@preact/signals';
import { STRETCHES, type Stretch } from '#src/servers/web/live/stretch.js';

const KEY = 'appulse.picture';

interface Kept {
  readonly stretch: Stretch;
  readonly reticle: boolean;
  readonly compass: boolean;
  readonly saturation: boolean;
  /** From the top of the picture to north, against the clock. */
  readonly northDeg: number;
  /** Whether east is to the right of north, as after an odd number of mirrors. */
  readonly mirrored: boolean;
}

const FIRST: Kept = {
  stretch: 'auto',
  reticle: false,
  compass: false,
  saturation: false,
  northDeg: 0,
  mirrored: false,
};

function readKept(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>;
    const entries = Object.entries(FIRST).map(([name, first]) => {
      const value = kept[name];
      const good = typeof value === typeof first && (typeof value !== 'number' || Number.isFinite(value));
      return [name, good ? value : first];
    });
    const read = Object.fromEntries(entries) as Kept;
    return STRETCHES.includes(read.stretch) ? read : { ...read, stretch: FIRST.stretch };
  } catch {
    // No storage, or not JSON.
    return FIRST;
  }
}

const kept = readKept();
export const stretch = signal(kept.stretch);
export const reticle = signal(kept.reticle);
export const compass = signal(kept.compass);
export const saturation = signal(kept.saturation);
export const northDeg = signal(kept.northDeg);
export const mirrored = signal(kept.mirrored);

effect(() => {
  const now: Kept = {
    stretch: stretch.value,
    reticle: reticle.value,
    compass: compass.value,
    saturation: saturation.value,
    northDeg: northDeg.value,
    mirrored: mirrored.value,
  };
  try {
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {
    // No storage (a private window), or it is full.
  }
});
