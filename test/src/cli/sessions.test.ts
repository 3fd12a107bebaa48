import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { readSessionLog } from '#storage/folder/session-log.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { sampleRecorder, temporaryFolder } from '#test/storage/sample-session.js';
import { appulse } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

/** Data folder `path` with a closed session of three frames and two gaps. */
async function recordInto(path: string): Promise<string> {
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  for (const number of [1, 2, 3]) await record(number);
  const gap = {
    cause: 'network',
    firstBlock: 1n,
    lastBlock: 2n,
    frames: 2,
    fromUtcNs: 1n,
    toUtcNs: 2n,
    detail: '',
  } as const;
  recorder.gap(gap);
  recorder.gap({ ...gap, frames: 5 });
  await recorder.close();
  folder.close();
  return session.id;
}

test('sessions are listed newest first, chosen by time, camera, object and state, and shown', async () => {
  const path = temporaryFolder();
  const first = await recordInto(path);
  const second = await recordInto(path);
  await appulse(['sessions', 'edit', first, '--data', path, '--object', 'Eros']);
  const ids = async (...words: string[]) => {
    const { json } = await appulse(['sessions', '--data', path, '--json', ...words]);
    return (json as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
  };
  assert.equal(await ids(), [second, first]);
  assert.equal(await ids('--object', 'eros', '--camera', 'QHY411', '--state', 'complete'), [first]);
  assert.equal(await ids('--state', 'recording'), []);
  assert.equal(await ids('--to', '2026-08-14'), []);
  const table = await appulse(['sessions', '--data', path]);
  assert.match(table.stdout, new RegExp(`${first}.*QHY411.*Eros.*complete`));
  const csv = await appulse(['sessions', 'list', '--data', path, '--format', 'csv']);
  assert.match(csv.stdout, `${second},complete,2026-08-14T00:00:00.123456700`);
  const shown = await appulse(['sessions', 'show', 'latest', '--data', path]);
  assert.match(shown.stdout, 'gaps          network: 2 gaps, 7 frames known to be missing');
  assert.match(shown.stdout, 'times         3 locked');
  const details = (await appulse(['sessions', 'show', first, '--data', path, '--json'])).json as Record<
    string,
    unknown[]
  >;
  assert.is(details.segments?.length, 1);
  assert.equal([details.stacks, details.marks], [[], []]);
});

test('a session is edited while it is recorded, in the index and in the log that outlives the index', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  await record(1);
  const edited = await appulse([
    'sessions',
    'edit',
    'latest',
    '--data',
    path,
    '--name',
    'Night 3',
    '--site-name',
    'Hill',
    '--notes',
    'cloud\nfrom 21:10',
    '--json',
  ]);
  assert.is(edited.code, 0, edited.stderr);
  await record(2);
  assert.is((await appulse(['sessions', 'edit', session.id, '--data', path, '--name', ''])).code, 0);
  const status = await recorder.close();
  folder.close();
  assert.is(status.framesIndexed, 2);
  const index = new IndexReader(join(path, INDEX_FILE));
  const [row] = index.sessions();
  index.close();
  assert.equal(
    [row?.name, row?.site, row?.notes, row?.observer, row?.state],
    [null, 'Hill', 'cloud\nfrom 21:10', null, 'complete'],
  );
  const edits = readSessionLog(recorder.folder)?.entries.filter(({ kind }) => kind === 'session-edited');
  assert.equal(
    edits?.map((entry) => 'edit' in entry && entry.edit),
    [{ name: 'Night 3', site: 'Hill', notes: 'cloud\nfrom 21:10' }, { name: null }],
  );
});

test('an edit of a session whose folder is gone stays in the index; of none, or of nothing, it is refused', async () => {
  const path = temporaryFolder();
  const id = await recordInto(path);
  rmSync(join(path, 'sessions'), { recursive: true });
  assert.is((await appulse(['sessions', 'edit', id, '--data', path, '--observer', 'A. Nother'])).code, 0);
  const shown = await appulse(['sessions', 'show', '--data', path]);
  assert.match(shown.stdout, 'observer      A. Nother');
  for (const [words, code, said] of [
    [['sessions', 'edit', 'nobody', '--data', path, '--name', 'x'], 2, "no session 'nobody'"],
    [['sessions', 'edit', id, '--data', path], 2, 'nothing to edit'],
    [['sessions', 'show', 'nobody', '--data', path], 2, "no session 'nobody'"],
    [['sessions', '--data', path, '--state', 'asleep'], 2, 'recording, complete, interrupted'],
    [['sessions', '--data', join(path, 'empty')], 1, 'nothing was recorded'],
  ] as const) {
    const ended = await appulse(words);
    assert.is(ended.code, code, words.join(' '));
    assert.match(ended.stderr, said);
  }
});

test.run();
