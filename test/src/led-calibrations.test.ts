import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  addLedCalibration,
  CalibrationFileError,
  type LedCalibrationRecord,
  matchingCalibration,
  readLedCalibrations,
} from '#src/config/led-calibrations.js';
import { withFolder } from '#test/support/appulse.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const RECORD: LedCalibrationRecord = {
  cameraId: '7a0f9a33-9d1b-5e0b-8a0a-6f0f6a3f1c11',
  cameraName: 'tiny TINY-1.1',
  readMode: 'Mono12',
  leastExposureNs: 500_000n,
  mostExposureNs: 2_000_000n,
  startOffsetNs: 1_500n,
  endOffsetNs: -2_700n,
  sigmaNs: 4n,
  residualNs: 13n,
  points: 50,
  rowZeroEndOffsetNs: null,
  stampExcessNs: 0n,
  measuredUtcNs: 1_786_665_610_123_456_789n,
  appulseVersion: '0.1.0',
};

const messageOf = (path: string): string => {
  try {
    readLedCalibrations(path);
    return 'no error';
  } catch (error) {
    assert.instance(error, CalibrationFileError);
    return (error as Error).message;
  }
};

test('records are added, kept and read back as they were', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'config', 'led.json');
    assert.equal(readLedCalibrations(path), []);
    const second = { ...RECORD, rowZeroEndOffsetNs: 1_974_300n, measuredUtcNs: RECORD.measuredUtcNs + 1n };
    addLedCalibration(RECORD, path);
    addLedCalibration(second, path);
    assert.equal(readLedCalibrations(path), [RECORD, second]);
    assert.equal(readdirSync(join(folder, 'config')), ['led.json']);
  }));

test('the newest record that holds for camera, read mode and exposure counts', () => {
  const older = { ...RECORD, measuredUtcNs: 5n };
  const wide = { ...RECORD, measuredUtcNs: 6n, leastExposureNs: 0n, mostExposureNs: 10_000_000n, points: 7 };
  const records = [wide, RECORD, older];
  const query = { cameraId: RECORD.cameraId, readMode: 'Mono12', exposureNs: 2_000_000n };
  assert.is(matchingCalibration(records, query), RECORD);
  assert.is(matchingCalibration(records, { ...query, exposureNs: 2_000_001n }), wide);
  assert.is(matchingCalibration(records, { ...query, exposureNs: 10_000_001n }), null);
  assert.is(matchingCalibration(records, { ...query, readMode: 'Mono8' }), null);
  assert.is(matchingCalibration(records, { ...query, cameraId: 'another' }), null);
});

test('a file with a mistake is refused with its path and the field', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'led.json');
    addLedCalibration(RECORD, path);
    const good = readFileSync(path, 'utf8');
    const cases: readonly [string, string, string][] = [
      ['"points": 50', '"points": "many"', 'calibrations.0.points'],
      ['"sigmaNs": 4', '"sigmaNs": -4', 'calibrations.0.sigmaNs'],
      ['"startOffsetNs": 1500', '"startOffsetNs": 1500.5', 'calibrations.0.startOffsetNs'],
      ['"leastExposureNs": 500000', '"leastExposureNs": 3000000', 'calibrations.0.mostExposureNs'],
      ['2026-08-14T', '2026-13-14T', 'calibrations.0.measuredUtc'],
      ['"version": 1', '"version": 2', 'version'],
      ['"readMode"', '"readmode"', 'calibrations.0'],
      ['{', '', 'cannot be read'],
    ];
    for (const [from, to, field] of cases) {
      assert.ok(good.includes(from), from);
      writeFileSync(path, good.replace(from, to));
      const message = messageOf(path);
      assert.ok(message.includes(path) && message.includes(field), message);
      assert.throws(() => addLedCalibration(RECORD, path), /led\.json/);
      assert.is(readFileSync(path, 'utf8'), good.replace(from, to), 'what cannot be read is not overwritten');
    }
  }));

test('no bytes in the file lead to anything but records or a clear error', () =>
  withFolder(async (folder) => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'led.json');
    addLedCalibration(RECORD, path);
    const good = readFileSync(path);
    const random = randomOf(4);
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(good);
      for (let n = 0; n <= 3 * random(); n++) bytes[Math.floor(random() * bytes.length)] = 32 + random() * 95;
      writeFileSync(path, bytes.subarray(0, random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length));
      const message = messageOf(path);
      assert.ok(message === 'no error' || message.includes(path), message);
    }
  }));

test.run();
