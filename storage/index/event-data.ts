/** The JSON of an event row, read without losing digits of nanoseconds that someone wrote as numbers. */

/** A string, or a number; strings are matched so that digits within them are left alone. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function keepDigits(token: string): string {
  if (token.startsWith('"') || !/^-?\d+$/.test(token)) return token;
  return Number.isSafeInteger(Number(token)) ? token : `"${token}"`;
}

/** Whole numbers beyond 2^53 become text. What is no JSON object is given back whole as `unreadable`; never throws. */
export function parseEventData(text: string): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(text.replace(TOKENS, keepDigits));
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Record<string, unknown>;
  } catch {
    // Not JSON: said by what is returned.
  }
  return { unreadable: text };
}
