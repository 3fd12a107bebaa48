/**
 * The 44 bytes that a QHY camera with GPS writes over the first bytes of a frame: big-endian, no padding.
 *
 * Layout as agreed by QHYCCD's SDK manual 2.1 (section 5) and EZCAP_QT, INDI's indi-qhy, N.I.N.A. and Siril. Where those
 * disagree: the sub-second unit is 0.1 us (the SDK manual's own example takes it for 1 us), longitude has three digits of
 * degrees, and the status is two bits (flag >> 4 & 3), not the whole high nibble.
 *
 * The header must be taken from the raw stream bytes, before any unpacking, flip or crop.
 */
import { AppulseError } from '../errors.js';

/** Bytes of the header. */
export const QHY_HEADER_BYTES = 44;
/** Unix seconds of the header's second 0: 1995-10-10T00:00:00 UTC, MJD 50000. The count has no leap seconds. */
export const QHY_EPOCH_UNIX_S = 813_283_200;
/** Ticks of the camera's oscillator in a second, by its nominal 10 MHz: one tick is 0.1 us. */
export const NOMINAL_PPS_COUNT = 10_000_000;
/** The PPS count a camera writes when no PPS arrived. It is inside any window of plausible counts, so it is named. */
export const PPS_SENTINEL = 10_000_500;

/** A time in the header: raw flag byte, seconds since {@link QHY_EPOCH_UNIX_S}, and ticks of 0.1 us since the last PPS. */
export interface QhyStamp {
  readonly flag: number;
  readonly seconds: number;
  readonly ticks: number;
}

/** The header as it stands in the bytes, nothing corrected. `width` and `height` are the sensor's readout, not the image. */
export interface QhyHeader {
  readonly sequence: number;
  readonly reserved: number;
  readonly width: number;
  readonly height: number;
  readonly latitudeRaw: number;
  readonly longitudeRaw: number;
  readonly start: QhyStamp;
  readonly end: QhyStamp;
  readonly now: QhyStamp;
  /** Oscillator ticks between the last two PPS edges. */
  readonly ppsCount: number;
}

/** What the GPS receiver says of itself. `locked` is evidence, not proof. */
export const RECEIVER_STATUS = { off: 0, searching: 1, unlockedValid: 2, locked: 3 } as const;

/** The receiver's status in a flag byte, 0..3, see {@link RECEIVER_STATUS}. The other bits are not documented. */
export function receiverStatus(flag: number): number {
  return (flag >> 4) & 3;
}

/** True where `ppsCount` can be a measured second: within 100 ppm of 10 MHz and not the sentinel. */
export function isPlausiblePps(ppsCount: number): boolean {
  return Math.abs(ppsCount - NOMINAL_PPS_COUNT) <= 1000 && ppsCount !== PPS_SENTINEL;
}

