/**
 * The LED calibrations of this station's cameras: one JSON file beside the station's identifier. Records are added and never
 * taken away; the newest one that holds for a camera, its read mode and its exposure counts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StampCalibration } from '#gps/calibration/stamp-calibration.js';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { writeSmallFile } from '#storage/small-file.js';
import { userFolder } from './station-id.js';

/** A calibration file that cannot be read or written. */
export class CalibrationFileError extends AppulseError {}

export interface LedCalibrationRecord extends StampCalibration {
  readonly cameraId: string;
  /** For people: model and serial number. */
  readonly cameraName: string;
  /** Readout mode and pixel format, see `readModeOf`: a calibration holds for no other. */
  readonly readMode: string;
  /** Exposures that it holds for, both included. */
  readonly leastExposureNs: bigint;
  readonly mostExposureNs: bigint;
  readonly residualNs: bigint;
  readonly points: number;
  readonly appulseVersion: string;
}

const VERSION = 1;
const nanoseconds = z.number().int().transform(BigInt);
const positiveNs = z.number().int().nonnegative().transform(BigInt);
const utc = z.string().transform((text, context) => {
  try {
    return parseUtc(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: reasonOf(error) });
    return z.NEVER;
  }
});

const recordSchema = z
  .strictObject({
    cameraId: z.uuid(),
    cameraName: z.string(),
    readMode: z.string(),
    leastExposureNs: positiveNs,
    mostExposureNs: positiveNs,
    startOffsetNs: nanoseconds,
    endOffsetNs: nanoseconds,
    sigmaNs: positiveNs,
    residualNs: positiveNs,
    points: z.number().int().positive(),
    rowZeroEndOffsetNs: nanoseconds.nullable(),
    stampExcessNs: nanoseconds,
    measuredUtc: utc,
    appulseVersion: z.string(),
  })
  .refine((record) => record.leastExposureNs <= record.mostExposureNs, {
    path: ['mostExposureNs'],
    message: 'is below leastExposureNs',
  });
const fileSchema = z.strictObject({ version: z.literal(VERSION), calibrations: z.array(recordSchema) });

export function ledCalibrationFile(): string {
  return join(userFolder(), 'led-calibrations.json');
}

/** All records, as they were added; none where there is no file. @throws CalibrationFileError `calibration.file` */
export function readLedCalibrations(path = ledCalibrationFile()): LedCalibrationRecord[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CalibrationFileError('calibration.file', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  const read = fileSchema.safeParse(content);
  if (read.success) {
    return read.data.calibrations.map(({ measuredUtc, ...record }) => ({ ...record, measuredUtcNs: measuredUtc }));
  }
  const [issue] = read.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
  throw new CalibrationFileError(
    'calibration.file',
    `${path}: ${field}: ${issue?.message ?? 'invalid'}; mend it, or move the file away and calibrate again`,
    { context: { path, field } },
  );
}

/** Adds a record; whoever reads meanwhile sees the file of before or of after. @throws CalibrationFileError */
export function addLedCalibration(record: LedCalibrationRecord, path = ledCalibrationFile()): void {
  const calibrations = [...readLedCalibrations(path), record].map(jsonOfCalibration);
  try {
    writeSmallFile(path, `${JSON.stringify({ version: VERSION, calibrations }, null, 2)}\n`);
  } catch (cause) {
    throw new CalibrationFileError('calibration.write', `${path} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/** A record as the file holds it. */
export function jsonOfCalibration({ measuredUtcNs, ...record }: LedCalibrationRecord): Record<string, unknown> {
  const numbers = Object.entries(record).map(([key, value]) => [
    key,
    typeof value === 'bigint' ? Number(value) : value,
  ]);
  return { ...Object.fromEntries(numbers), measuredUtc: formatUtc(measuredUtcNs) };
}

export interface CalibrationQuery {
  readonly cameraId: string;
  readonly readMode: string;
  readonly exposureNs: bigint;
}

/** The newest record that holds; null where none does. */
export function matchingCalibration(
  records: readonly LedCalibrationRecord[],
  { cameraId, readMode, exposureNs }: CalibrationQuery,
): LedCalibrationRecord | null {
  const holding = records.filter(
    (record) =>
      record.cameraId === cameraId &&
      record.readMode === readMode &&
      record.leastExposureNs <= exposureNs &&
      exposureNs <= record.mostExposureNs,
  );
  return holding.reduce<LedCalibrationRecord | null>(
    (newest, record) => (newest === null || record.measuredUtcNs >= newest.measuredUtcNs ? record : newest),
    null,
  );
}
