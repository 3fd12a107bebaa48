/** The value that turns on the flush of residual images in live mode, by model (QHYCCD's manual, chapter BURST mode). */

const VALUES: readonly (readonly [RegExp, number])[] = [
  [/QHY-?600/i, 0x1c00],
  [/QHY-?411/i, 0x2a94],
  [/QHY-?461/i, 0x2300],
];

/** Null for models that have none. Off is 0 for all. */
export function antiRbiValue(model: string): number | null {
  return VALUES.find(([pattern]) => pattern.test(model))?.[1] ?? null;
}
