import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';
import { documentedQuestions } from './index-questions.js';
import { FIRST_START, sampleRecord, sampleRecorder, temporaryFolder } from './sample-session.js';

const page = readFileSync('docs/index.md', 'utf8');
const questions = documentedQuestions();

/** An index in which each of the page's questions finds something. */
async function sampleIndex(): Promise<string> {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  for (let number = 1; number <= 30; number++) {
    const { time } = sampleRecord(number, '');
    await record(number, {
      ...(number > 25 && { frameType: 'dark', sensorTemperatureC: -10 }),
      ...(number === 9 && {
        time: { ...time, grade: 'untrusted', uncertaintyNs: 1_000_000_000n, flags: ['gps-stale'] },
      }),
    });
  }
  recorder.gap({
    cause: 'network',
    firstBlock: 1n,
    lastBlock: 2n,
    frames: 2,
    fromUtcNs: FIRST_START,
    toUtcNs: FIRST_START + 1n,
    detail: '',
  });
  await recorder.close();
  folder.close();
  return join(path, INDEX_FILE);
}

test('the page asks ten questions', () => {
  assert.is(questions.length, 10);
  assert.is(new Set(questions.map(({ title }) => title)).size, 10);
});

peerTest(
  test,
  ['sqlite3'],
  'each question of the page finds the same rows through sqlite3 alone and through the binding',
  async () => {
    const file = await sampleIndex();
    const database = new Database(file, { readonly: true });
    database.defaultSafeIntegers(true);
    for (const { title, sql } of questions) {
      const rows = database.prepare(sql).raw().all() as unknown[][];
      assert.ok(rows.length > 0, `${title}: nothing was found`);
      const alone = spawnSync('sqlite3', ['-readonly', '-separator', '\u001f', file], { input: sql, encoding: 'utf8' });
      assert.is(alone.stderr, '', title);
      // The two print doubles differently.
      const same = (theirs: string | undefined, ours: unknown): boolean =>
        typeof ours === 'number'
          ? Math.abs(Number(theirs) - ours) < 1e-9
          : theirs === (ours === null ? '' : String(ours));
      const lines = alone.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\u001f'));
      assert.is(lines.length, rows.length, title);
      for (const [i, row] of rows.entries())
        for (const [j, value] of row.entries())
          assert.ok(same(lines[i]?.[j], value), `${title}: ${lines[i]?.[j]} is not ${value}`);
    }
    database.close();
  },
);

test('questions over millions of frames are answered from indexes', async () => {
  const database = new Database(await sampleIndex(), { readonly: true });
  const planOf = (title: string): string => {
    const question = questions.find((each) => each.title.startsWith(title));
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${question?.sql}`).all() as { detail: string }[];
    return steps.map(({ detail }) => detail).join('; ');
  };
  assert.match(planOf('The frames of a minute'), 'SEARCH frames USING INDEX frames_by_time');
  assert.match(planOf('Frames a second'), 'SEARCH frames USING INDEX frames_by_time');
  assert.match(planOf('The frames of an hour'), 'SEARCH frames USING INDEX frames_by_time');
  assert.match(planOf('Times that are not locked'), 'USING INDEX frames_not_locked');
  assert.match(planOf('Darks near a temperature'), 'USING INDEX frames_not_light');
  assert.match(planOf('Where the frame'), 'SEARCH frames USING INDEX frames_by_time');
  assert.match(planOf('The worst times'), 'SEARCH frames USING INDEX frames_by_time');
  database.close();
});

test('the page has every table and every column of the index, and no other', async () => {
  const path = temporaryFolder();
  (await openDataFolder(path)).close();
  const database = new Database(join(path, INDEX_FILE), { readonly: true });
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all() as string[];
  const sections = page
    .split(/^### /m)
    .slice(1)
    .map((section) => section.split(/^## /m)[0] ?? '');
  const named = new Map(sections.map((section) => [/^`(\w+)`/.exec(section)?.[1] ?? '', section]));
  assert.equal([...named.keys()].sort(), tables);
  for (const table of tables) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
    const cells = [...(named.get(table) ?? '').matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
    const told = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
    assert.equal(told.sort(), columns.sort(), table);
  }
  database.close();
});

test.run();
