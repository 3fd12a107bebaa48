import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { mergeFolders } from '#storage/folder/merge.js';
import { readSessionLog } from '#storage/folder/session-log.js';
import type { GapRecord } from '#storage/frame-record.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import type { SessionDescription } from '#storage/session-record.js';
import { appulse } from '#test/support/appulse.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { test } from '#test/support/test.js';
import {
  FIRST_START,
  PERIOD_NS,
  samplePixel,
  sampleRecorder,
  sampleSession,
  temporaryFolder,
} from './sample-session.js';

// A folder that is removed at the end has a listener for that.
process.setMaxListeners(0);

const outage: GapRecord = {
  cause: 'camera-lost',
  firstBlock: null,
  lastBlock: null,
  frames: 3,
  fromUtcNs: 5n,
  toUtcNs: 6n,
  detail: 'away',
};

/** Records frames `first` to `last` of `session` into a data folder, in segments of 10 frames, with a gap and an event. */
async function recordInto(
  path: string,
  session: SessionDescription,
  first: number,
  last: number,
  gaps: readonly GapRecord[] = [outage],
): Promise<void> {
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path, { session, segmentBytes: 250_000 });
  for (let number = first; number <= last; number++) {
    await record(number, number % 7 === 0 ? { missing: [{ offset: 8, length: 16 }], packetsMissing: 1 } : {});
  }
  for (const gap of gaps) recorder.gap(gap);
  recorder.event({ kind: 'host-clock', startUtcNs: 1n, endUtcNs: 2n, data: { synchronised: true } });
  await recorder.close();
  folder.close();
}

/** A session of 25 frames that went on in a second folder from frame 26 to 40. */
async function continued(): Promise<{ a: string; b: string; session: SessionDescription }> {
  const [a, b, session] = [temporaryFolder(), temporaryFolder(), sampleSession()];
  await recordInto(a, session, 1, 25);
  await recordInto(b, session, 26, 40, [outage, { ...outage, cause: 'network', frames: 2 }]);
  return { a, b, session };
}

function withIndexOf<T>(path: string, ask: (index: IndexReader) => T): T {
  const index = new IndexReader(join(path, INDEX_FILE));
  try {
    return ask(index);
  } finally {
    index.close();
  }
}

/** Every row that has a file has its pixels there. */
function checkPixels(path: string): void {
  withIndexOf(path, (index) => {
    for (const frame of index.frames({ state: 'on-disk' }, { limit: 10_000 })) {
      const bytes = readFileSync(join(path, frame.file));
      const at = frame.byteOffset + frame.headerBytes;
      assert.is(bytes.readUInt16BE(at) ^ 0x8000, samplePixel(frame.number, 0), `frame ${frame.number}`);
      assert.is(bytes.readUInt16BE(at + 2000) ^ 0x8000, samplePixel(frame.number, 1000));
    }
  });
}

/** All that an index says, keys and folders aside. */
function contentsOf(path: string) {
  return withIndexOf(path, (index) =>
    index.sessions().map((session) => ({
      session,
      frames: index
        .frames({ sessionId: session.id }, { limit: 10_000 })
        .map(({ key, ...frame }) => ({ ...frame, missing: index.missingRanges(key) })),
      segments: index.segments(session.id),
      gaps: index.gaps({ sessionId: session.id }),
      events: index.events({ sessionId: session.id }).map(({ key: _, ...event }) => event),
      log: readSessionLog(join(path, session.folder)),
    })),
  );
}

