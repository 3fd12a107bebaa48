import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { StorageError } from '#storage/errors.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { SerWriter } from '#storage/ser/ser-writer.js';
import { test } from '#test/support/test.js';
import { CAMERA, temporaryFolder } from './sample-session.js';
import { SER_HEADER, SER_SHAPE, serPixels, serRecord, serSession } from './ser-session.js';

const root = temporaryFolder();
const FRAME_BYTES = 64 * 48 * 2;
let files = 0;

const newFile = () => join(root, `file-${++files}.ser`);
const recordOf = (number: number) => serRecord(number, 'session-1');

function appendFrames(writer: SerWriter, from: number, to: number): void {
  for (let number = from; number <= to; number++) writer.append(serPixels(number, SER_SHAPE), recordOf(number));
}

async function written(frames: number): Promise<string> {
  const file = newFile();
  const writer = SerWriter.create(file, SER_HEADER, recordOf(1));
  appendFrames(writer, 1, frames);
  await writer.close();
  return file;
}

const hasCode = (code: string) => (error: StorageError) => error.code === code;

test('what is written frame by frame is what a recording of the same frames is', async () => {
  const data = join(root, 'data');
  const folder = await openDataFolder(data);
  const { recorder, record, session } = await serSession(data);
  for (let number = 1; number <= 12; number++) await record(number);
  await recorder.close();
  folder.close();
  const name = readdirSync(recorder.folder).find((entry) => entry.endsWith('.ser')) ?? '';
  const file = newFile();
  const { observer, telescope } = session;
  const writer = SerWriter.create(file, { ...SER_HEADER, cameraName: CAMERA.name, observer, telescope }, recordOf(1));
  appendFrames(writer, 1, 12);
  await writer.close();
  assert.ok(readFileSync(file).equals(readFileSync(join(recorder.folder, name))));
  assert.not(existsSync(`${file}.part`));
});

test('16-bit samples are taken as they are in memory', async () => {
  const file = newFile();
  const writer = SerWriter.create(file, { ...SER_HEADER, serStamp: 'mid' }, recordOf(1));
  const samples = new Uint16Array(64 * 48).map((_, i) => i & 0xfff);
  writer.append(samples, recordOf(1));
  assert.is(writer.frames, 1);
  await writer.close();
  const reader = new SerReader(file);
  assert.equal([...reader.readPixels(1).data], [...samples]);
  assert.is(reader.stamp, 'mid');
  assert.is([...reader.times()][0]?.times[0]?.startUtcNs, recordOf(1).time.midUtcNs);
  reader.close();
});

test('a file that is there, and a part of another run, are never written over', async () => {
  const file = await written(3);
  const before = readFileSync(file);
  assert.throws(() => SerWriter.create(file, SER_HEADER, recordOf(1)), hasCode('storage.ser-exists'));
  assert.throws(() => SerWriter.resume(file, []), hasCode('storage.ser-exists'));
  const other = newFile();
  const writer = SerWriter.create(other, SER_HEADER, recordOf(1));
  assert.throws(() => SerWriter.create(other, SER_HEADER, recordOf(1)), hasCode('storage.ser-exists'));
  appendFrames(writer, 1, 1);
  writeFileSync(other, 'in the meantime');
  const failed = await writer.close().catch((error) => error);
  assert.is(failed.code, 'storage.ser-exists');
  assert.is(readFileSync(other, 'utf8'), 'in the meantime');
  assert.ok(readFileSync(file).equals(before));
});

test('a part is gone on with from its last whole frame, and ends as if it had never been stopped', async () => {
  const expected = readFileSync(await written(10));
  for (const [kept, torn] of [
    [4, 0],
    [4, 1000],
    [0, 5],
    [7, -1],
  ] as const) {
    const file = newFile();
    const writer = SerWriter.create(file, SER_HEADER, recordOf(1));
    appendFrames(writer, 1, kept);
    writer.stop();
    if (torn < 0) truncateSync(`${file}.part`, 178 + kept * FRAME_BYTES + torn);
    else appendFileSync(`${file}.part`, Buffer.alloc(torn, 7));
    const again = SerWriter.resume(
      file,
      Array.from({ length: 9 }, (_, i) => recordOf(i + 1)),
    );
    assert.is(again.frames, torn < 0 ? kept - 1 : kept);
    appendFrames(again, again.frames + 1, 10);
    await again.close();
    assert.ok(readFileSync(file).equals(expected));
  }
});

test('frames that do not fit, and parts that are none, are refused by name', () => {
  const file = newFile();
  assert.throws(
    () => SerWriter.create(file, SER_HEADER, { ...recordOf(1), sampleBytes: 4 }),
    hasCode('storage.format-shape'),
  );
  assert.not(existsSync(`${file}.part`));
  const writer = SerWriter.create(file, SER_HEADER, recordOf(1));
  assert.throws(() => writer.append(new Uint8Array(100), recordOf(1)), hasCode('storage.format-shape'));
  appendFrames(writer, 1, 2);
  writer.stop();
  assert.throws(() => SerWriter.resume(file, [{ ...recordOf(1), width: 32 }]), hasCode('storage.scan'));
  writeFileSync(`${file}.part`, 'LUCAM');
  assert.throws(() => SerWriter.resume(file, [recordOf(1)]), hasCode('storage.scan'));
});

test.run();
