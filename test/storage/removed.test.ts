import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { runExport } from '#storage/export/exporter.js';
import { readHdus } from '#storage/fits/reader.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import type { RecorderStatus } from '#storage/segments/recorder-types.js';
import { test } from '#test/support/test.js';
import { hduBytes, sampleRecorder, temporaryFolder, until } from './sample-session.js';

const twice = { missing: [{ offset: 0, length: 10 }], packetsMissing: 1 };
const DETAIL = 'the segment file was removed';

/** Counts of the status and of the index agree, and every row that is on disk points at bytes that are there. */
function check(path: string, indexFile: string, status: RecorderStatus, received: number): void {
  assert.is(status.framesRecorded + status.notRecorded, received, 'received = recorded + not recorded');
  assert.is(status.framesIndexed, status.framesRecorded);
  const index = new IndexReader(indexFile);
  const [row] = index.sessions();
  assert.is(row?.state, 'complete');
  assert.is(row?.framesRecorded, status.framesRecorded);
  assert.is(row?.framesIncomplete, status.framesIncomplete);
  assert.is(row?.framesNotRecorded, status.notRecorded);
  assert.is(index.countFrames({ state: 'on-disk' }), status.framesRecorded);
  assert.is(index.countFrames({ state: 'missing' }), status.notRecorded);
  const gaps = index.gaps();
  assert.is(
    gaps.reduce((sum, gap) => sum + gap.frames, 0),
    status.notRecorded,
  );
  for (const gap of gaps) {
    assert.equal([gap.cause, gap.detail], ['disk', DETAIL]);
    assert.is(Number((gap.lastBlock ?? 0n) - (gap.firstBlock ?? 0n)) + 1, gap.frames);
  }
  for (const segment of index.segments(row?.id ?? '')) {
    const file = join(path, segment.file);
    if (segment.state === 'missing') assert.not(existsSync(file));
    else assert.is(readHdus(file).hdus.length, segment.frames + 1);
  }
  index.close();
}

for (const maxBytes of [null, 50_000_000]) {
  const how = maxBytes === null ? '' : ', of a rolling archive too';
  test(`frames whose segment is removed while it is written count as not recorded${how}`, async () => {
    const folder = await openDataFolder(temporaryFolder());
    const { recorder, record, warnings } = await sampleRecorder(folder.path, { maxBytes });
    for (let number = 1; number <= 20; number++) await record(number, number === 7 ? twice : {});
    await until(() => recorder.status().framesIndexed === 20);
    assert.is(recorder.status().framesIncomplete, 1);
    rmSync(join(folder.path, 'sessions'), { recursive: true });
    await until(() => recorder.status().notRecorded === 20, 5);
    assert.is(recorder.status().framesRecorded, 0);
    assert.is(recorder.status().framesIncomplete, 0);
    assert.is(recorder.status().failing, false);
    for (let number = 21; number <= 30; number++) await record(number);
    const status = await recorder.close();
    assert.is(status.framesRecorded, 10);
    assert.is(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0] ?? '', 'was removed while recording');
    check(folder.path, folder.indexFile, status, 30);
    folder.close();
  });
}

test('a segment that is removed right before it is finished is found out as well', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, warnings } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 20; number++) await record(number);
  await until(() => recorder.status().framesRecorded === 20);
  rmSync(recorder.folder, { recursive: true });
  const status = await recorder.close();
  assert.is(status.notRecorded, 20);
  assert.is(warnings.length, 1, warnings.join('\n'));
  check(folder.path, folder.indexFile, status, 20);
  folder.close();
});

test('another file in the place of the open segment is not taken for it', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 5; number++) await record(number);
  await until(() => recorder.status().framesIndexed === 5);
  const index = new IndexReader(folder.indexFile);
  const part = join(folder.path, index.frames()[0]?.file ?? '');
  index.close();
  renameSync(part, `${part}.away`);
  writeFileSync(part, 'something else');
  await until(() => recorder.status().notRecorded === 5, 5);
  assert.is(statSync(part).size, 14, 'it is left alone');
  for (let number = 6; number <= 8; number++) await record(number);
  check(folder.path, folder.indexFile, await recorder.close(), 8);
  folder.close();
});

