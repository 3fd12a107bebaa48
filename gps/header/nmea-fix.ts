/**
 * What the NMEA sentences of a receiver say of time, position and fix. It is a witness beside the GPS header, not a time of
 * the frame: a sentence speaks of a whole second some time before it was sent. Only sentences with a right check sum count.
 * (NMEA 0183: GGA, RMC, GLL, GSA, GSV, ZDA; u-blox protocol specification: PUBX,04 with the leap seconds.)
 */
import { parseUtc } from '../instant.js';
import type { NmeaSentence } from './nmea-sentence.js';

export interface NmeaFix {
  /** Second of date and time by RMC or ZDA, nanoseconds since 1970; null without a date. */
  readonly utcNs: bigint | null;
  /** True where the second is 60: `utcNs` is that of the midnight which follows. */
  readonly leapSecond: boolean;
  /** RMC and ZDA, or two RMC, tell different instants. */
  readonly timesDisagree: boolean;
  /** RMC (else GLL): A valid, V warning. */
  readonly valid: boolean | null;
  /** GGA's quality: 0 none, 1 GPS, 2 differential, 4 and 5 RTK, 6 dead reckoning, 7 entered by hand, 8 simulated. */
  readonly quality: number | null;
  /** GSA: 1 no fix, 2 by satellites alone in the plane, 3 in space. */
  readonly mode: number | null;
  readonly satellitesUsed: number | null;
  /** By GSV, over all systems. */
  readonly satellitesInView: number | null;
  readonly hdop: number | null;
  readonly latitudeDeg: number | null;
  readonly longitudeDeg: number | null;
  /** Above mean sea level. */
  readonly altitudeM: number | null;
  /** GPS time less UTC, where a maker's sentence has it. */
  readonly gpsLessUtcS: number | null;
  /** False: the receiver's built-in count of leap seconds, for the almanac has not come yet. */
  readonly leapSecondsReceived: boolean | null;
  readonly sentencesRight: number;
  readonly sentencesWrong: number;
}

type Draft = { -readonly [Field in keyof NmeaFix]: NmeaFix[Field] };

/** Reads all sentences of a block. Never throws. */
export function readNmeaFix(sentences: readonly NmeaSentence[]): NmeaFix {
  const fix: Draft = { ...NOTHING };
  const inView = new Map<string, number>();
  for (const { talker, type, fields, checksum } of sentences) {
    if (checksum !== 'right') {
      fix.sentencesWrong += 1;
      continue;
    }
    fix.sentencesRight += 1;
    if (talker === 'P') readMakers(fix, type, fields);
    else if (type === 'GSV') {
      // Each signal of a system repeats its satellites: the largest count of a talker is what it sees.
      inView.set(talker, Math.max(inView.get(talker) ?? 0, integerOf(fields[2], 999) ?? 0));
    } else READERS[type]?.(fix, fields);
  }
  if (inView.size > 0) fix.satellitesInView = [...inView.values()].reduce((sum, count) => sum + count, 0);
  return fix;
}

const NOTHING: NmeaFix = {
  utcNs: null,
  leapSecond: false,
  timesDisagree: false,
  valid: null,
  quality: null,
  mode: null,
  satellitesUsed: null,
  satellitesInView: null,
  hdop: null,
  latitudeDeg: null,
  longitudeDeg: null,
  altitudeM: null,
  gpsLessUtcS: null,
  leapSecondsReceived: null,
  sentencesRight: 0,
  sentencesWrong: 0,
};

