/**
 * The camera's GPS header as cards: its bytes, and its words, uncorrected, in the two spellings found in the field (N.I.N.A.;
 * INDI and SharpCap), so that Siril and PyMovie find theirs.
 */
import {
  decodeQhyHeader,
  latitudeDeg,
  longitudeDeg,
  QHY_HEADER_BYTES,
  type QhyStamp,
  RECEIVER_STATUS,
  receiverStatus,
  stampUtcNs,
} from '#gps/header/qhy-header.js';
import { formatUtc } from '#gps/instant.js';
import { type CardWriter, Decimal } from './cards.js';

/** SharpCap's words for the receiver's statuses, and N.I.N.A.'s. */
const SHARPCAP_STATUS = ['Offline', 'Searching', 'PartialData', 'Locked'];
const NINA_STATUS = ['just powered on', 'not locked', 'not locked but data valid', 'locked and valid'];

/**
 * The camera's words in both spellings. Where they collide once upper-cased (GPS_SFLG, GPS_SEQ, GPS_LAT), each stands once: the
 * flag as the raw byte, positions in decimal degrees. `isHeader`: the bytes were found to be a header; otherwise they are kept
 * as they are, and not read.
 */
export function writeGpsCards(out: CardWriter, raw: Uint8Array, isHeader: boolean): void {
  const hex = Buffer.from(raw).toString('hex');
  out.card('GPSRAW1', hex.slice(0, QHY_HEADER_BYTES), 'GPS header as it');
  out.card('GPSRAW2', hex.slice(QHY_HEADER_BYTES), 'arrived, hex');
  if (!isHeader || raw.byteLength !== QHY_HEADER_BYTES) return;
  const header = decodeQhyHeader(raw);
  const locked = [header.start, header.end, header.now].every((s) => receiverStatus(s.flag) === RECEIVER_STATUS.locked);
  out.card('GPSSTAT', (locked ? 'Locked' : SHARPCAP_STATUS[Math.min(2, receiverStatus(header.now.flag))]) ?? '');
  out.card('GPS_SEQ', header.sequence);
  out.card('GPS_TMP', header.reserved);
  out.card('GPS_W', header.width);
  out.card('GPS_H', header.height);
  out.real('GPS_LAT', latitudeDeg(header.latitudeRaw), '[deg] north');
  out.real('GPS_LON', longitudeDeg(header.longitudeRaw), '[deg] east');
  out.real('GPS_LONG', longitudeDeg(header.longitudeRaw), '[deg] east');
  out.card('GPS_PPS', header.ppsCount, 'ticks between the last two PPS');
  out.card('GPS_PPSC', header.ppsCount);
  writeStampCards(out, 'S', header.start);
  writeStampCards(out, 'E', header.end);
  writeStampCards(out, 'N', header.now);
  const exposure = (stampUtcNs(header.end, null) - stampUtcNs(header.start, null)) / 100n;
  out.card('GPS_EXP', tenths(exposure), '[us] end - start, uncorrected');
  out.card('GPS_EXPU', tenths(exposure), '[us]');
}

/** `letter` is S for start, E for end, N for now. A stamp with ticks beyond a second is still written as it stands. */
function writeStampCards(out: CardWriter, letter: 'S' | 'E' | 'N', stamp: QhyStamp): void {
  const whole = { ...stamp, ticks: 0 };
  const microseconds = tenths(BigInt(stamp.ticks));
  out.card(`GPS_${letter}FLG`, stamp.flag, 'raw flag, status in bits 4 and 5');
  out.card(`GPS_${letter}ST`, NINA_STATUS[receiverStatus(stamp.flag)] ?? '');
  out.card(`GPS_${letter}SEC`, stamp.seconds, '[s] since 1995-10-10');
  out.card(`GPS_${letter}US`, microseconds, '[us] of the second');
  out.card(`GPS_${letter}UTC`, formatUtc(stampUtcNs(stamp, null), 7));
  // SharpCap's and INDI's: the whole second, and what is behind it.
  out.card(`GPS_${letter}T`, `${formatUtc(stampUtcNs(whole, null), 7)}Z`);
  out.card(`GPS_${letter}S`, stamp.seconds);
  out.card(`GPS_${letter}U`, microseconds, '[us]');
}

/** Tenths of a microsecond as microseconds. */
function tenths(ticks: bigint): Decimal {
  const sign = ticks < 0n ? '-' : '';
  const size = ticks < 0n ? -ticks : ticks;
  return new Decimal(`${sign}${size / 10n}.${size % 10n}`);
}