test('rows of an index that is removed while recording are not claimed', async () => {
  for (const replaced of [false, true]) {
    const folder = await openDataFolder(temporaryFolder());
    const { recorder, record, warnings } = await sampleRecorder(folder.path);
    for (let number = 1; number <= 10; number++) await record(number);
    await until(() => recorder.status().framesIndexed === 10);
    rmSync(folder.indexFile);
    if (replaced) writeFileSync(folder.indexFile, '');
    for (let number = 11; number <= 20; number++) await record(number);
    await until(() => recorder.status().failing && recorder.status().framesIndexed === 0, 5);
    const status = await recorder.close();
    assert.is(status.framesRecorded, 20);
    assert.is(status.framesIndexed, 0);
    assert.is(status.failing, true);
    assert.is(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0] ?? '', 'rows are not kept');
    folder.close();
  }
});

test('a rolling archive whose index was removed removes no pixels, because nothing would tell of them', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const maxBytes = 24 * hduBytes(64, 48);
  const { recorder, record, warnings } = await sampleRecorder(folder.path, { maxBytes });
  for (let number = 1; number <= 6; number++) await record(number);
  await until(() => recorder.status().framesIndexed === 6);
  rmSync(folder.indexFile);
  for (let number = 7; number <= 40; number++) await record(number);
  const status = await recorder.close();
  assert.is(status.framesRecorded, 40);
  const numbers = readdirSync(recorder.folder)
    .filter((name) => name.endsWith('.fits'))
    .flatMap((name) => readHdus(join(recorder.folder, name)).hdus.slice(1))
    .map(({ cards }) => cards.get('FRAMENO'));
  assert.equal(
    numbers.sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.ok(warnings.some((warning) => warning.includes('recover --rebuild')));
  folder.close();
});

test('with the whole data folder gone, nothing that is gone counts as recorded', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 20; number++) await record(number);
  await until(() => recorder.status().framesIndexed === 20);
  rmSync(folder.path, { recursive: true });
  const status = await recorder.close();
  assert.equal([status.framesRecorded, status.notRecorded, status.framesIndexed], [0, 20, 0]);
  assert.is(status.failing, true);
  folder.close();
});

test('a pipe in the place of a segment holds up no export: its frames are unreadable', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 3; number++) await record(number);
  await recorder.close();
  folder.close();
  const [name = ''] = readdirSync(recorder.folder).filter((each) => each.endsWith('.fits'));
  rmSync(join(recorder.folder, name));
  if (spawnSync('mkfifo', [join(recorder.folder, name)]).status !== 0) return;
  const target = join(folder.path, 'out');
  const result = await runExport({
    ...{ dataFolder: folder.path, selection: {}, format: 'fits', target, pattern: '{frame}', workers: 1 },
  });
  assert.equal([result.exported, result.unreadable], [0, 3]);
});

test('a session whose folder was removed by hand keeps nobody from the data folder: its frames are missing', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 5; number++) await record(number);
  await recorder.close();
  folder.close();
  rmSync(recorder.folder, { recursive: true });
  const again = await openDataFolder(folder.path);
  assert.equal(
    again.recovery.sessions.map(({ framesMissing }) => framesMissing),
    [5],
  );
  const index = new IndexReader(again.indexFile);
  assert.is(index.countFrames({ state: 'missing' }), 5);
  assert.equal(
    index.gaps().map(({ cause, frames }) => [cause, frames]),
    [['crash', 5]],
  );
  index.close();
  again.close();
  const third = await openDataFolder(folder.path);
  assert.equal(third.recovery.sessions, [], 'told once');
  third.close();
  assert.not(existsSync(recorder.folder), 'and it is not made again');
});

test.run();