const READERS: Readonly<Record<string, (fix: Draft, fields: readonly string[]) => void>> = {
  GGA: (fix, [, lat, north, lon, east, quality, used, hdop, altitude, unit]) => {
    fix.quality = integerOf(quality, 9) ?? fix.quality;
    fix.satellitesUsed = integerOf(used, 999) ?? fix.satellitesUsed;
    fix.hdop = numberOf(hdop) ?? fix.hdop;
    readPosition(fix, lat, north, lon, east);
    if (unit === 'M') fix.altitudeM = numberOf(altitude) ?? fix.altitudeM;
  },
  RMC: (fix, [time, status, lat, north, lon, east, , , date]) => {
    fix.valid = validityOf(status) ?? fix.valid;
    readPosition(fix, lat, north, lon, east);
    // Two digits of the year: GPS began in 1980.
    const [, day = '', month = '', year = ''] = /^(\d\d)(\d\d)(\d\d)$/.exec(date ?? '') ?? [];
    if (year !== '') readTime(fix, time, `${Number(year) < 80 ? '20' : '19'}${year}-${month}-${day}`);
  },
  GLL: (fix, [lat, north, lon, east, , status]) => {
    fix.valid ??= validityOf(status);
    readPosition(fix, lat, north, lon, east);
  },
  GSA: (fix, [, mode]) => {
    const told = integerOf(mode, 3);
    // One sentence for each system: what one of them has is had.
    if (told !== null && told >= 1) fix.mode = Math.max(told, fix.mode ?? 1);
  },
  ZDA: (fix, [time, day, month, year]) => {
    if (/^\d\d$/.test(day ?? '') && /^\d\d$/.test(month ?? '') && /^\d{4}$/.test(year ?? ''))
      readTime(fix, time, `${year}-${month}-${day}`);
  },
};

/** PUBX,04: the seconds between GPS and UTC, with a D where they are the firmware's own. */
function readMakers(fix: Draft, type: string, [id, , , , , leap]: readonly string[]): void {
  const [, seconds, own] = type === 'UBX' && id === '04' ? (/^(\d{1,3})(D?)$/.exec(leap ?? '') ?? []) : [];
  if (seconds === undefined) return;
  fix.gpsLessUtcS = Number(seconds);
  fix.leapSecondsReceived = own !== 'D';
}

function readTime(fix: Draft, time: string | undefined, date: string): void {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?$/.exec(time ?? '') ?? [];
  if (hours === undefined) return;
  let utcNs: bigint;
  try {
    utcNs = parseUtc(`${date}T${hours}:${minutes}:${seconds}${fraction === '' ? '' : `.${fraction}`}`);
  } catch {
    return;
  }
  const leapSecond = seconds === '60';
  if (fix.utcNs !== null && (fix.utcNs !== utcNs || fix.leapSecond !== leapSecond)) fix.timesDisagree = true;
  fix.utcNs ??= utcNs;
  fix.leapSecond ||= leapSecond && fix.utcNs === utcNs;
}

/** `ddmm.mmmm` and N or S, `dddmm.mmmm` and E or W: both or nothing. */
function readPosition(
  fix: Draft,
  lat: string | undefined,
  north: string | undefined,
  lon: string | undefined,
  east: string | undefined,
): void {
  const latitude = degreesOf(lat, /^(\d{2})(\d{2}(?:\.\d*)?)$/, 90);
  const longitude = degreesOf(lon, /^(\d{3})(\d{2}(?:\.\d*)?)$/, 180);
  if (latitude === null || longitude === null) return;
  if ((north !== 'N' && north !== 'S') || (east !== 'E' && east !== 'W')) return;
  fix.latitudeDeg = north === 'S' ? -latitude : latitude;
  fix.longitudeDeg = east === 'W' ? -longitude : longitude;
}

function degreesOf(text: string | undefined, form: RegExp, most: number): number | null {
  const [, degrees, minutes] = form.exec(text ?? '') ?? [];
  if (degrees === undefined || Number(minutes) >= 60) return null;
  const value = Number(degrees) + Number(minutes) / 60;
  return value <= most ? value : null;
}

function validityOf(status: string | undefined): boolean | null {
  if (status === 'A') return true;
  return status === 'V' ? false : null;
}

function integerOf(text: string | undefined, most: number): number | null {
  return /^\d{1,4}$/.test(text ?? '') && Number(text) <= most ? Number(text) : null;
}

function numberOf(text: string | undefined): number | null {
  return /^-?\d{1,7}(?:\.\d{0,9})?$/.test(text ?? '') ? Number(text) : null;
}
