import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { advSegmentReader, resumeAdv } from '#storage/adv/adv-segment.js';
import { StorageError } from '#storage/errors.js';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { SESSION_LOG } from '#storage/folder/session-log.js';
import type { ScannedFrame } from '#storage/formats/segment-reader.js';
import { framesOf } from '#storage/formats/segment-readers.js';
import { IndexReader } from '#storage/index/queries.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { bytesOf, recordAdv, samplePixels } from './adv-sample.js';
import { readStrictly } from './adv-strict-reader.js';
import { sampleRecord, temporaryFolder, until } from './sample-session.js';

/** A file of `count` whole frames as a crash leaves it: nothing behind the frames, offsets and counts zero. */
async function leftByCrash(count: number): Promise<{ file: string; bytes: Buffer; frames: ScannedFrame[] }> {
  const { recorder, record, files } = await recordAdv(temporaryFolder());
  for (let number = 1; number <= Math.max(1, count); number++) await record(number);
  await recorder.close();
  const [file = ''] = files();
  const frames = scan(file).slice(0, count);
  const bytes = readFileSync(file);
  const strict = readStrictly(bytes);
  const end = frames.at(-1);
  const first = scan(file)[0]?.place.byteOffset ?? 0;
  const left = Buffer.from(bytes.subarray(0, end === undefined ? first : end.place.byteOffset + end.place.byteLength));
  left.writeBigUInt64LE(0n, 0x09);
  left.writeBigUInt64LE(0n, 0x19);
  // The count of MAIN stands behind its name; the accuracy behind the version of STATUS.
  left.writeUInt32LE(0, 0x22 + 2 + 4);
  left.writeBigUInt64LE(0n, left.indexOf(Buffer.from([2, ...u64(strict.accuracyNs)])) + 1);
  const part = join(temporaryFolder(), 'left.adv.part');
  writeFileSync(part, left);
  return { file: part, bytes: left, frames };
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function scan(file: string, verify = true): ScannedFrame[] {
  return [...advSegmentReader.scan(file, 0, { verify })];
}

/** `part` as recovery completes it: its whole frames, and the end that is made from them. */
function completion(part: string): Buffer {
  const body = resumeAdv(part);
  const found = advSegmentReader.scan(part, 0, { verify: true });
  let next = found.next();
  for (; !next.done; next = found.next()) body.added(next.value.record, next.value.place);
  const { tail, patches } = body.end(next.value);
  const whole = Buffer.concat([readFileSync(part).subarray(0, next.value), tail]);
  for (const patch of patches) whole.set(patch.bytes, patch.offset);
  return whole;
}

const completed = (part: string) => readStrictly(completion(part));

test('a file that a crash left is an ADV file without its end, and is completed from its frames', async () => {
  for (const count of [0, 1, 7]) {
    const { file, bytes, frames } = await leftByCrash(count);
    assert.is(readStrictly(bytes, 'missing').frames.length, count);
    assert.equal(scan(file), frames);
    const strict = completed(file);
    assert.is(strict.frames.length, count);
    assert.is(strict.accuracyNs, count === 0 ? 0n : 200n);
    assert.is(strict.user?.FRAMES, String(count));
  }
});

test('wherever the end of a file is cut or zeroed, the frames before stay and complete it', async () => {
  const { file, bytes, frames } = await leftByCrash(6);
  const random = randomOf(7);
  const copy = join(temporaryFolder(), 'copy.adv.part');
  const first = frames[0]?.place.byteOffset ?? 0;
  for (let i = 0; i < 300; i++) {
    const at = first + Math.floor(random() * (bytes.byteLength - first));
    copyFileSync(file, copy);
    if (i % 2 === 0) truncateSync(copy, at);
    else writeFileSync(copy, Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.byteLength - at)]));
    const whole = frames.filter(({ place }) => place.byteOffset + place.byteLength <= at);
    const found = scan(copy);
    // Zeros that were zeros before harm nothing.
    assert.ok(found.length >= whole.length && found.length <= whole.length + 1, `cut at ${at}`);
    assert.equal(found, frames.slice(0, found.length));
    for (const { place, record } of found.slice(-1)) {
      assert.ok(bytesOf(advSegmentReader.readPixels(copy, place)).equals(bytesOf(samplePixels(record))));
    }
    if (i < 40) assert.is(completed(copy).frames.length, found.length);
  }
});

test('pixels that changed on disk are found by their sum', async () => {
  const { file, bytes, frames } = await leftByCrash(4);
  const damaged = frames[2]?.place;
  bytes[(damaged?.byteOffset ?? 0) + 27 + 1000] = (bytes[(damaged?.byteOffset ?? 0) + 27 + 1000] ?? 0) ^ 0x10;
  writeFileSync(file, bytes);
  assert.equal(
    frames.map(({ place }) => advSegmentReader.verify(file, place)),
    [true, true, false, true],
  );
  assert.is(scan(file).length, 2);
  assert.is(scan(file, false).length, 4);
});

