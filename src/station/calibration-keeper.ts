/** Which LED calibration holds for what a session records now: looked up, told to the user, kept as a row of the index. */

import { calibrationBoundNs, type StampCalibration } from '#gps/calibration/stamp-calibration.js';
import { reasonOf } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import { readModeOf } from '#src/calibration/read-mode.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import {
  jsonOfCalibration,
  type LedCalibrationRecord,
  matchingCalibration,
  readLedCalibrations,
} from '#src/config/led-calibrations.js';
import type { EventRecord } from '#storage/frame-record.js';
import type { LogLevel } from './messages.js';

export interface CalibrationEvents {
  readonly event: (event: EventRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class CalibrationKeeper {
  readonly #events: CalibrationEvents;
  #told = '';
  #inUse: LedCalibrationRecord | null = null;

  constructor(events: CalibrationEvents) {
    this.#events = events;
  }

  /** For a stream that begins; null where none holds. */
  forStream(camera: StreamCamera): StampCalibration | null {
    return this.forExposure(camera, camera.mode.exposureNs);
  }

  /** For another exposure of the same stream. The file is read anew: it may have been calibrated meanwhile. */
  forExposure(camera: StreamCamera, exposureNs: bigint): StampCalibration | null {
    if (camera.mode.gpsHeader === false) return null;
    const id = cameraId(camera.identity);
    const readMode = readModeOf(camera.mode);
    this.#inUse = null;
    let records: readonly LedCalibrationRecord[];
    try {
      records = readLedCalibrations();
    } catch (error) {
      this.#tell('warning', `${reasonOf(error)}; times go without a calibration`);
      return null;
    }
    const found = matchingCalibration(records, { cameraId: id, readMode, exposureNs });
    if (found !== null) {
      this.#use(found);
      return found;
    }
    const others = records.filter((record) => record.cameraId === id).length;
    if (others > 0) {
      const mode = `${readMode} at ${Number(exposureNs) / 1000} us`;
      this.#tell(
        'warning',
        `none of the ${others} LED calibrations of this camera holds for ${mode}: times go without`,
      );
    }
    return null;
  }

  /** Another session begins: its index gets the row of the calibration that is in its times. */
  sessionBegins(): void {
    if (this.#inUse !== null) this.#write(this.#inUse);
  }

  #use(record: LedCalibrationRecord): void {
    this.#inUse = record;
    this.#write(record);
    const moved = `start ${signed(record.startOffsetNs)} ns, end ${signed(record.endOffsetNs)} ns`;
    const date = formatUtc(record.measuredUtcNs, 0);
    this.#tell('info', `LED calibration of ${date}: ${moved}, bound +${calibrationBoundNs(record)} ns`);
  }

  #write(record: LedCalibrationRecord): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    const data = jsonOfCalibration(record) as EventRecord['data'];
    this.#events.event({ kind: 'calibration', startUtcNs: now, endUtcNs: now, data });
  }

  #tell(level: LogLevel, message: string): void {
    if (message === this.#told) return;
    this.#told = message;
    this.#events.log(level, message);
  }
}

const signed = (ns: bigint): string => (ns < 0n ? String(ns) : `+${ns}`);
