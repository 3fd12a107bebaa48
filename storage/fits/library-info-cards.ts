/**
 * What ToupTek's library told beside a frame, as cards: its 104 bytes, and their words, uncorrected. The GPS times have N.I.N.A.'s
 * names; a word whose flag is not set has no card.
 */
import { decodeToupcamFrameInfo, TOUPCAM_FRAME_INFO_BYTES } from '#gps/header/toupcam-frame-info.js';
import { formatUtc } from '#gps/instant.js';
import { type CardWriter, Decimal } from './cards.js';

/** TOUPINF1 to TOUPINF4. */
export const LIBRARY_INFO_KEYWORD = 'TOUPINF';
export const LIBRARY_INFO_CARDS = 4;
/** Hexadecimal digits of a card. */
const DIGITS = (2 * TOUPCAM_FRAME_INFO_BYTES) / LIBRARY_INFO_CARDS;
/** Years that a FITS date can have. */
const LAST_NS = 253_402_300_800_000_000_000n;

/** Nothing for bytes that are none of the library's. `gpsWords`: whether GPS_* are free for it, which a GPS header takes otherwise. */
export function writeLibraryInfoCards(out: CardWriter, bytes: Uint8Array, gpsWords: boolean): void {
  if (bytes.byteLength !== TOUPCAM_FRAME_INFO_BYTES) return;
  const hex = Buffer.from(bytes).toString('hex');
  for (let card = 0; card < LIBRARY_INFO_CARDS; card++) {
    out.card(`${LIBRARY_INFO_KEYWORD}${card + 1}`, hex.slice(card * DIGITS, (card + 1) * DIGITS));
  }
  const { timestampUs, exposureUs, gain, blackLevel, frameCount, triggerCount, gps } = decodeToupcamFrameInfo(bytes);
  if (timestampUs !== null) out.card('TOUP_TS', timestampUs, "[us] of the camera's clock");
  if (exposureUs !== null) out.card('TOUP_EXP', exposureUs, '[us] of this frame');
  if (gain !== null) out.card('TOUP_GN', gain, '[%] analogue gain of this frame');
  if (blackLevel !== null) out.card('TOUP_BL', blackLevel, 'black level of this frame');
  if (frameCount !== null) out.card('TOUP_FC', frameCount, 'frames that the camera counts');
  if (triggerCount !== null) out.card('TOUP_TC', triggerCount, 'triggers that it counts');
  if (gps === null || !gpsWords) return;
  // Nonsense stands in the bytes, and is no date.
  if (gps.startUtcNs < LAST_NS) out.card('GPS_SUTC', formatUtc(gps.startUtcNs), 'start of exposure');
  if (gps.endUtcNs < LAST_NS) out.card('GPS_EUTC', formatUtc(gps.endUtcNs), 'end of exposure');
  out.card('GPS_LAT', degrees(gps.latitudeMicroDeg), '[deg] north');
  out.card('GPS_LON', degrees(gps.longitudeMicroDeg), '[deg] east');
  out.card('GPS_ALT', thousandths(gps.altitudeMm), '[m]');
  out.card('GPS_SAT', gps.satellites, 'satellites');
}

const degrees = (millionths: number): Decimal => new Decimal((millionths / 1e6).toFixed(6));
const thousandths = (value: number): Decimal => new Decimal((value / 1e3).toFixed(3));
