/** Versions of library, firmware and FPGA as dates, and which a read mode needs at least. */

/** A date as `2022-08-24`: compares as text. */
export type VersionDate = string;

const dateOf = (year: number, month: number, day: number): VersionDate | null =>
  month >= 1 && month <= 12 && day >= 1 && day <= 31
    ? `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
    : null;

/** GetQHYCCDSDKVersion: year of the century or whole, month, day. */
export function sdkDate(year: number, month: number, day: number): VersionDate | null {
  return dateOf(year < 100 ? 2000 + year : year, month, day);
}

/** GetQHYCCDFWVersion: the high half of byte 0 is the year (16 more where it is 9 or less), the low half the month, byte 1 the day. */
export function firmwareDate(bytes: Uint8Array): VersionDate | null {
  const [first = 0, day = 0] = bytes;
  const year = first >> 4;
  return dateOf(2000 + (year <= 9 ? year + 16 : year), first & 15, day);
}

/** GetQHYCCDFPGAVersion: year, month, day. */
export function fpgaDate(bytes: Uint8Array): VersionDate | null {
  const [year = 0, month = 0, day = 0] = bytes;
  return dateOf(2000 + year, month, day);
}

/** The QHY411's 3x3 mode needs these (QHYCCD's manual, "3x3 onchip BIN 12bit high frame rate mode"). */
const BIN3_FIRMWARE: VersionDate = '2022-08-24';
const BIN3_SDK: VersionDate = '2022-08-17';

export interface KnownVersions {
  readonly sdk: VersionDate | null;
  readonly firmware: VersionDate | null;
}

export const isOnChipBin3 = (readMode: string): boolean => /3\s*[x*×]\s*3/i.test(readMode) && /bin/i.test(readMode);

/** Why a read mode cannot be used with these versions; null where it can, or where they are not known. */
export function readModeUnavailable(model: string, readMode: string, { sdk, firmware }: KnownVersions): string | null {
  if (!/QHY-?411/i.test(model) || !isOnChipBin3(readMode)) return null;
  if (sdk !== null && sdk < BIN3_SDK) {
    return `it needs the QHYCCD SDK of ${BIN3_SDK} or later, and this one is of ${sdk}: install a later one`;
  }
  if (firmware !== null && firmware < BIN3_FIRMWARE) {
    return `it needs firmware of ${BIN3_FIRMWARE} or later, and the camera's is of ${firmware}: update it with QHYCCD's update kit`;
  }
  return null;
}

/** What is known to go wrong with a version of the library, each with what to do. */
export function sdkWarnings(sdk: VersionDate | null): readonly string[] {
  if (sdk === '2023-02-28') {
    return ['the QHYCCD SDK of 2023-02-28 uses memory that it has freed when a live stream ends: install a later one'];
  }
  if (sdk !== null && sdk < '2021-10-18') {
    return [
      `the QHYCCD SDK of ${sdk} is older than 2021-10-18, with which other programs stop to work, and says under-voltage in error: install a later one`,
    ];
  }
  return [];
}
