/**
 * Which instant of a frame its stamp is. SER has one stamp a frame and no field that says what it marks, so the choice is written into the
 * text of the instrument, where people and programs see it.
 *
 * The start is the default: Siril makes DATE-OBS of the stamp, INDI writes the start that a GPS camera tells, and a file that says nothing
 * is taken for starts by `appulse time`. Tangra asks its user; PyMovie takes the stamp for the time of the frame, and whoever wants the middle
 * there chooses `mid`.
 */
import type { FrameTime } from '#gps/frame-time.js';

export const SER_STAMPS = ['start', 'mid', 'end'] as const;
export type SerStamp = (typeof SER_STAMPS)[number];
export const DEFAULT_SER_STAMP: SerStamp = 'start';

/** The instant of row 0 that `stamp` names, nanoseconds since 1970 UTC. */
export function stampedInstant(time: FrameTime, stamp: SerStamp): bigint {
  return { start: time.startUtcNs, mid: time.midUtcNs, end: time.endUtcNs }[stamp];
}

/** What is said of the stamps behind the camera's name. */
export function stampNote(stamp: SerStamp): string {
  return ` [stamp ${stamp}, row 0]`;
}

/** What a file says of its stamps; null where it says nothing. */
export function stampOfNote(instrument: string): SerStamp | null {
  const word = / \[stamp (\w+), row 0\]$/.exec(instrument)?.[1];
  return SER_STAMPS.find((stamp) => stamp === word) ?? null;
}
