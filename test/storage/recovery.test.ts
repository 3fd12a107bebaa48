import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { recoveryLines } from '#storage/folder/recovery-report.js';
import { SESSION_LOG } from '#storage/folder/session-log.js';
import { IndexReader } from '#storage/index/queries.js';
import { FrameJournal, JOURNAL_FILE } from '#storage/segments/frame-journal.js';
import { test } from '#test/support/test.js';
import { dumpIndex } from './index-dump.js';
import {
  FIRST_START,
  hduBytes,
  PERIOD_NS,
  type SampleRecorder,
  sampleRecorder,
  temporaryFolder,
  until,
} from './sample-session.js';

const totalBytes = hduBytes(64, 48);

interface Crashed {
  readonly path: string;
  readonly session: string;
  /** The session's folder, absolute. */
  readonly folder: string;
}

/** A data folder as a crash leaves it, after `work` on a session with `frames` indexed frames. */
async function crashed(
  frames: number,
  work: (sample: SampleRecorder) => Promise<void> | void = () => {},
): Promise<Crashed> {
  const live = temporaryFolder();
  const path = join(temporaryFolder(), 'crashed');
  const opened = await openDataFolder(live);
  const sample = await sampleRecorder(live, { segmentBytes: 6 * totalBytes });
  const { recorder, record, session } = sample;
  for (let number = 1; number <= frames; number++) await record(number);
  await work(sample);
  await until(() => recorder.status().framesIndexed === frames);
  // The last rows that are no frames, and the names of closed segments.
  await new Promise((done) => setTimeout(done, 300));
  cpSync(live, path, { recursive: true });
  rmSync(join(path, 'appulse.lock'));
  await recorder.close();
  opened.close();
  const [name = ''] = readdirSync(join(path, 'sessions'));
  return { path, session: session.id, folder: join(path, 'sessions', name) };
}

const journalFrame = (number: number, block = 65_000 + number) => {
  const startUtcNs = FIRST_START + BigInt(number - 1) * PERIOD_NS;
  return { number, blockId: BigInt(block), startUtcNs, endUtcNs: startUtcNs + 40_000_000n };
};

async function withIndex<T>(path: string, work: (index: IndexReader) => T): Promise<T> {
  const index = new IndexReader(join(path, 'appulse.sqlite'));
  try {
    return work(index);
  } finally {
    index.close();
  }
}

test('frames that were in hand are gap rows of cause crash, and nothing is told twice', async () => {
  const { path, session, folder } = await crashed(8, ({ recorder }) => {
    recorder.gap({
      cause: 'disk',
      firstBlock: 65_010n,
      lastBlock: 65_010n,
      frames: 1,
      fromUtcNs: null,
      toUtcNs: null,
      detail: 'slow',
    });
  });
  const journal = new FrameJournal(folder, session);
  for (let number = 1; number <= 9; number++) journal.frame(journalFrame(number));
  journal.frame(journalFrame(10));
  journal.frame(journalFrame(11));
  journal.frame(journalFrame(12));
  journal.frame(journalFrame(13, 65_014));
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.is(recovery.sessions[0]?.framesInFlight, 4);
  await withIndex(path, (index) => {
    const gaps = index.gaps().filter(({ cause }) => cause === 'crash');
    assert.equal(
      gaps.map(({ firstBlock, lastBlock, frames }) => [firstBlock, lastBlock, frames]),
      [
        [65_009n, 65_009n, 1],
        [65_011n, 65_012n, 2],
        [65_014n, 65_014n, 1],
      ],
    );
    assert.is(gaps[1]?.fromUtcNs, journalFrame(11).startUtcNs);
    assert.is(gaps[1]?.toUtcNs, journalFrame(12).endUtcNs);
    assert.is(gaps[1]?.cameraId, 'camera-1');
    assert.is(index.sessions()[0]?.framesDestroyed, 4);
    assert.is(index.sessions()[0]?.state, 'interrupted');
  });
  assert.not(existsSync(join(folder, JOURNAL_FILE)));
  const dump = dumpIndex(join(path, 'appulse.sqlite'));
  assert.equal((await recoverDataFolder(path, { rebuild: false })).sessions, []);
  assert.equal(dumpIndex(join(path, 'appulse.sqlite')), dump);
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(dumpIndex(join(path, 'appulse.sqlite')), dump);
});

