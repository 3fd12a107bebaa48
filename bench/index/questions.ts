/** Out of ten million frames: a range of 1000 through the project's reader, and the questions of docs/index.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { IndexReader } from '#storage/index/queries.js';
import { documentedQuestions } from '#test/storage/index-questions.js';
import { hasProgram, ownFolder } from '../harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from '../harness.js';
import { buildTenMillion, FRAMES_A_NIGHT, NIGHTS, PERIOD_NS, startOf } from './ten-million.js';

const WANTED = 1000;
const RANGES = 20;
/** Times a question is asked in one run, so that a short one can be measured; those that read every frame are asked once. */
const ASKED = 10;
const READS_ALL = /^Hours of exposure|^The worst times/;

const questions = documentedQuestions();
const RANGE = 'a range of 1000';
const FILE = 'file per frame';

/** Beginnings of ranges, spread over the nights without a pattern. */
function* beginnings(): Generator<bigint> {
  for (let i = 1; ; i++) yield startOf((i * 7) % NIGHTS, (i * 618_033) % (FRAMES_A_NIGHT - WANTED));
}

function openQuestions({ folder }: BenchOptions): Contest {
  const file = join(ownFolder(folder), 'index.sqlite');
  const bytesAFrame = buildTenMillion(file);
  const reader = new IndexReader(file);
  const database = new Database(file, { readonly: true });
  database.defaultSafeIntegers(true);
  const [ours, theirs] = [beginnings(), beginnings()];
  const timesOf = (title: string): number => (READS_ALL.test(title) ? 1 : ASKED);

  const ranges = (): number => {
    const began = performance.now();
    for (let i = 0; i < RANGES; i++) {
      const fromUtcNs = ours.next().value;
      const toUtcNs = fromUtcNs + PERIOD_NS * BigInt(WANTED);
      const frames = reader.frames({ fromUtcNs, toUtcNs }, { limit: WANTED });
      if (frames.length !== WANTED || frames[0]?.startUtcNs !== fromUtcNs) throw new Error('other rows came');
    }
    return (performance.now() - began) / RANGES;
  };
  const binding = (): Figures => {
    const figures: Record<string, number> = { [RANGE]: ranges(), [FILE]: bytesAFrame };
    for (const { title, sql } of questions) {
      const statement = database.prepare(sql).raw();
      const began = performance.now();
      for (let i = 0; i < timesOf(title); i++) if (statement.all().length === 0) throw new Error(`${title}: no row`);
      figures[title] = (performance.now() - began) / timesOf(title);
    }
    return figures;
  };

  const program = (statements: readonly string[]): number => {
    const began = performance.now();
    const input = `.output /dev/null\n${statements.join('\n')}\n`;
    const done = spawnSync('sqlite3', ['-readonly', file], { input, encoding: 'utf8' });
    if (done.status !== 0 || done.stderr !== '') throw new Error(`sqlite3: ${done.stderr}`);
    return performance.now() - began;
  };
  const rangeStatement = (): string => {
    const from = theirs.next().value;
    return `SELECT frames.*, sessions.id, cameras.id, segments.file FROM frames
      JOIN sessions ON sessions.key = frames.session_key JOIN cameras ON cameras.key = frames.camera_key
      JOIN segments ON segments.key = frames.segment_key
      WHERE start_utc_ns >= ${from} AND start_utc_ns < ${from + PERIOD_NS * BigInt(WANTED)} ORDER BY start_utc_ns;`;
  };
  const alone = (): Figures => {
    // Its start is not the question's.
    const start = program(['SELECT count(*) FROM sessions;']);
    const figures: Record<string, number> = {
      [RANGE]: (program(Array.from({ length: RANGES }, rangeStatement)) - start) / RANGES,
    };
    for (const { title, sql } of questions) {
      const times = timesOf(title);
      figures[title] = Math.max(0, program(Array.from({ length: times }, () => sql)) - start) / times;
    }
    return figures;
  };
  const hasCli = hasProgram('sqlite3');
  return {
    runs: { 'the index': binding },
    reference: hasCli ? alone : null,
    note: hasCli ? '' : 'reference missing: the sqlite3 program',
    close: () => {
      reader.close();
      database.close();
    },
  };
}

export const questionsCase: Case = {
  name: '10 million frames',
  reference: 'sqlite3',
  figures: {
    [FILE]: { unit: 'bytes', ratio: false },
    [RANGE]: { unit: 'ms' },
    ...Object.fromEntries(questions.map(({ title }) => [title, { unit: 'ms' }])),
  },
  contestants: { 'the index': { [RANGE]: { of: 'measured', is: 'at most', value: 5 } } },
  open: openQuestions,
};
