import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { type SelectionOptions, selectionOf } from '#src/archive/selection.js';
import { UsageError } from '#src/config/usage-error.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import {
  FIRST_START,
  PERIOD_NS,
  sampleRecord,
  sampleRecorder,
  tellSampleGaps,
  temporaryFolder,
} from '#test/storage/sample-session.js';
import { appulse } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

/** A data folder with a session of `frames` frames, each changed by `changes`, and two gaps. */
async function recorded(
  frames: number,
  changes: (number: number) => Partial<FrameRecord> = () => ({}),
): Promise<{ path: string; session: string }> {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path);
  for (let number = 1; number <= frames; number++) await record(number, changes(number));
  tellSampleGaps(recorder);
  await recorder.close();
  folder.close();
  return { path, session: session.id };
}

interface Listed {
  readonly total: number;
  readonly frames: readonly (Record<string, unknown> & { readonly number: number; readonly startUtcNs: string })[];
  readonly gaps: readonly Record<string, unknown>[];
}

/** What the options, as commander hands them over, choose of a folder's frames. */
function chosen(path: string, options: SelectionOptions, newestFirst = false): number[] {
  const index = new IndexReader(join(path, INDEX_FILE));
  try {
    const filter = selectionOf(index, options);
    const numbers = index.frames(filter, { newestFirst }).map(({ number }) => number);
    assert.equal(
      [...index.iterateFrames(filter, { newestFirst })].map(({ number }) => number),
      numbers,
    );
    assert.is(index.countFrames(filter), numbers.length);
    return numbers;
  } finally {
    index.close();
  }
}

const byMean = (number: number): Partial<FrameRecord> => ({
  statistics: {
    min: 0,
    max: 100 * number,
    mean: number + 0.5,
    stddev: 1,
    median: null,
    saturated: number === 7 ? 3 : 0,
  },
  frameType: number > 8 ? 'dark' : 'light',
  filter: number === 2 ? "R'" : null,
  sensorTemperatureC: number > 8 ? -10.5 : null,
});

test('frames are chosen by statistics, number, time, type, filter and flag', async () => {
  const { path } = await recorded(10, byMean);
  assert.equal(chosen(path, { mean: '>=4.5,<6.5' }), [4, 5]);
  assert.equal(chosen(path, { mean: '4.5..6.5' }), [4, 5, 6]);
  assert.equal(chosen(path, { saturated: '>0' }), [7]);
  assert.equal(chosen(path, { max: '300' }), [3]);
  assert.equal(chosen(path, { median: '>=0' }), [], 'what a frame has not it is not chosen by');
  assert.equal(chosen(path, { frames: '3..5' }, true), [5, 4, 3]);
  assert.equal(chosen(path, { frames: '9..' }), [9, 10]);
  assert.equal(chosen(path, { type: 'dark', temperature: '<-10' }), [9, 10]);
  assert.equal(chosen(path, { type: 'dark', grade: 'coarse' }), []);
  assert.equal(chosen(path, { filter: "R'" }), [2]);
  assert.equal(chosen(path, { flag: ['host-unsynchronised'], frames: '1' }), [1]);
  assert.equal(chosen(path, { flag: ['gps-stale'] }), []);
  assert.equal(chosen(path, { camera: 'QHY411', from: '2026-08-14T00:00:00.2', to: '100ms' }), [3, 4]);
  assert.equal(chosen(path, { session: 'all', to: '2026-08-14T00:00:00.2' }, true), [2, 1]);
  const words = ['--mean', '4.5..6.5', '--frames', '..5', '--temperature', '-11..-10', '--type', 'dark'];
  const { json } = await appulse(['frames', '--data', path, '--json', ...words.slice(0, 4), '--newest-first']);
  assert.equal(
    (json as Listed).frames.map(({ number }) => number),
    [5, 4],
  );
  const darks = await appulse(['frames', '--data', path, '--session', 'all', ...words.slice(4), '--limit', '1']);
  assert.match(darks.stdout, '1 of 2 frames; --limit shows more');
});

test('instants that no index holds mean all that it does hold', async () => {
  const { path } = await recorded(3);
  assert.equal(chosen(path, { from: '0001-01-01', to: '9999-12-31' }), [1, 2, 3]);
  assert.equal(chosen(path, { from: '9998-01-01' }), []);
  assert.equal(chosen(path, { from: '2262-01-01', to: '99999999h' }), []);
});

