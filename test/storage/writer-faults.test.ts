import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readHdus } from '#storage/fits/reader.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { FAULT_CODES, type WriterFault } from '#storage/segments/writer-faults.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';
import { hduBytes, sampleRecorder, temporaryFolder } from './sample-session.js';

const test = suite('writer faults', 60_000);

const frameBytes = hduBytes(64, 48);

/** Records frames until `enough` says so, at most 400. */
async function recordWith(faults: readonly WriterFault[], enough: (number: number, failing: boolean) => boolean) {
  const folder = await openDataFolder(temporaryFolder());
  const sample = await sampleRecorder(folder.path, { segmentBytes: 12 * frameBytes, faults });
  let number = 0;
  while (number < 400 && !enough(number, sample.recorder.status().failing)) {
    await sample.record(++number);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const status = await sample.recorder.close();
  return { folder, ...sample, status, number };
}

/** Every frame is in the index or in a gap of cause disk; every file with a final name is whole and holds what its rows say. */
function check({ folder, session, status, number }: Awaited<ReturnType<typeof recordWith>>): string[] {
  assert.is(status.framesRecorded + status.notRecorded, number, 'received = recorded + not recorded');
  const index = new IndexReader(folder.indexFile);
  try {
    const blocks = new Set(index.frames({ sessionId: session.id }).map(({ blockId }) => blockId));
    assert.is(blocks.size, status.framesRecorded);
    const gaps = index.gaps({ sessionId: session.id });
    for (const gap of gaps) {
      assert.is(gap.cause, 'disk');
      for (let block = gap.firstBlock ?? 0n; block <= (gap.lastBlock ?? -1n); block++) {
        assert.not(blocks.has(block));
        blocks.add(block);
      }
    }
    assert.is(blocks.size, number, 'no frame is unaccounted for');
    const names = readdirSync(join(folder.path, index.sessions()[0]?.folder ?? '')).filter((name) =>
      name.endsWith('.fits'),
    );
    const segments = index.segments(session.id);
    for (const name of names) {
      const segment = segments.find(({ file }) => file.endsWith(name));
      assert.is(segment?.state, 'closed', `${name} has its final name`);
      assert.is(readHdus(join(folder.path, segment?.file ?? '')).hdus.length, (segment?.frames ?? 0) + 1);
    }
    return gaps.map(({ detail }) => detail);
  } finally {
    index.close();
    folder.close();
  }
}

/** Frames until writing works again after `code` struck a file's opening or a write. */
async function recordThrough(at: 'write' | 'open', code: (typeof FAULT_CODES)[number]) {
  let back = 0;
  // Two calls fail: the one that is struck, and the try a second later.
  return recordWith([{ at, nth: at === 'open' ? 2 : 4, times: 2, code }], (number, failing) => {
    if (number > 50 && !failing) back++;
    return back > 30 && number > 250;
  });
}

for (const code of FAULT_CODES) {
  test(`${code} of open and of write: frames become gap rows that name it, buffers come back, and recording goes on`, async () => {
    for (const run of await Promise.all([recordThrough('open', code), recordThrough('write', code)])) {
      const details = check(run);
      assert.is(run.status.failing, false);
      assert.ok(run.status.notRecorded > 0);
      assert.is(details.length, 1, 'one outage is one row');
      assert.match(details[0] ?? '', code);
      assert.is(run.warnings.length, 2, run.warnings.join('\n'));
      assert.match(run.warnings[0] ?? '', code);
      assert.match(run.warnings[1] ?? '', 'writing works again');
    }
  });
}

test('a write that ends in the midst of a frame leaves the whole ones before it, and no torn one', async () => {
  const fault = { at: 'write', nth: 6, times: 1, code: 'EIO', bytesBefore: Math.round(1.5 * frameBytes) } as const;
  const run = await recordWith([fault], (number) => number > 200);
  assert.match(check(run)[0] ?? '', 'EIO');
});

test('a file that cannot be synced or renamed keeps its .part, and is told; its rows can still be read', async () => {
  const struck = (at: 'sync' | 'rename') =>
    recordWith([{ at, nth: 1, times: 1, code: 'EIO' }], (number) => number > 60);
  for (const run of await Promise.all([struck('sync'), struck('rename')])) {
    assert.is(run.status.notRecorded, 0);
    assert.ok(
      run.warnings.some((text) => text.includes('EIO')),
      run.warnings.join('\n'),
    );
    check(run);
    const parts = readdirSync(run.recorder.folder).filter((name) => name.endsWith('.part'));
    assert.ok(parts.length <= 1);
  }
});

test('a slow disk costs nothing as long as there are buffers', async () => {
  const run = await recordWith([{ at: 'write', nth: 3, times: 5, code: 'slow', ms: 60 }], (number) => number > 100);
  assert.is(run.status.framesRecorded, run.number);
  assert.equal(run.warnings, []);
  check(run);
});

test('faults at random, several in a session: nothing is unaccounted for, and no final name stands over a torn file', async () => {
  const random = randomOf(17);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const rounds = Array.from({ length: 4 }, () =>
    Array.from({ length: 6 }, (): WriterFault => {
      const at = one(['open', 'write', 'write', 'sync', 'rename'] as const);
      const bytesBefore = Math.floor(random() * 3 * frameBytes);
      return { at, nth: 1 + Math.floor(random() * 12), times: 1, code: one(FAULT_CODES), bytesBefore };
    }),
  );
  const runs = await Promise.all(rounds.map((faults) => recordWith(faults, (number) => number > 300)));
  for (const run of runs) check(run);
});

test('the data folder is taken away while recording and put back: recording goes on, and says what became of the frames', async () => {
  const path = join(temporaryFolder(), 'data');
  const folder = await openDataFolder(path);
  const { recorder, record, warnings } = await sampleRecorder(path);
  for (let number = 1; number <= 20; number++) await record(number);
  renameSync(path, `${path}-away`);
  let number = 20;
  while (recorder.status().notRecorded < 20 && number < 500) {
    await record(++number);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (let i = 0; i < 50; i++) await record(++number);
  const status = await recorder.close();
  assert.is(status.framesRecorded + status.notRecorded, number);
  assert.ok(status.framesRecorded >= 50, 'a new folder takes the frames');
  const text = warnings.join('\n');
  assert.match(text, 'was removed while recording');
  assert.match(text, 'rows are not kept');
  folder.close();
});

test.run();