/** Reads the header from the first 44 of `bytes`. Throws AppulseError `gps.header-short` when there are fewer. */
export function decodeQhyHeader(bytes: Uint8Array): QhyHeader {
  if (bytes.byteLength < QHY_HEADER_BYTES) {
    throw new AppulseError(
      'gps.header-short',
      `a QHY GPS header has ${QHY_HEADER_BYTES} bytes, got ${bytes.byteLength}`,
      { context: { bytes: bytes.byteLength } },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, QHY_HEADER_BYTES);
  const u24 = (at: number): number => (view.getUint16(at) << 8) | view.getUint8(at + 2);
  const stamp = (at: number): QhyStamp => ({
    flag: view.getUint8(at),
    seconds: view.getUint32(at + 1),
    ticks: u24(at + 5),
  });
  return {
    sequence: view.getUint32(0),
    reserved: view.getUint8(4),
    width: view.getUint16(5),
    height: view.getUint16(7),
    latitudeRaw: view.getUint32(9),
    longitudeRaw: view.getUint32(13),
    start: stamp(17),
    end: stamp(25),
    now: stamp(33),
    ppsCount: u24(41),
  };
}

/** The 44 bytes of `header`. Values are taken modulo the width of their field. */
export function encodeQhyHeader(header: QhyHeader): Uint8Array {
  const bytes = new Uint8Array(QHY_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const u24 = (at: number, value: number): void => {
    view.setUint16(at, (value >>> 8) & 0xffff);
    view.setUint8(at + 2, value & 0xff);
  };
  const stamp = (at: number, value: QhyStamp): void => {
    view.setUint8(at, value.flag);
    view.setUint32(at + 1, value.seconds);
    u24(at + 5, value.ticks);
  };
  view.setUint32(0, header.sequence);
  view.setUint8(4, header.reserved);
  view.setUint16(5, header.width);
  view.setUint16(7, header.height);
  view.setUint32(9, header.latitudeRaw);
  view.setUint32(13, header.longitudeRaw);
  stamp(17, header.start);
  stamp(25, header.end);
  stamp(33, header.now);
  u24(41, header.ppsCount);
  return bytes;
}

/**
 * UTC of a stamp, nanoseconds since 1970. With a plausible `ppsCount` the fraction is ticks / ppsCount, which takes out the
 * oscillator's error (11 us at the end of a second for a real 9,999,888); otherwise, and with null, a tick is 100 ns.
 */
export function stampUtcNs(stamp: QhyStamp, ppsCount: number | null): bigint {
  const whole = BigInt(stamp.seconds + QHY_EPOCH_UNIX_S) * 1_000_000_000n;
  const count = ppsCount !== null && isPlausiblePps(ppsCount) ? BigInt(ppsCount) : BigInt(NOMINAL_PPS_COUNT);
  return whole + (BigInt(stamp.ticks) * 1_000_000_000n + count / 2n) / count;
}

/** The stamp of `utcNs` (nanoseconds since 1970) on a perfect oscillator: ticks of 100 ns, rounded down. */
export function utcNsToStamp(utcNs: bigint, flag: number): QhyStamp {
  const ns = utcNs - BigInt(QHY_EPOCH_UNIX_S) * 1_000_000_000n;
  if (ns < 0n) {
    throw new AppulseError('gps.before-epoch', `a QHY GPS stamp cannot be earlier than 1995-10-10, got ${utcNs} ns`);
  }
  return { flag, seconds: Number(ns / 1_000_000_000n), ticks: Number((ns % 1_000_000_000n) / 100n) };
}

/** Degrees north of a latitude word: decimal digits S DD MMMMMMM, minutes x 1e5, S at least 1 for south. */
export function latitudeDeg(raw: number): number {
  return signedDegrees(raw, 1e7, 1e5);
}

/** Degrees east of a longitude word: decimal digits S DDD MMMMMM, minutes x 1e4, S at least 1 for west. */
export function longitudeDeg(raw: number): number {
  return signedDegrees(raw, 1e6, 1e4);
}

function signedDegrees(raw: number, degreeUnit: number, minuteUnit: number): number {
  const digits = raw % 1e9;
  const degrees = Math.floor(digits / degreeUnit) + (digits % degreeUnit) / minuteUnit / 60;
  return raw >= 1e9 ? -degrees : degrees;
}

/** The latitude word of degrees north, the inverse of {@link latitudeDeg} to half a unit of the last digit. */
export function latitudeRaw(deg: number): number {
  return rawDegrees(deg, 1e7, 1e5);
}

/** The longitude word of degrees east, the inverse of {@link longitudeDeg} to half a unit of the last digit. */
export function longitudeRaw(deg: number): number {
  return rawDegrees(deg, 1e6, 1e4);
}

function rawDegrees(deg: number, degreeUnit: number, minuteUnit: number): number {
  const units = Math.round(Math.abs(deg) * 60 * minuteUnit);
  const perDegree = 60 * minuteUnit;
  return (deg < 0 ? 1e9 : 0) + Math.floor(units / perDegree) * degreeUnit + (units % perDegree);
}