test('CSV and NDJSON list every frame with all digits of its nanoseconds', async () => {
  // 2^53 + 1 ns: what a double cannot hold.
  const start = 9_007_199_254_740_993n;
  const { path, session } = await recorded(3, (number) => {
    const { time } = sampleRecord(number, '');
    return number === 2
      ? {
          time: { ...time, startUtcNs: start, midUtcNs: start + 1n, endUtcNs: start + 2n, exposureNs: 2n },
          filter: 'a "b", c',
        }
      : {};
  });
  const csv = await appulse(['frames', '--data', path, '--format', 'csv']);
  const [head = '', , second = '', ...rest] = csv.stdout.trimEnd().split('\n');
  assert.is(rest.length, 1);
  const at = (name: string) => second.split(',')[head.split(',').indexOf(name)];
  assert.equal(
    [at('session'), at('start_utc'), at('start_utc_ns'), at('end_utc_ns'), at('exposure_ns')],
    [session, '1970-04-15T05:59:59.254740993', '9007199254740993', '9007199254740995', '2'],
  );
  assert.match(second, ',"a ""b"", c",');
  const ndjson = await appulse(['frames', '--data', path, '--format', 'ndjson', '--newest-first', '--limit', '2']);
  const lines = ndjson.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(
    lines.map(({ number }) => number),
    [3, 2],
  );
  assert.is(lines[1]?.startUtcNs, String(start));
  const { json } = await appulse(['frames', '--data', path, '--json']);
  assert.is((json as Listed).frames[1]?.startUtcNs, String(start));
});

test('gaps alone are listed with their time and cause, those without a time in every span', async () => {
  const { path } = await recorded(1);
  const table = await appulse(['frames', '--data', path, '--gaps']);
  assert.match(table.stdout, 'gap: network, 2 frames, blocks 9223372036854775809 to 9223372036854775810');
  assert.match(table.stdout, 'gaps: 2, frames known to be missing: 2');
  const later = await appulse(['frames', '--data', path, '--gaps', '--json', '--from', '2026-08-15']);
  assert.equal(
    (later.json as Listed).gaps.map(({ cause }) => cause),
    ['camera-lost'],
  );
  const csv = await appulse(['frames', '--data', path, '--gaps', '--format', 'csv']);
  assert.match(csv.stdout, `,9223372036854775809,9223372036854775810,2026-08-14T00:00:00.123456700,`);
  assert.match(csv.stdout, '"packets, ""lost"""');
});

test('a reader that goes over many pages meets every frame once, in both orders, with and without a range', async () => {
  const { path } = await recorded(2500);
  const index = new IndexReader(join(path, INDEX_FILE));
  const numbers = (filter: FrameFilter, newestFirst = false) =>
    [...index.iterateFrames(filter, { newestFirst })].map(({ number }) => number);
  const all = Array.from({ length: 2500 }, (_, i) => i + 1);
  assert.equal(numbers({}), all);
  assert.equal(numbers({}, true), all.toReversed());
  const range = { fromUtcNs: FIRST_START + PERIOD_NS, toUtcNs: FIRST_START + 2100n * PERIOD_NS };
  assert.equal(numbers(range), all.slice(1, 2100));
  assert.equal(numbers({ ...range, lastFrame: 1999 }, true), all.slice(1, 1999).toReversed());
  assert.equal(numbers({ fromUtcNs: FIRST_START + 2499n * PERIOD_NS }), [2500]);
  assert.equal(numbers({ sessionId: 'nobody' }), []);
  index.close();
  const { stdout } = await appulse(['frames', '--data', path, '--format', 'csv']);
  assert.is(stdout.trimEnd().split('\n').length, 2501);
});

