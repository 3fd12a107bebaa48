import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { callStation } from '#src/control/client.js';
import type { MarkAnswer } from '#src/station/mark-request.js';
import type { SessionSummary } from '#src/station/messages.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('trigger', 90_000);

interface Gap {
  readonly cause: string;
  readonly first_block: bigint;
  readonly last_block: bigint;
  readonly frames: bigint;
}

interface Recorded {
  readonly block_id: bigint;
  readonly number: bigint;
  readonly start_utc_ns: bigint;
}

function read(index: string) {
  const database = new Database(index, { readonly: true });
  database.defaultSafeIntegers(true);
  try {
    return {
      frames: database.prepare('SELECT block_id, number, start_utc_ns FROM frames ORDER BY key').all() as Recorded[],
      gaps: database.prepare('SELECT cause, first_block, last_block, frames FROM gaps ORDER BY key').all() as Gap[],
      marks: database.prepare('SELECT from_utc_ns, to_utc_ns, cause, detail FROM marks ORDER BY key').all() as {
        from_utc_ns: bigint;
        to_utc_ns: bigint;
        cause: string;
        detail: string;
      }[],
      sessions: database.prepare('SELECT * FROM sessions').all() as Record<string, bigint>[],
    };
  } finally {
    database.close();
  }
}

/** Every block from the first to the last is a frame or in exactly one gap; counts agree. Returns the blocks of frames. */
function checkBlocks({ frames, gaps }: ReturnType<typeof read>, summary: SessionSummary): Set<bigint> {
  const recorded = new Set(frames.map((frame) => frame.block_id));
  assert.is(recorded.size, frames.length);
  const missing = new Map<bigint, string>();
  for (const gap of gaps) {
    assert.is(gap.last_block - gap.first_block + 1n, gap.frames);
    for (let block = gap.first_block; block <= gap.last_block; block++) {
      assert.not(recorded.has(block), `block ${block} is recorded and in a gap`);
      assert.not(missing.has(block), `block ${block} is in two gaps`);
      missing.set(block, gap.cause);
    }
  }
  const all = [...recorded, ...missing.keys()].sort((a, b) => Number(a - b));
  assert.is((all.at(-1) ?? 0n) - (all[0] ?? 0n) + 1n, BigInt(all.length), 'no block is unaccounted for');
  assert.is(summary.frames.recorded, frames.length);
  const { untriggered } = summary.frames;
  assert.is([...missing.values()].filter((cause) => cause === 'untriggered').length, untriggered);
  return recorded;
}

test('random triggers at 1000 frames a second lose nothing at their seams, and what no one wanted is told', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const running = startAppulse(
      [
        'record',
        '--camera',
        'sim:tiny?fps=1000',
        '--trigger',
        '--pre-roll',
        '300ms',
        '--post-roll',
        '150ms',
        '--data',
        data,
        '--json',
      ],
      { limitMs: 80_000 },
    );
    await running.says('streams 320 x 240');
    const random = randomOf(21);
    const answers: MarkAnswer[] = [];
    for (let i = 0; i < 12; i++) {
      await delay(50 + random() * 700);
      answers.push(...((await callStation(data, { call: 'trigger', note: `no. ${i}` }, 30_000)) as MarkAnswer[]));
    }
    await delay(400);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    const summary = ended.json as SessionSummary;
    const found = read(summary.index);
    const recorded = checkBlocks(found, summary);
    assert.is(found.marks.length, 12);
    assert.is(summary.marks, 12);
    assert.ok(recorded.size > 0);
    assert.ok(summary.frames.untriggered > 0);
    // Order of writing is order of blocks, and frame numbers go with them.
    for (const [i, frame] of found.frames.entries()) {
      const before = found.frames[i - 1];
      if (before === undefined) continue;
      assert.ok(frame.block_id > before.block_id && frame.number > before.number);
    }
    const lost = new Set(
      found.gaps
        .filter(({ cause }) => cause !== 'untriggered')
        .flatMap(({ first_block, frames }) =>
          Array.from({ length: Number(frames) }, (_, n) => first_block + BigInt(n)),
        ),
    );
    for (const mark of found.marks) {
      const inside = found.frames.filter((f) => f.start_utc_ns >= mark.from_utc_ns && f.start_utc_ns <= mark.to_utc_ns);
      const [first, last] = [inside[0]?.block_id ?? 0n, inside.at(-1)?.block_id ?? -1n];
      for (let block = first; block <= last; block++) {
        assert.ok(recorded.has(block) || lost.has(block), `block ${block} is missing in the midst of a trigger`);
      }
    }
    // Nothing else was recorded.
    for (const { start_utc_ns: at, block_id } of found.frames) {
      const wanted = found.marks.some(({ from_utc_ns, to_utc_ns }) => from_utc_ns <= at && at <= to_utc_ns);
      assert.ok(wanted, `block ${block_id} was wanted by no trigger`);
    }
    assert.is(found.sessions[0]?.frames_not_recorded, BigInt(summary.frames.untriggered));
  }));

