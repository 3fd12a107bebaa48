/**
 * Names of the files of an FF block and of a night's folder, as RMS has them (RMS/Compression.py, BufferedCapture.py,
 * StartCapture.py). RMS knows no leap second: one has the name of the second that follows.
 */
import { basename } from 'node:path';
import { formatUtc, parseUtc } from '#gps/instant.js';

/** Which block: the code of its station, the start of its first frame and that frame's counter. */
export interface FfBlockId {
  readonly stationCode: string;
  readonly startUtcNs: bigint;
  readonly counter: number;
}

/** `20260814_000000_250`, with `digits` of the second, cut. */
function stamp(utcNs: bigint, digits: number): string {
  return formatUtc(utcNs, digits).replace(/[-:]/g, '').replace(/[T.]/g, '_');
}

const sevenDigits = (counter: number): string => String(counter).padStart(7, '0');

/** `FF_XX0001_20260814_000000_250_0001280.fits` */
export function ffFileName({ stationCode, startUtcNs, counter }: FfBlockId, extension: 'fits' | 'bin'): string {
  return `FF_${stationCode}_${stamp(startUtcNs, 3)}_${sevenDigits(counter)}.${extension}`;
}

/** `FS_XX0001_20260814_000000_250123_0001280_fieldsum.bin` */
export function fsFileName({ stationCode, startUtcNs, counter }: FfBlockId): string {
  return `FS_${stationCode}_${stamp(startUtcNs, 6)}_${sevenDigits(counter)}_fieldsum.bin`;
}

/**
 * `FT_XX0001_20260814_000000.bin`. Of blocks that take less than a second two would have this name: they have milliseconds and
 * counter too, as the FF file does.
 */
export function ftFileName({ stationCode, startUtcNs, counter }: FfBlockId, blockNs: bigint): string {
  const second = `FT_${stationCode}_${stamp(startUtcNs, 0)}`;
  return blockNs > 1_000_000_000n
    ? `${second}.bin`
    : `FT_${stationCode}_${stamp(startUtcNs, 3)}_${sevenDigits(counter)}.bin`;
}

/** The folder of a night that begins at `startUtcNs`: `XX0001_20260813_194502_120000`. */
export function nightFolderName(stationCode: string, startUtcNs: bigint): string {
  return `${stationCode}_${stamp(startUtcNs, 6)}`;
}

/** The counter of the first frame in the name of an FF file; null for another name. */
export function counterOfName(file: string): number | null {
  const match = /_\d{8}_\d{6}_\d{3}_(\d{1,15})/.exec(basename(file));
  return match === null ? null : Number(match[1]);
}

/** The time in the name of an FF file, milliseconds, cut; null for another name. */
export function utcNsOfName(file: string): bigint | null {
  const match = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{3})_\d+/.exec(basename(file));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, ms] = match;
  try {
    return parseUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}`);
  } catch {
    return null;
  }
}
