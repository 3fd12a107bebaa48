/** The words in braces that a plan's names hold, filled in when a session begins. */

export interface NameWords {
  /** Date of the evening, `2026-11-28`. */
  readonly night: string;
  readonly entry: string;
  /** The camera's model. */
  readonly camera: string;
}

const WORDS: readonly string[] = ['night', 'entry', 'camera'] satisfies (keyof NameWords)[];
const BRACES = /\{([^{}]*)\}/g;

/** The first word in braces that is not known; null where all are. */
export function unknownWord(pattern: string): string | null {
  for (const [, word = ''] of pattern.matchAll(BRACES)) if (!WORDS.includes(word)) return word;
  return null;
}

export function filledIn(pattern: string | null, words: NameWords): string | null {
  return pattern?.replace(BRACES, (whole, word: string) => words[word as keyof NameWords] ?? whole) ?? null;
}