test('gaps that had been found and had no row yet get one, those that had do not', async () => {
  const { path, session, folder } = await crashed(8, ({ recorder }) => {
    const gap = { fromUtcNs: null, toUtcNs: null, detail: 'lost' };
    recorder.gap({ cause: 'network', firstBlock: 64_990n, lastBlock: 64_995n, frames: 6, ...gap });
    recorder.gap({ cause: 'camera-lost', firstBlock: null, lastBlock: null, frames: 0, ...gap });
  });
  const journal = new FrameJournal(folder, session);
  journal.gap({ cause: 'network', blockId: 64_990n, frames: 2 });
  journal.gap({ cause: 'network', blockId: 64_992n, frames: 4 });
  journal.gap({ cause: 'ring-full', blockId: 64_996n, frames: 1 });
  journal.gap({ cause: 'camera-lost', blockId: null, frames: 0 });
  journal.frame(journalFrame(8));
  journal.gap({ cause: 'network', blockId: 65_009n, frames: 3 });
  journal.gap({ cause: 'camera-lost', blockId: null, frames: 0 });
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.is(recovery.sessions[0]?.gapsRestored, 3);
  assert.is(recovery.sessions[0]?.framesInFlight, 0);
  await withIndex(path, (index) => {
    const gaps = index.gaps().map(({ cause, firstBlock, frames }) => `${cause} ${firstBlock} ${frames}`);
    assert.equal(gaps.sort(), [
      'camera-lost null 0',
      'camera-lost null 0',
      'network 64990 6',
      'network 65009 3',
      'ring-full 64996 1',
    ]);
    assert.is(index.sessions()[0]?.framesLost, 10);
  });
});

test('a camera that counts its blocks from the start again is told apart by frame numbers and times', async () => {
  const { path, session, folder } = await crashed(6, ({ recorder }) => {
    const { startUtcNs, endUtcNs } = journalFrame(7);
    recorder.gap({
      cause: 'worker',
      firstBlock: 65_001n,
      lastBlock: 65_001n,
      frames: 1,
      fromUtcNs: startUtcNs,
      toUtcNs: endUtcNs,
      detail: 'broken',
    });
  });
  const journal = new FrameJournal(folder, session);
  for (let number = 1; number <= 6; number++) journal.frame(journalFrame(number));
  journal.frame(journalFrame(7, 65_001));
  journal.frame(journalFrame(8, 65_002));
  journal.frame(journalFrame(40, 65_001));
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.is(recovery.sessions[0]?.framesInFlight, 2);
});

test('a session of which the index never heard is put together from its folder at the next start', async () => {
  const { path, session } = await crashed(9, ({ recorder }) => {
    recorder.event({ kind: 'clock-state', startUtcNs: 1n, endUtcNs: 2n, data: { state: 'locked' } });
  });
  const indexFile = join(path, 'appulse.sqlite');
  for (const part of ['', '-wal', '-shm']) rmSync(indexFile + part, { force: true });
  const folder = await openDataFolder(path);
  assert.equal(folder.recovery.interruptedSessions, [session]);
  assert.is(folder.recovery.sessions[0]?.framesIndexed, 9);
  assert.is(folder.recovery.framesMissing, 0);
  await withIndex(path, (index) => {
    assert.is(index.countFrames({ state: 'on-disk' }), 9);
    assert.is(index.events({}).length, 1);
  });
  folder.close();
});

