import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { appendToSessionLog, readSessionLog, SESSION_LOG, SessionLog } from '#storage/folder/session-log.js';
import type { GapRecord } from '#storage/frame-record.js';
import { JOURNAL_FILE, readJournal } from '#storage/segments/frame-journal.js';
import { test } from '#test/support/test.js';
import { CAMERA, FIRST_START, sampleRecorder, temporaryFolder, until } from './sample-session.js';

const GAP: GapRecord = {
  cause: 'network',
  firstBlock: 2n ** 63n,
  lastBlock: 2n ** 63n + 4n,
  frames: 5,
  fromUtcNs: FIRST_START,
  toUtcNs: null,
  detail: 'lost',
};

test('the log holds all that the index is told and no header has, in order and without loss', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session } = await sampleRecorder(folder.path, { segmentBytes: 60_000 });
  const event = {
    kind: 'clock-state',
    startUtcNs: FIRST_START,
    endUtcNs: FIRST_START + 1n,
    data: { state: 'locked' },
  } as const;
  recorder.event(event);
  const ranges = Array.from({ length: 40 }, (_, i) => ({ offset: 1000 * i, length: 10 }));
  await record(1, { missing: ranges });
  await record(2, { missing: ranges.slice(0, 2) });
  recorder.gap(GAP);
  await recorder.close();
  const log = readSessionLog(recorder.folder);
  assert.is(log?.damaged, 0);
  const of = (kind: string) => log?.entries.filter((entry) => entry.kind === kind) ?? [];
  assert.equal(log?.entries[0], {
    kind: 'session',
    session,
    folder: recorder.folder.slice(folder.path.length + 1),
    maxBytes: null,
  });
  assert.equal(of('event'), [{ kind: 'event', event, cameraId: CAMERA.id }]);
  assert.equal(of('gap'), [{ kind: 'gap', gap: GAP, cameraId: CAMERA.id }]);
  assert.equal(of('missing-ranges'), [{ kind: 'missing-ranges', frameNumber: 1, ranges }]);
  assert.is(of('segment-opened').length, 1);
  assert.is(of('segment-closed').length, 1);
  assert.is(of('frame').length, 0);
  assert.is(log?.entries.at(-1)?.kind, 'session-ended');
  folder.close();
});

test('a line that was cut short or damaged costs that line only', () => {
  const folder = temporaryFolder();
  const file = join(folder, SESSION_LOG);
  assert.is(readSessionLog(folder), null);
  const gap = { kind: 'gap', gap: GAP, cameraId: null } as const;
  appendToSessionLog(folder, [gap, gap]);
  truncateSync(file, readFileSync(file).byteLength - 20);
  appendToSessionLog(folder, [{ kind: 'session-ended', endedUtcNs: 5n }]);
  appendFileSync(file, `{"kind":"of a later program"}\n{"kind":"gap"}\n"text"\nnull\n[1\n${'\0'.repeat(100)}`);
  appendToSessionLog(folder, [{ kind: 'segment-durable', number: 1, durableBytes: 4 }]);
  appendToSessionLog(folder, [gap]);
  assert.equal(readSessionLog(folder)?.entries, [gap, { kind: 'session-ended', endedUtcNs: 5n }, gap]);
  assert.is(readSessionLog(folder)?.damaged, 6);
});

test('a log that cannot be written is told once, keeps its lines, and writes them when it can', async () => {
  const folder = join(temporaryFolder(), 'session');
  writeFileSync(folder, 'a file where the folder should be');
  const warnings: string[] = [];
  const log = new SessionLog(folder, (message) => warnings.push(message));
  log.append([{ kind: 'gap', gap: GAP, cameraId: null }]);
  log.append([{ kind: 'session-ended', endedUtcNs: 1n }]);
  assert.is(warnings.length, 1);
  rmSync(folder);
  mkdirSync(folder);
  await log.close();
  assert.is(warnings.length, 2);
  assert.is(readSessionLog(folder)?.entries.length, 2);
});

test('a log that is removed while recording is begun again with whose it is', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session } = await sampleRecorder(folder.path);
  await record(1);
  const file = join(recorder.folder, SESSION_LOG);
  await until(() => readSessionLog(recorder.folder)?.entries.length === 2, 10);
  rmSync(file);
  await until(() => readSessionLog(recorder.folder)?.entries.length === 1, 10);
  await recorder.close();
  const log = readSessionLog(recorder.folder);
  const [first] = log?.entries ?? [];
  assert.ok(first?.kind === 'session' && first.session.id === session.id);
  assert.is(log?.entries.at(-1)?.kind, 'session-ended');
  folder.close();
});

test('a folder where a log or a journal should be is told, with what to do', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, SESSION_LOG));
  mkdirSync(join(folder, JOURNAL_FILE));
  const told = /is a folder, and the (log|journal) of a session should be there: move it away/;
  assert.throws(() => readSessionLog(folder), told);
  assert.throws(() => readJournal(folder, CAMERA.id), told);
});

test.run();