test('a session that was continued in a second folder is one again, and the two folders stay as they are', async () => {
  const { a, b, session } = await continued();
  const before = [contentsOf(a), contentsOf(b)];
  const other = sampleSession();
  await recordInto(b, other, 1, 3);
  const into = join(temporaryFolder(), 'one');
  const merged = await mergeFolders([b, a], into);
  assert.is(
    merged.reduce((sum, { frames }) => sum + frames, 0),
    43,
  );
  assert.is(
    merged.reduce((sum, { copied }) => sum + copied, 0),
    0,
    'both folders name the same files',
  );
  withIndexOf(into, (index) => {
    const row = index.sessions().find(({ id }) => id === session.id);
    const { framesRecorded, framesIncomplete, framesLost, state } = row ?? {};
    assert.equal([framesRecorded, framesIncomplete, framesLost, state], [40, 5, 5, 'complete']);
    const frames = index.frames({ sessionId: session.id }, { limit: 100 });
    assert.equal(
      frames.map(({ number }) => number),
      Array.from({ length: 40 }, (_, i) => i + 1),
      'in the order of writing',
    );
    assert.equal(index.missingRanges(frames[34]?.key ?? 0n), [{ offset: 8, length: 16 }]);
    assert.equal(
      index.gaps({ sessionId: session.id }).map(({ cause, frames: n }) => [cause, n]),
      [
        ['camera-lost', 3],
        ['network', 2],
      ],
      'gaps are kept once',
    );
    assert.is(index.events({ sessionId: session.id }).length, 1);
    assert.equal(
      index.segments(session.id).map(({ number }) => number),
      [1, 2, 3, 4, 5],
    );
    assert.is(
      row?.bytes,
      before.flat().reduce((sum, { session: { bytes } }) => sum + bytes, 0),
    );
  });
  const database = new Database(join(into, INDEX_FILE));
  assert.equal(database.pragma('foreign_key_check'), []);
  assert.is(database.pragma('integrity_check', { simple: true }), 'ok');
  database.close();
  checkPixels(into);
  checkPixels(a);
  assert.equal(contentsOf(a), before[0]);
  assert.equal(
    contentsOf(b).filter(({ session: { id } }) => id === session.id),
    before[1],
  );
  const kinds = readSessionLog(join(into, before[0]?.[0]?.session.folder ?? ''))?.entries.map(({ kind }) => kind);
  assert.is(kinds?.filter((kind) => kind === 'segment-closed').length, 5);
  assert.is(kinds?.filter((kind) => kind === 'session').length, 1);
  const opened = readSessionLog(join(into, before[0]?.[0]?.session.folder ?? ''))?.entries.flatMap((entry) =>
    entry.kind === 'segment-opened' ? [entry.number] : [],
  );
  assert.equal(opened, [1, 2, 3, 4, 5], 'segments have the numbers in the log that they have in the index');
});

test('merged again, nothing is added; what came meanwhile is', async () => {
  const { a, b, session } = await continued();
  const into = temporaryFolder();
  await mergeFolders([a], into);
  await mergeFolders([a, b], into);
  const once = contentsOf(into);
  const again = await mergeFolders([b, a], into);
  assert.is(
    again.reduce((sum, { frames, linked, copied }) => sum + frames + linked + copied, 0),
    0,
  );
  assert.equal(contentsOf(into), once);
  assert.is(once[0]?.session.framesRecorded, 40);
  // Into one that is a part itself.
  await mergeFolders([b], a);
  assert.equal(
    contentsOf(a).map(({ frames }) => frames.length),
    [40],
  );
  assert.is(
    withIndexOf(a, (index) => index.sessions()[0]?.framesLost),
    5,
  );
  assert.is(session.id, once[0]?.session.id);
});

test('a merge that was stopped, or that broke off between files and rows, goes on', async () => {
  const { a, b } = await continued();
  const into = temporaryFolder();
  const stop = new AbortController();
  const stopped = await mergeFolders([a, b], into, { signal: stop.signal, onProgress: () => stop.abort() }).catch(
    (error) => error,
  );
  assert.is(stopped.code, 'storage.merge-stopped');
  assert.is(contentsOf(into)[0]?.frames.length, 25);
  // Files of the second part are there, one half copied, and no rows.
  const [folder = ''] = readdirSync(join(b, 'sessions'));
  const [file = ''] = readdirSync(join(b, 'sessions', folder)).filter((name) => name.endsWith('.fits'));
  writeFileSync(join(into, 'sessions', folder, file), readFileSync(join(b, 'sessions', folder, file)));
  writeFileSync(join(into, 'sessions', folder, 'x.fits.merging'), 'half');
  await mergeFolders([a, b], into);
  assert.is(contentsOf(into)[0]?.frames.length, 40);
  checkPixels(into);
});