test('frames that no trigger wanted are no loss: the exit code is 0, and they are one gap row', () =>
  withFolder(async (folder) => {
    const words = ['--trigger', '--pre-roll', '500ms', '--frames', '60', '--data', folder, '--json'];
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=30', ...words]);
    assert.is(ended.code, 0, ended.stderr);
    const { frames } = ended.json as SessionSummary;
    assert.equal([frames.received, frames.recorded, frames.untriggered], [60, 0, 60]);
    const { gaps } = read((ended.json as SessionSummary).index);
    assert.equal(
      gaps.map(({ cause, frames: n }) => [cause, n]),
      [['untriggered', 60n]],
    );
    assert.match(ended.stderr, '0.5 s before it fit in memory');
  }));

test('a rule on the brightness triggers, and every frame for which it holds is kept', () =>
  withFolder(async (folder) => {
    const words = [
      '--trigger',
      '--pre-roll',
      '100ms',
      '--post-roll',
      '200ms',
      '--frames',
      '100',
      '--data',
      folder,
      '--json',
    ];
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=50', '--trigger-when', 'max>0', ...words]);
    const summary = ended.json as SessionSummary;
    const found = read(summary.index);
    assert.is(summary.frames.recorded, 100, 'all of them hold');
    assert.ok(
      found.marks.length >= 1 && found.marks.length < 10,
      `${found.marks.length} marks of a rule that holds on`,
    );
    for (const mark of found.marks) assert.equal([mark.cause, mark.detail], ['brightness', 'max>0']);
    for (const { start_utc_ns: at } of found.frames) {
      assert.ok(found.marks.some(({ from_utc_ns, to_utc_ns }) => from_utc_ns <= at && at <= to_utc_ns));
    }
  }));

test('a running station refuses to mark what was before its session, because its mark would keep nothing there', () =>
  withFolder(async (folder) => {
    const running = startAppulse(['record', '--camera', 'sim:tiny?fps=50', '--data', folder], { limitMs: 80_000 });
    await running.says('streams 320 x 240');
    await delay(500);
    const early = await appulse(['mark', '--data', folder, '--from', '2026-01-01T20:00:00', '--to', '+10s']);
    assert.is(early.code, 1);
    assert.match(early.stderr, 'stop the station, and mark the folder at rest');
    assert.is((await appulse(['mark', '--data', folder, '--from', '-10s', '--to', '+1s'])).code, 0);
    running.child.kill('SIGINT');
    await running.ended;
  }));

test('what cannot be is refused: a rule that is none, waiting on disk for ever, only marks without a span', () =>
  withFolder(async (folder) => {
    const record = (...words: string[]) =>
      appulse(['record', '--camera', 'sim:tiny', '--frames', '1', '--data', folder, ...words]);
    for (const [words, text] of [
      [['--trigger-when', 'flux>3'], 'is not a rule'],
      [['--trigger', '--pre-roll-in', 'disk'], 'say what rolls'],
      [['--keep', 'marks'], 'say what may roll'],
      [['--camera-retention', 'QHY411:keep-days=3'], 'keep-days'],
      [['--camera-retention', 'QHY411'], 'is not CAMERA:LIMIT=VALUE'],
    ] as const) {
      const ended = await record(...words);
      assert.is(ended.code, 2, `${words.join(' ')}: ${ended.stderr}`);
      assert.match(ended.stderr, text);
    }
    const early = await appulse(['trigger', '--data', join(folder, 'nowhere')]);
    assert.is(early.code, 1);
    assert.match(early.stderr, 'no station runs');
  }));

test.run();
