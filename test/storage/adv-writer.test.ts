import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { AdvWriter } from '#storage/adv/adv-writer.js';
import type { SegmentHeader } from '#storage/formats/segment-header.js';
import { test } from '#test/support/test.js';
import { bytesOf, samplePixels } from './adv-sample.js';
import { readStrictly } from './adv-strict-reader.js';
import { sampleRecord, temporaryFolder } from './sample-session.js';

const SEGMENT: SegmentHeader = {
  sessionId: 's',
  stationId: 'station-1',
  stationName: 'Station',
  cameraId: 'camera-1',
  cameraName: 'QHY411',
  cameraUri: 'sim:tiny',
  number: 1,
  createdUtcNs: 0n,
  software: 'appulse test',
  observer: null,
  telescope: null,
  object: null,
  site: null,
};

function append(writer: AdvWriter, from: number, to: number): void {
  for (let number = from; number <= to; number++) {
    const record = sampleRecord(number, 's');
    writer.append(samplePixels(record), record);
  }
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return '';
};

test('an export is a part until it is complete, and then an ADV file to the last byte', () => {
  const file = join(temporaryFolder(), 'export.adv');
  const writer = AdvWriter.create(file, SEGMENT, sampleRecord(1, 's'));
  append(writer, 1, 5);
  assert.not(existsSync(file));
  writer.close();
  assert.not(existsSync(`${file}.part`));
  const { frames } = readStrictly(readFileSync(file));
  assert.is(frames.length, 5);
  for (const [i, frame] of frames.entries()) {
    assert.ok(frame.pixels.equals(bytesOf(samplePixels(sampleRecord(i + 1, 's')))));
  }
});

test('nothing is overwritten', () => {
  const file = join(temporaryFolder(), 'export.adv');
  const create = () => AdvWriter.create(file, SEGMENT, sampleRecord(1, 's'));
  const first = create();
  assert.is(codeOf(create), 'storage.export-exists');
  append(first, 1, 1);
  // Someone puts a file there meanwhile.
  writeFileSync(file, 'mine');
  assert.is(
    codeOf(() => first.close()),
    'storage.export-exists',
  );
  assert.is(readFileSync(file, 'utf8'), 'mine');
  assert.ok(existsSync(`${file}.part`));
  assert.is(codeOf(create), 'storage.export-exists');
  assert.is(
    codeOf(() => AdvWriter.resume(file)),
    'storage.export-exists',
  );
});

test('an export that was stopped or torn is gone on with, and ends as if it had not been', () => {
  const whole = join(temporaryFolder(), 'whole.adv');
  const one = AdvWriter.create(whole, SEGMENT, sampleRecord(1, 's'));
  append(one, 1, 9);
  one.close();
  const file = join(temporaryFolder(), 'export.adv');
  const begun = AdvWriter.create(file, SEGMENT, sampleRecord(1, 's'));
  append(begun, 1, 4);
  begun.stop();
  truncateSync(`${file}.part`, begun.bytes - 100);
  const torn = AdvWriter.resume(file);
  assert.is(torn.frames, 3);
  assert.is(torn.last?.frameNumber, 3);
  append(torn, 4, 7);
  torn.stop();
  appendFileSync(`${file}.part`, Buffer.from([0xff, 0x22, 0x01, 0xee, 0, 1, 2, 3]));
  const again = AdvWriter.resume(file);
  assert.is(again.frames, 7);
  append(again, 8, 9);
  again.close();
  assert.ok(readFileSync(file).equals(readFileSync(whole)));
});

test('pixels that do not go with their record are refused, and leave the file as it was', () => {
  const file = join(temporaryFolder(), 'export.adv');
  const writer = AdvWriter.create(file, SEGMENT, sampleRecord(1, 's'));
  const { bytes } = writer;
  const record = sampleRecord(1, 's');
  const pixels = samplePixels(record);
  for (const bad of [
    { ...pixels, width: 65 },
    { ...pixels, data: new Uint8Array(64 * 48) },
    { ...pixels, data: new Uint16Array(64 * 48 - 1) },
  ]) {
    assert.is(
      codeOf(() => writer.append(bad, record)),
      'storage.format-shape',
    );
  }
  assert.is(writer.bytes, bytes);
  writer.close();
  assert.is(readStrictly(readFileSync(file)).frames.length, 0);
  const deep = () =>
    AdvWriter.create(join(temporaryFolder(), 'x.adv'), SEGMENT, sampleRecord(1, 's', { sampleBytes: 4 }));
  assert.is(codeOf(deep), 'storage.format-shape');
});

test.run();
