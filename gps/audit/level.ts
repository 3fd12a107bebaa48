/** How far a time, a range of frames or a session can be defended. */

/**
 * defensible: nothing speaks against it. reservation: what it rests on, or what is not known, must be said with it.
 * not-defensible: contradicted, or not accounted for.
 */
export const LEVELS = ['defensible', 'reservation', 'not-defensible'] as const;
export type Level = (typeof LEVELS)[number];

export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  defensible: 'defensible',
  reservation: 'defensible with reservation',
  'not-defensible': 'not defensible',
};

export function worse(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}
