import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FrameJournal, JOURNAL_FILE, JOURNAL_RECORDS, readJournal } from '#storage/segments/frame-journal.js';
import { newSessionId } from '#storage/segments/recorder.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from './sample-session.js';

const frame = (number: number) => ({
  number,
  blockId: 2n ** 64n - 1n - BigInt(number),
  startUtcNs: 1_800_000_000_123_456_789n + BigInt(number),
  endUtcNs: -5n,
});

test('a journal gives back what was written, in order, also while it is written', () => {
  const folder = temporaryFolder();
  const session = newSessionId();
  assert.is(readJournal(folder, session), null);
  const journal = new FrameJournal(folder, session);
  assert.equal(readJournal(folder, session), { records: [], torn: 0 });
  journal.frame(frame(1));
  journal.gap({ cause: 'network', blockId: 7n, frames: 3 });
  journal.nextCamera();
  journal.gap({ cause: 'camera-lost', blockId: null, frames: 0 });
  journal.frame(frame(2));
  assert.equal(readJournal(folder, session), {
    records: [
      { kind: 'frame', order: 1n, camera: 0, ...frame(1) },
      { kind: 'gap', order: 2n, camera: 0, cause: 'network', blockId: 7n, frames: 3 },
      { kind: 'gap', order: 3n, camera: 1, cause: 'camera-lost', blockId: null, frames: 0 },
      { kind: 'frame', order: 4n, camera: 1, ...frame(2) },
    ],
    torn: 0,
  });
  assert.equal(readJournal(folder, newSessionId())?.records, [], "another session's journal is not believed");
  assert.throws(() => new FrameJournal(folder, session), /EEXIST/);
  journal.remove();
  assert.not(existsSync(join(folder, JOURNAL_FILE)));
});

test('the newest records stay, and the file keeps its size', () => {
  const folder = temporaryFolder();
  const session = newSessionId();
  const journal = new FrameJournal(folder, session);
  const { size } = statSync(join(folder, JOURNAL_FILE));
  for (let number = 1; number <= JOURNAL_RECORDS + 1000; number++) journal.frame(frame(number));
  const records = readJournal(folder, session)?.records ?? [];
  assert.is(records.length, JOURNAL_RECORDS);
  const numbers = records.map((record) => (record.kind === 'frame' ? record.number : 0));
  assert.is(numbers[0], 1001);
  assert.is(numbers.at(-1), JOURNAL_RECORDS + 1000);
  assert.ok(numbers.every((number, i) => number === 1001 + i));
  assert.is(statSync(join(folder, JOURNAL_FILE)).size, size);
  journal.remove();
});

test('a torn record is seen and left out, whichever of its bytes is wrong', () => {
  const folder = temporaryFolder();
  const session = newSessionId();
  const journal = new FrameJournal(folder, session);
  for (let number = 1; number <= 3; number++) journal.frame(frame(number));
  const file = join(folder, JOURNAL_FILE);
  const whole = readFileSync(file);
  for (let byte = 64; byte < 128; byte++) {
    const damaged = Uint8Array.from(whole);
    damaged[byte] = (damaged[byte] as number) ^ 0x10;
    writeFileSync(file, damaged);
    const read = readJournal(folder, session);
    assert.is(read?.records.length, 2);
    assert.is(read?.torn, 1);
  }
  writeFileSync(file, whole.subarray(0, 64 + 30));
  assert.is(readJournal(folder, session)?.records.length, 1);
  journal.remove();
});

test.run();
