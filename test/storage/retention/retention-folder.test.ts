import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatUtc } from '#gps/instant.js';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { mergeFolders } from '#storage/folder/merge.js';
import { appendToSessionLog } from '#storage/folder/session-log.js';
import type { MarkDescription } from '#storage/index/index-changes.js';
import { IndexDatabase } from '#storage/index/index-database.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { markAtRest } from '#storage/retention/mark-at-rest.js';
import { retainedIn } from '#storage/retention/retained-segments.js';
import { appulse } from '#test/support/appulse.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { dumpIndex } from '../index-dump.js';
import { FIRST_START, hduBytes, PERIOD_NS, sampleRecorder, temporaryFolder, until } from '../sample-session.js';

const frameBytes = hduBytes(64, 48);
const startOf = (number: number) => FIRST_START + BigInt(number - 1) * PERIOD_NS;

const markOf = (from: number, to: number, detail = ''): MarkDescription => ({
  fromUtcNs: startOf(from),
  toUtcNs: startOf(to),
  cause: 'command',
  detail,
  madeUtcNs: FIRST_START,
});

/** Numbers of frames by state, and that the file of each is there exactly where it should be. */
function statesIn(path: string, indexFile: string, sessionId: string): { expired: number[]; kept: number[] } {
  const index = new IndexReader(indexFile);
  try {
    const states = { expired: [] as number[], kept: [] as number[] };
    for (const frame of index.frames({ sessionId })) {
      assert.is(existsSync(join(path, frame.file)), frame.state === 'on-disk', frame.file);
      (frame.state === 'expired' ? states.expired : states.kept).push(frame.number);
    }
    return states;
  } finally {
    index.close();
  }
}