test('another file of the same name is not overwritten, and nothing is made of that session', async () => {
  const { a, b } = await continued();
  const into = temporaryFolder();
  await mergeFolders([a], into);
  const [folder = ''] = readdirSync(join(b, 'sessions'));
  const [file = ''] = readdirSync(join(b, 'sessions', folder)).filter((name) => name.endsWith('.fits'));
  writeFileSync(join(into, 'sessions', folder, file), 'mine');
  const before = contentsOf(into);
  const ended = await appulse(['merge', b, '--into', into, '--json']);
  assert.is(ended.code, 1);
  assert.is((ended.json as { error: { code: string } }).error.code, 'storage.merge-conflict');
  assert.match(ended.stderr, file);
  assert.is(readFileSync(join(into, 'sessions', folder, file), 'utf8'), 'mine');
  assert.equal(contentsOf(into), before);
});

diskTest(
  test,
  'across file systems files are copied and compared; a full disk is said, and merging again goes on',
  async () => {
    const { a, b } = await continued();
    await onSmallDisk('3m', async (disk) => {
      const into = join(disk, 'night');
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(2_300_000));
      const full = await mergeFolders([a, b], into).catch((error) => error);
      assert.is(full.code, 'storage.disk-full', full.message);
      rmSync(join(disk, 'ballast'));
      const ended = await appulse(['merge', a, b, '--into', into]);
      assert.is(ended.code, 0, ended.stderr);
      assert.is(contentsOf(into)[0]?.frames.length, 40);
      checkPixels(into);
      const [folder = ''] = readdirSync(join(into, 'sessions'));
      assert.is(readdirSync(join(into, 'sessions', folder)).filter((name) => name.endsWith('.merging')).length, 0);
      appendFileSync(join(into, 'sessions', folder, 'note.txt'), 'mine stays');
    });
  },
);

test('what a crash left is set right first, and files that may be written again are copied', async () => {
  const { a } = await continued();
  const database = new Database(join(a, INDEX_FILE));
  const file = database.prepare('SELECT file FROM segments WHERE number = 3').pluck().get() as string;
  database.exec("UPDATE segments SET state = 'open' WHERE number = 3; UPDATE sessions SET state = 'recording'");
  database.close();
  renameSync(join(a, file), `${join(a, file)}.part`);
  const list = join(dirname(file), 'list.frames');
  writeFileSync(join(a, list), '');
  const into = temporaryFolder();
  await mergeFolders([a], into);
  assert.is(contentsOf(into)[0]?.frames.length, 25);
  checkPixels(into);
  checkPixels(a);
  assert.is.not(statSync(join(into, list)).ino, statSync(join(a, list)).ino);
});

test('a data folder can be moved: rows find their pixels where it is now', async () => {
  const { a } = await continued();
  const moved = join(temporaryFolder(), 'deep', 'er');
  (await openDataFolder(join(moved, '..'))).close();
  renameSync(a, moved);
  assert.not(existsSync(a));
  checkPixels(moved);
  const listed = await appulse(['frames', '--data', moved, '--json', '--limit', '1', '--newest-first']);
  const [frame] = (listed.json as { frames: { file: string; startUtcNs: string }[] }).frames;
  assert.ok(existsSync(join(moved, frame?.file ?? '')));
  assert.is(frame?.startUtcNs, String(FIRST_START + 24n * PERIOD_NS));
});

test('folders that are in use, the same, or no data folders are not merged', async () => {
  const { a, b } = await continued();
  const held = await openDataFolder(b);
  const cases: [string[], number, string][] = [
    [['merge', a, b, '--into', temporaryFolder()], 1, 'is in use by process'],
    [['merge', a, '--into', a], 1, 'named twice'],
    [['merge', a, `${a}/.`, '--into', temporaryFolder()], 1, 'named twice'],
    [['merge', temporaryFolder(), '--into', temporaryFolder()], 1, 'there is no index'],
    [['merge', a], 2, '--into'],
  ];
  for (const [words, code, said] of cases) {
    const ended = await appulse(words);
    assert.is(ended.code, code, words.join(' '));
    assert.match(ended.stderr, said);
  }
  held.close();
});

test.run();
