import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { markDamage } from '#storage/folder/mark-damage.js';
import { type Verification, verifyFolder } from '#storage/folder/verification.js';
import { openIndexFile } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { formatSession, formats } from '#test/soak/format-session.js';
import { test } from '#test/support/test.js';
import { dumpIndex } from './index-dump.js';
import { temporaryFolder, until } from './sample-session.js';

function verify(path: string, session: string | null = null): Verification {
  const database = new Database(join(path, 'appulse.sqlite'), { readonly: true });
  database.defaultSafeIntegers(true);
  try {
    const verifier = verifyFolder(database, path, session);
    for (;;) {
      const step = verifier.next();
      if (step.done === true) return step.value;
    }
  } finally {
    database.close();
  }
}

/** Lines such as `damaged 3`. */
const short = ({ findings }: Verification): string[] =>
  findings.map(({ kind, frame, detail }) => `${kind} ${frame ?? detail}`);

for (const format of formats()) {
  test(`verify names each frame of ${format} that is not as it was recorded, and --mark makes it a gap`, async () => {
    const path = temporaryFolder();
    const folder = await openDataFolder(path);
    const { recorder, record, session } = await formatSession(path, format, format === 'ser' ? 15_000 : 60_000);
    for (let number = 1; number <= 20; number++) await record(number);
    await recorder.close();
    folder.close();
    const indexFile = join(path, 'appulse.sqlite');
    const index = new IndexReader(indexFile);
    const frames = index.frames();
    index.close();
    const clean = verify(path);
    assert.equal(clean.findings, []);
    assert.is(clean.frames, 20);
    assert.ok(clean.segments > 1);
    assert.is(verify(path, session.id).frames, 20);
    assert.is(verify(path, 'another').frames, 0);

    // One byte of the pixels of frame 3, and what a row says of frame 5; frame 6 loses its row.
    const [third, last] = [frames[2], frames.at(-1)];
    if (third === undefined || last === undefined) throw new Error('no frames');
    const file = join(path, third.file);
    const bytes = readFileSync(file);
    const at = third.byteOffset + third.headerBytes + 200;
    bytes[at] = 0xff ^ (bytes[at] as number);
    writeFileSync(file, bytes);
    const database = new Database(indexFile);
    database.exec('UPDATE frames SET block_id = block_id + 1 WHERE number = 5; DELETE FROM frames WHERE number = 6');
    database.close();
    assert.equal(short(verify(path)), ['damaged 3', 'differs 5', 'no-row frame 6']);
    // The last file ends within its last frame.
    truncateSync(join(path, last.file), last.byteOffset + 100);
    const found = verify(path);
    assert.equal(short(found), ['damaged 3', 'differs 5', 'no-row frame 6', 'gone 20']);
    assert.is(found.findings[0]?.offset, third.byteOffset);

    const writable = openIndexFile(indexFile);
    writable.prepare('UPDATE frames SET block_id = block_id - 1 WHERE number = 5').run();
    assert.is(markDamage(writable, path, found.findings), 2);
    writable.close();
    assert.equal(short(verify(path)), ['no-row frame 6']);
    await recoverDataFolder(path, { rebuild: true });
    const states = dumpIndex(indexFile).frames?.filter((row) => row.includes('"missing"')) ?? [];
    assert.is(states.length, 2, 'an index that is made anew knows which frames are missing');
    assert.equal(short(verify(path)), []);
  });
}

test('verify reads while a station records, and tells of files that are gone', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await formatSession(path, 'fits', 60_000);
  for (let number = 1; number <= 10; number++) await record(number);
  await until(() => recorder.status().framesIndexed === 10);
  const index = new IndexReader(folder.indexFile);
  await until(() => index.segments(session.id).some(({ state }) => state === 'closed'));
  assert.equal(verify(path).findings, []);
  const [segment] = index.segments(session.id);
  rmSync(join(path, segment?.file ?? ''));
  const found = verify(path);
  assert.is(found.findings.length, segment?.frames);
  assert.ok(found.findings.every(({ kind }) => kind === 'gone'));
  index.close();
  await recorder.close();
  folder.close();
});

test.run();
