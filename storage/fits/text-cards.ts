/**
 * Text as cards. A FITS string holds 68 characters of ASCII; a name that does not fit has beside its card a second one whose
 * keyword ends in `-U`: the same text exactly, its UTF-8 bytes percent-encoded, over CONTINUE cards where it is long (FITS 4.0,
 * section 4.2.1.2).
 */
import type { CardWriter } from './cards.js';

/** Characters between the quotes of a card. */
export const STRING_LENGTH = 68;
/** Cards of an exact text; what is longer is cut. */
const EXACT_CARDS = 5;

/** Whether a reader of the card finds the same text again. */
function fits(text: string): boolean {
  const inCard = text.replaceAll("'", "''").length <= STRING_LENGTH;
  return inCard && /^[\x20-\x7e]*$/.test(text) && !text.endsWith(' ');
}

/** The keyword of the exact text beside `keyword`. */
export const exactKeyword = (keyword: string): string => `${keyword.slice(0, 6)}-U`;

export function writeText(out: CardWriter, keyword: string, text: string, comment = ''): void {
  out.card(keyword, text, comment);
  if (fits(text)) return;
  // One character of each card says that another one follows.
  const most = EXACT_CARDS * (STRING_LENGTH - 1);
  let encoded = '';
  for (const character of text) {
    const next = percentEncoded(character);
    if (encoded.length + next.length > most) break;
    encoded += next;
  }
  out.longString(exactKeyword(keyword), encoded);
}

function percentEncoded(character: string): string {
  if (/^[\w.,;:()+-]$/.test(character)) return character;
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** The text of an exact card; null where it is none. */
export function percentDecoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