test('frames whose rows a power cut took from the index, and a segment that nothing tells of, are taken in', async () => {
  const { path, folder } = await crashed(9);
  // A log from before the open segment began, and an index from before the session.
  const log = readFileSync(join(folder, SESSION_LOG), 'utf8').split('\n');
  const first = log.filter(
    (line) => !line.includes('segment-') || line.includes('000001.fits') || line.includes('"number":1'),
  );
  writeFileSync(join(folder, SESSION_LOG), first.join('\n'));
  for (const part of ['', '-wal', '-shm']) rmSync(join(path, `appulse.sqlite${part}`), { force: true });
  (await openDataFolder(path)).close();
  await withIndex(path, (index) => {
    assert.equal(
      index.frames().map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.is(index.segments(index.sessions()[0]?.id ?? '').filter(({ state }) => state === 'closed').length, 2);
  });
  assert.not(readdirSync(folder).some((name) => name.endsWith('.part')));
});

test('a log of nonsense stops no start', async () => {
  const { path, folder } = await crashed(9);
  const part = readdirSync(folder).find((name) => name.endsWith('.part')) ?? '';
  writeFileSync(
    join(folder, SESSION_LOG),
    `${'{"kind":"segment-opened","number":"x"}\n'.repeat(3)}{"kind":"session","session":5}\n`,
  );
  const opened = await openDataFolder(path);
  assert.is(opened.recovery.framesMissing, 0);
  opened.close();
  assert.not(existsSync(join(folder, part)));
});

test('a closed segment that was cut short is set right by recover, and what is left of the torn frame is kept', async () => {
  const path = temporaryFolder();
  const opened = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  for (let number = 1; number <= 5; number++) await record(number);
  await recorder.close();
  opened.close();
  const name = readdirSync(recorder.folder).find((each) => each.endsWith('.fits')) ?? '';
  const file = join(recorder.folder, name);
  const whole = readFileSync(file);
  const kept = whole.byteLength - 2 * totalBytes;
  truncateSync(file, kept + 1000);
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.is(recovery.framesMissing, 2);
  const [torn] = recovery.sessions[0]?.torn ?? [];
  assert.is(torn?.offset, kept);
  assert.ok(readFileSync(join(path, torn?.file ?? '')).equals(whole.subarray(kept, kept + 1000)));
  assert.ok(readFileSync(file).equals(whole.subarray(0, kept)));
  assert.match(recoveryLines(recovery).join('\n'), '2 frames are missing or damaged');
});

test('a frame that was damaged in the midst of a file costs itself only', async () => {
  const { path, folder } = await crashed(9);
  const name = readdirSync(folder).find((each) => each.includes('000001')) ?? '';
  const bytes = readFileSync(join(folder, name));
  for (const at of [2880 + totalBytes + 100, 2880 + 3 * totalBytes - 1000]) bytes[at] = 0xff ^ (bytes[at] as number);
  // The last one too: it is what recover looks at first.
  bytes.fill(0x55, bytes.byteLength - 3000);
  writeFileSync(join(folder, name), bytes);
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.is(recovery.framesMissing, 3);
  await withIndex(path, (index) => {
    const missing = index.frames({ state: 'missing' }).map(({ number }) => number);
    assert.equal(missing, [2, 3, 5]);
    assert.equal(
      index.gaps().map(({ firstBlock, lastBlock }) => [firstBlock, lastBlock]),
      [
        [65_002n, 65_003n],
        [65_005n, 65_005n],
      ],
    );
  });
});

test('a segment that someone moved away is missing, and the file that nobody knows is named', async () => {
  const { path, folder } = await crashed(9);
  const part = readdirSync(folder).find((name) => name.endsWith('.part')) ?? '';
  renameSync(join(folder, part), join(folder, 'aside'));
  (await openDataFolder(path)).close();
  await withIndex(path, (index) => assert.ok(index.countFrames({ state: 'missing' }) > 0));
  const recovery = await recoverDataFolder(path, { rebuild: false });
  assert.equal(recovery.strangers, [`${folder.slice(path.length + 1)}/aside`]);
});

test.run();