/** Everything in a folder: names, sizes and contents. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith('-shm') && !name.endsWith('-wal'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name)).toString('base64')}`);
}

test('marked segments stay while the archive rolls past them, whichever are marked', async () => {
  const random = randomOf(8);
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session, warnings } = await sampleRecorder(folder.path, { maxBytes: 40 * frameBytes });
  const marked = new Set<number>();
  for (let number = 1; number <= 200; number++) {
    await record(number);
    if (number % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    if (number % 40 !== 20) continue;
    // Of the frames that are surely still there.
    const from = number - 3 - Math.floor(random() * 4);
    recorder.mark(markOf(from, from + 1, `around ${from}`));
    marked.add(from).add(from + 1);
  }
  await recorder.close();
  assert.equal(warnings, []);
  const { kept, expired } = statesIn(folder.path, folder.indexFile, session.id);
  for (const number of marked) assert.ok(kept.includes(number), `marked frame ${number} is gone`);
  assert.ok(expired.length > 100);
  assert.ok(kept.length * frameBytes <= 40 * frameBytes, 'the limit holds, marks included');
  // The next session knows the marks of the one before.
  const next = await sampleRecorder(folder.path, { maxBytes: 40 * frameBytes });
  for (let number = 1; number <= 60; number++) await next.record(number);
  await next.recorder.close();
  const later = statesIn(folder.path, folder.indexFile, session.id);
  for (const number of marked) assert.ok(later.kept.includes(number), `marked frame ${number} is gone`);
  assert.ok(later.kept.length < 40);
  folder.close();
});

test('marks that fill the whole limit do not hold up recording, and are told', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session, warnings } = await sampleRecorder(folder.path, { maxBytes: 20 * frameBytes });
  recorder.mark(markOf(1, 1000));
  for (let number = 1; number <= 60; number++) await record(number);
  const status = await recorder.close();
  assert.is(status.framesRecorded, 60);
  assert.is(statesIn(folder.path, folder.indexFile, session.id).kept.length, 60);
  assert.is(
    warnings.filter((text) => text.includes('what marks and the pre-roll keep')).length,
    1,
    warnings.join('\n'),
  );
  folder.close();
});

test('age alone makes segments go, and a session that rolls by age rolls in later ones too', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const retention = { hours: 1, nights: null, keep: 'all', longitudeDeg: null } as const;
  const segmentBytes = 10 * frameBytes;
  const { recorder, record, session } = await sampleRecorder(folder.path, { retention, segmentBytes });
  recorder.mark(markOf(12, 13));
  for (let number = 1; number <= 60; number++) {
    await record(number);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const index = new IndexReader(folder.indexFile);
  await until(() => index.countFrames({ sessionId: session.id, state: 'expired' }) >= 30, 20);
  index.close();
  await recorder.close();
  const { kept } = statesIn(folder.path, folder.indexFile, session.id);
  assert.ok(kept.includes(12) && kept.includes(13) && kept.includes(60));
  const next = await sampleRecorder(folder.path, { retention, segmentBytes });
  for (let number = 1; number <= 11; number++) await next.record(number);
  await next.recorder.close();
  const later = statesIn(folder.path, folder.indexFile, session.id).kept;
  assert.ok(later.includes(12) && !later.includes(60), String(later));
  folder.close();
});

test('a dry run explains every segment and changes nothing; the run does what it said, and no more the second time', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const rolling = await sampleRecorder(path, { maxBytes: 10_000 * frameBytes, segmentBytes: 10 * frameBytes });
  for (let number = 1; number <= 95; number++) await rolling.record(number);
  await rolling.recorder.close();
  const unlimited = await sampleRecorder(path, { segmentBytes: 10 * frameBytes });
  for (let number = 1; number <= 10; number++) await unlimited.record(number);
  await unlimited.recorder.close();
  assert.equal(
    markAtRest(folder.path, markOf(15, 16, 'a flash'), null).map(({ frames }) => frames),
    [2],
  );
  folder.close();
  const before = contentsOf(path);
  const words = ['--data', path, '--keep-hours', '1', '--json'];
  const dry = await appulse(['retention', '--dry-run', ...words]);
  assert.is(dry.code, 0, dry.stderr);
  assert.equal(contentsOf(path), before, 'nothing changed');
  const told = dry.json as { files: { file: string; goes: boolean; why: string }[]; goes: number };
  const files = readdirSync(join(path, 'sessions'), { recursive: true, encoding: 'utf8' });
  assert.is(told.files.length, files.filter((name) => name.endsWith('.fits')).length);
  for (const { why } of told.files) assert.ok(why.length > 0);
  assert.is(told.files.filter(({ why }) => /without a limit/.test(why)).length, unlimited.recorder.status().segments);
  assert.match(told.files.find(({ why }) => why.startsWith('marked'))?.why ?? '', 'a flash');
  assert.ok(told.goes > 5);

  const real = await appulse(['retention', ...words]);
  assert.is(real.code, 0, real.stderr);
  assert.is((real.json as { removed: { segments: number } }).removed.segments, told.goes);
  for (const { file, goes } of told.files) assert.is(existsSync(join(path, file)), !goes, file);
  const { kept } = statesIn(path, folder.indexFile, rolling.session.id);
  assert.ok(kept.includes(15) && kept.includes(16));
  assert.is(statesIn(path, folder.indexFile, unlimited.session.id).kept.length, 10);
  const again = await appulse(['retention', ...words]);
  assert.is((again.json as { removed: { segments: number } }).removed.segments, 0);
});

test('stacks go by their own limit of nights only, and their rows stay', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  await record(1);
  await recorder.close();
  const beside = [
    'FF_XX0001_20260814_000000_123_0000000.fits',
    'FT_XX0001_20260814_000000.bin',
    'FS_XX0001_20260814_000000_123456_0000000_fieldsum.bin',
  ];
  const another = 'FS_XX0001_20260814_000010_123456_0000256_fieldsum.bin';
  for (const name of [...beside, another]) writeFileSync(join(recorder.folder, name), 'x');
  const file = `${recorder.folder.slice(path.length + 1)}/${beside[0]}`;
  const stack = join(path, file);
  writeFileSync(stack, 'stack');
  const description = { number: 1, file, format: 'ff', frames: 1, firstFrame: 1, lastFrame: 1, bytes: 5 } as const;
  const change = {
    kind: 'stack',
    stack: { ...description, startUtcNs: startOf(1), endUtcNs: startOf(2) },
    cameraId: 'camera-1',
  } as const;
  appendToSessionLog(recorder.folder, [change]);
  const index = new IndexDatabase(folder.indexFile);
  index.resume(session.id);
  index.apply([change]);
  index.close();
  folder.close();
  assert.is((await appulse(['retention', '--data', path, '--keep-hours', '1'])).code, 0);
  assert.ok(existsSync(stack));
  const gone = await appulse(['retention', '--data', path, '--keep-stack-nights', '3', '--json']);
  assert.equal((gone.json as { removed: object }).removed, { segments: 0, bytes: 5, stacks: 1 });
  assert.not(existsSync(stack));
  for (const name of beside.slice(1)) assert.not(existsSync(join(recorder.folder, name)), name);
  assert.ok(existsSync(join(recorder.folder, another)), 'what belongs to another FF file stays');
  const reader = new IndexReader(folder.indexFile);
  assert.equal(
    reader.stacks().map(({ bytes }) => bytes),
    [0],
    'the row stays, and says that it is gone',
  );
  reader.close();
  const again = await appulse(['retention', '--dry-run', '--data', path, '--keep-stack-nights', '3', '--json']);
  assert.is((again.json as { goes: number }).goes, 0, 'what is gone does not go again');
  assert.is((await appulse(['verify', '--data', path])).code, 0, 'nor is it damage');
  const before = dumpIndex(folder.indexFile);
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(dumpIndex(folder.indexFile), before, 'the files alone say so too');
});

test('a mark made in a folder at rest is still there when the index was made anew, and still keeps its segment', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const segmentBytes = 10 * frameBytes;
  const { recorder, record, session } = await sampleRecorder(path, { maxBytes: 10_000 * frameBytes, segmentBytes });
  for (let number = 1; number <= 40; number++) await record(number);
  await recorder.close();
  folder.close();
  const words = ['--from', formatUtc(startOf(5), 9), '--to', '+10ms', '--note', 'occultation'];
  assert.is((await appulse(['mark', '--data', path, ...words])).code, 0);
  const before = dumpIndex(folder.indexFile);
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(dumpIndex(folder.indexFile), before);
  assert.is((await appulse(['retention', '--data', path, '--keep-hours', '1'])).code, 0);
  const { kept, expired } = statesIn(path, folder.indexFile, session.id);
  assert.ok(kept.includes(5) && expired.includes(40));
});

test('of sessions that were merged in another order the oldest goes first all the same', async () => {
  const [older, newer, into] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const sessions: string[] = [];
  for (const path of [older, newer]) {
    const folder = await openDataFolder(path);
    const { recorder, record, session } = await sampleRecorder(path, { maxBytes: 10_000 * frameBytes });
    for (let number = 1; number <= 3; number++) await record(number);
    await recorder.close();
    folder.close();
    sessions.push(session.id);
  }
  for (const path of [newer, older]) await mergeFolders([path], into);
  assert.equal(
    retainedIn(join(into, INDEX_FILE)).segments.map(({ sessionId }) => sessionId),
    sessions,
  );
});

test('a mark in a folder at rest names its sessions, and one where nothing was recorded is refused', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  for (let number = 1; number <= 20; number++) await record(number);
  await recorder.close();
  folder.close();
  const from = formatUtc(startOf(5), 9);
  const made = await appulse(['mark', '--data', path, '--from', from, '--to', '+100ms', '--note', 'here', '--json']);
  assert.is(made.code, 0, made.stderr);
  const { marks } = made.json as { marks: { session: string; frames: number; fromUtcNs: string }[] };
  // Frames are exposed for 40 ms every 50 ms.
  assert.equal(
    marks.map(({ session: id, frames, fromUtcNs }) => [id, frames, fromUtcNs]),
    [[session.id, 3, String(startOf(5))]],
  );
  for (const [words, code, text] of [
    [['--from', '-10s', '--to', '+1s'], 1, 'no frame was recorded in that span'],
    [['--from', from, '--to', '2020-01-01T00:00:00'], 2, 'before --from'],
    [['--from', from], 2, 'say which span'],
    [['--from', 'soon', '--to', from], 2, '--from soon: write UTC as'],
    [['--from', from, '--to', '+1s', '--note', 'x'.repeat(1_001)], 2, 'at most 1000'],
    [['--from', from, '--to', '+1s', '--camera-id', 'another'], 1, 'nothing was recorded of a camera'],
  ] as const) {
    const refused = await appulse(['mark', '--data', path, ...words]);
    assert.is(refused.code, code, refused.stderr);
    assert.match(refused.stderr, text);
  }
  const forever = await appulse(['mark', '--data', path, '--from', '0001-01-01', '--to', '9999-12-31', '--json']);
  assert.is((forever.json as { marks: { frames: number }[] }).marks[0]?.frames, 20, forever.stderr);
  const nowhere = join(path, 'nowhere');
  assert.is((await appulse(['mark', '--data', nowhere, '--from', from, '--to', '+1s'])).code, 1);
  assert.not(existsSync(nowhere), 'no folder is made for a mark');
});

test.run();