test('wrong usage is said in words, with code 2', async () => {
  const { path } = await recorded(1);
  const cases: [SelectionOptions, RegExp][] = [
    [{ session: 'nobody' }, /no session 'nobody'/],
    [{ session: '' }, /no session ''/],
    [{ camera: 'nobody' }, /no camera 'nobody'/],
    [{ mean: '>=many' }, /--mean >=many: write bounds as/],
    [{ mean: '5..1' }, /--mean 5\.\.1/],
    [{ mean: '..' }, /--mean \.\./],
    [{ mean: '' }, /--mean : write bounds/],
    [{ frames: '20..10' }, /--frames 20\.\.10/],
    [{ frames: '0' }, /--frames 0/],
    [{ frames: '..' }, /--frames \.\./],
    [{ flag: ['no-such-flag'] }, /--flag no-such-flag: one of gps-header-missing/],
    [{ grade: 'perfect' }, /--grade perfect: one of locked/],
    [{ type: 'sky' }, /--type sky: one of light, dark, bias, flat/],
    [{ from: 'yesterday' }, /--from yesterday/],
    [{ from: '2026-08-15', to: '2026-08-14' }, /is not after/],
    [{ from: '2026-08-15', to: '5parsecs' }, /not a duration/],
  ];
  for (const [options, said] of cases) {
    assert.throws(
      () => chosen(path, options),
      (error: Error) => error instanceof UsageError && said.test(error.message),
      JSON.stringify(options),
    );
  }
  for (const words of [
    ['--limit', '1e3'],
    ['--format', 'xml'],
    ['--mean', '>=many'],
  ]) {
    assert.is((await appulse(['frames', '--data', path, ...words])).code, 2, words.join(' '));
  }
});

test('what is no index, or one changed by hand, is told by name and row', async () => {
  const { path } = await recorded(3);
  const file = join(path, INDEX_FILE);
  const edit = (sql: string) => {
    const database = new Database(file);
    database.exec(sql);
    database.close();
  };
  edit("UPDATE frames SET start_utc_ns = 'noon' WHERE key = 2");
  const byHand = await appulse(['frames', '--data', path, '--json']);
  assert.is(byHand.code, 1);
  assert.match(byHand.stderr, 'frame 2 in the index was changed by hand: start_utc_ns holds "noon"');
  assert.is((byHand.json as { error: { code: string } }).error.code, 'storage.index-row');
  edit(
    "UPDATE frames SET start_utc_ns = 1.5 WHERE key = 2; UPDATE frames SET grade = char(27) || '[31mred' WHERE key = 1",
  );
  assert.match((await appulse(['frames', '--data', path])).stderr, 'start_utc_ns holds 1.5');
  edit('UPDATE frames SET start_utc_ns = 1 WHERE key = 2; UPDATE frames SET exposure_ns = NULL WHERE 0');
  const steered = await appulse(['frames', '--data', path]);
  assert.not.match(steered.stdout, '\u001b');
  edit('PRAGMA user_version = 99');
  assert.match((await appulse(['frames', '--data', path])).stderr, 'version 99');

  const foreign = temporaryFolder();
  const database = new Database(join(foreign, INDEX_FILE));
  database.exec('CREATE TABLE frames (a)');
  database.close();
  assert.match((await appulse(['frames', '--data', foreign])).stderr, 'version 0');
  writeFileSync(join(temporaryFolder(), INDEX_FILE), '');
  const none = temporaryFolder();
  writeFileSync(join(none, INDEX_FILE), 'not a database at all, but some bytes of text '.repeat(50));
  for (const command of ['frames', 'recover']) {
    assert.match((await appulse([command, '--data', none])).stderr, "'appulse recover --rebuild' makes it anew");
  }
  const damaged = temporaryFolder();
  const folder = await openDataFolder(damaged);
  const { recorder, record } = await sampleRecorder(damaged);
  for (let number = 1; number <= 200; number++) await record(number);
  await recorder.close();
  folder.close();
  const bytes = readFileSync(folder.indexFile);
  // Behind the pages that say which tables there are.
  bytes.fill(0xa5, Math.floor(bytes.length * 0.4));
  writeFileSync(folder.indexFile, bytes);
  const all = await appulse(['frames', '--data', damaged, '--format', 'csv', '--session', 'all']);
  assert.is(all.code, 1);
  assert.match(all.stderr, "the index is damaged (database disk image is malformed): 'appulse recover --rebuild'");
  const lost = temporaryFolder();
  mkdirSync(join(lost, 'sessions'));
  assert.match((await appulse(['frames', '--data', lost])).stderr, "'appulse recover --rebuild' makes it anew");
  chmodSync(none, 0o500);
  assert.is((await appulse(['frames', '--data', none])).code, 1);
  chmodSync(none, 0o700);
});

test.run();