test('behind damage in the middle of a file the frames are found by their magic', async () => {
  const { file, bytes, frames } = await leftByCrash(8);
  const from = (frames[2]?.place.byteOffset ?? 0) + 500;
  const to = (frames[4]?.place.byteOffset ?? 0) + 2000;
  bytes.fill(0, from, to);
  writeFileSync(file, bytes);
  const left = [...frames.slice(0, 2), ...frames.slice(5)];
  assert.equal(scan(file), frames.slice(0, 2));
  assert.equal([...framesOf(file, advSegmentReader)], left);
  assert.is(advSegmentReader.findNext(file, from), frames[5]?.place.byteOffset);
  assert.is(advSegmentReader.findNext(file, frames[0]?.place.byteOffset ?? 0), frames[0]?.place.byteOffset);
  assert.is(advSegmentReader.findNext(file, (frames[7]?.place.byteOffset ?? 0) + 1), null);
  // A magic in pixels is no frame; one that begins a frame within the damage is none either.
  bytes.set([0xff, 0x22, 0x01, 0xee, 0], from + 100);
  for (let at = from + 200; at < to - 4; at += 4) bytes.writeUInt32BE(0xff2201ee, at);
  writeFileSync(file, bytes);
  assert.equal([...framesOf(file, advSegmentReader)], left);
});

test('a file whose end was promised before it was written is still completed', async () => {
  const { file, bytes, frames } = await leftByCrash(3);
  bytes.writeBigUInt64LE(BigInt(bytes.byteLength) + 5000n, 0x09);
  bytes.writeBigUInt64LE(BigInt(bytes.byteLength) + 9000n, 0x19);
  writeFileSync(file, bytes);
  assert.equal(scan(file), frames);
  assert.is(completed(file).frames.length, 3);
});

test('whatever is changed in a file, a scan ends with frames or an error of ours', async () => {
  const { file, bytes } = await leftByCrash(3);
  const random = randomOf(11);
  for (let i = 0; i < 1500; i++) {
    const changed = Buffer.from(bytes);
    for (let n = 1 + random() * 6; n > 0; n--) {
      const at = Math.floor(random() ** 3 * changed.byteLength);
      changed[at] = random() < 0.3 ? 0xff : random() * 256;
    }
    const length = random() < 0.2 ? Math.floor(random() * changed.byteLength) : changed.byteLength;
    writeFileSync(file, changed.subarray(0, length));
    try {
      assert.ok(scan(file).length <= 3);
      completion(file);
      assert.ok([...framesOf(file, advSegmentReader)].length <= 3);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      assert.is(error.code, 'storage.scan', error.message);
    }
  }
});

test('files of other kinds are told', async () => {
  const file = join(temporaryFolder(), 'other.adv.part');
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(5000), Buffer.from('SIMPLE  =                    T')]) {
    writeFileSync(file, bytes);
    assert.throws(
      () => scan(file),
      (error: { code?: string }) => error.code === 'storage.scan',
    );
  }
});

test('after kill -9 every frame of the index reads back, and the file is completed with those that the index missed', async () => {
  for (const frames of [1, 60, 300]) {
    const path = temporaryFolder();
    const child = spawn(process.execPath, [fileURLToPath(new URL('./adv-writing-child.js', import.meta.url)), path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let indexed = 0;
    child.stdout.on('data', (text) => {
      indexed = Number(String(text).trim().split('\n').at(-1));
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until(() => indexed >= frames, 30);
    child.kill('SIGKILL');
    await ended;
    const [session = ''] = readdirSync(join(path, 'sessions'));
    const [part = ''] = readdirSync(join(path, 'sessions', session)).filter((name) => name.endsWith('.adv.part'));
    const file = join(path, 'sessions', session, part);
    const found = scan(file);
    const byHand = completion(file);
    const folder = await openDataFolder(path);
    // The folder's recovery completes the file and gives it its name.
    assert.ok(readFileSync(file.replace(/\.part$/, '')).equals(byHand));
    const index = new IndexReader(folder.indexFile);
    const rows = index.frames({ sessionId: folder.recovery.interruptedSessions[0] ?? '' });
    assert.ok(rows.length >= frames);
    assert.equal(
      rows.map(({ number, byteOffset }) => ({ number, byteOffset })),
      found.map(({ record, place }) => ({ number: record.frameNumber, byteOffset: place.byteOffset })),
    );
    const strict = readStrictly(byHand);
    for (const [i, { record }] of found.entries()) {
      assert.equal(record, sampleRecord(i + 1, record.sessionId));
      assert.ok(strict.frames[i]?.pixels.equals(bytesOf(samplePixels(record))));
    }
    index.close();
    folder.close();
  }
});

test('an archive of which only the ADV files are left has its index again', async () => {
  const path = temporaryFolder();
  const { recorder, record, session } = await recordAdv(path, { session: { software: 'appulse 1.2.3' } });
  for (let number = 1; number <= 6; number++) await record(number);
  await recorder.close();
  rmSync(join(recorder.folder, SESSION_LOG));
  for (const name of readdirSync(path)) if (name.startsWith('appulse.sqlite')) rmSync(join(path, name));
  await recoverDataFolder(path, { rebuild: true });
  const index = new IndexReader(recorder.indexFile);
  const [row] = index.sessions();
  assert.is(row?.id, session.id);
  assert.is(row?.stationName, 'Station');
  assert.equal(
    index.frames({ sessionId: session.id }).map(({ number, startUtcNs }) => ({ number, startUtcNs })),
    [1, 2, 3, 4, 5, 6].map((number) => ({ number, startUtcNs: sampleRecord(number, 's').time.startUtcNs })),
  );
  index.close();
});

test.run();
