/** What the filter wheel on the camera's port is told and answers: a slot is a character '0' to '9' and 'A' to 'F', or a bare number. */

export const MOST_SLOTS = 16;

/** Slot 0 to 15 as the wheel is told it. */
export const orderOf = (slot: number): Uint8Array => Uint8Array.of(slot.toString(16).toUpperCase().charCodeAt(0));

/** The slot that an answer means, as character or bare number; null while the wheel turns or homes, and for what means nothing. */
export function slotOf(answer: number): number | null {
  if (answer >= 0x30 && answer <= 0x39) return answer - 0x30;
  if (answer >= 0x41 && answer <= 0x46) return answer - 0x41 + 10;
  if (answer >= 0x61 && answer <= 0x66) return answer - 0x61 + 10;
  return answer >= 0 && answer < MOST_SLOTS ? answer : null;
}
