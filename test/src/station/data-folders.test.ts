import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { loadSettings } from '#src/config/load.js';
import { callStation } from '#src/control/client.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { readHdus } from '#storage/fits/reader.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { suite } from '#test/support/test.js';

const test = suite('data folders', 90_000);

interface Found {
  readonly session: { readonly id: string; readonly state: string; readonly frames_recorded: bigint };
  readonly frames: readonly { readonly number: bigint; readonly block_id: bigint }[];
  readonly segments: readonly {
    readonly number: bigint;
    readonly file: string;
    readonly state: string;
    readonly frames: bigint;
  }[];
  readonly gaps: readonly { readonly cause: string; readonly frames: bigint }[];
}

function read(folder: string): Found {
  const database = new Database(join(folder, 'appulse.sqlite'), { readonly: true });
  database.defaultSafeIntegers(true);
  try {
    const sessions = database.prepare('SELECT id, state, frames_recorded FROM sessions').all();
    assert.is(sessions.length, 1);
    return {
      session: sessions[0] as Found['session'],
      frames: database.prepare('SELECT number, block_id FROM frames ORDER BY key').all() as Found['frames'],
      segments: database
        .prepare('SELECT number, file, state, frames FROM segments ORDER BY number')
        .all() as Found['segments'],
      gaps: database.prepare('SELECT cause, frames FROM gaps').all() as Found['gaps'],
    };
  } finally {
    database.close();
  }
}

diskTest(
  test,
  'a session goes on in the second folder when the first is full: no frame is lost, numbers go on, both end',
  () =>
    withFolder((folder) =>
      onSmallDisk('40m', async (first) => {
        const second = join(folder, 'second');
        const running = startAppulse(
          [
            'record',
            '--camera',
            'sim:tiny?fps=50&format=Mono16',
            '--format',
            'fits-raw',
            '--data',
            first,
            '--data',
            second,
            '--floor',
            '8MiB',
            '--frames',
            '500',
            '--json',
          ],
          { limitMs: 80_000 },
        );
        await running.says(`Recording goes on in ${second}`);
        const [there] = (await callStation(second, { call: 'status' }, 20_000)) as Telemetry[];
        assert.is(there?.state, 'streaming', 'the station answers for the second folder too');
        const ended = await running.ended;
        const summary = ended.json as SessionSummary;
        const [a, b] = [read(first), read(second)];
        assert.is(a.session.id, summary.session);
        assert.is(b.session.id, summary.session, 'one session');
        assert.equal([a.session.state, b.session.state], ['complete', 'complete']);
        assert.ok(a.frames.length > 20 && b.frames.length > 20);
        const frames = [...a.frames, ...b.frames];
        assert.is(frames.length, summary.frames.recorded);
        assert.is(summary.frames.indexed, summary.frames.recorded);
        const lost = [...a.gaps, ...b.gaps].filter(({ cause }) => cause === 'disk');
        assert.equal(lost, [], 'the frames under way were handed over');
        for (const [i, frame] of frames.entries()) {
          const before = frames[i - 1];
          if (before === undefined) continue;
          assert.ok(frame.number > before.number && frame.block_id > before.block_id, 'order goes on');
        }
        const segments = [...a.segments, ...b.segments];
        assert.equal(
          segments.map(({ number }) => number),
          segments.map((_, i) => BigInt(i + 1)),
        );
        for (const [path, { segments: own }] of [
          [first, a],
          [second, b],
        ] as const) {
          for (const segment of own) {
            assert.is(segment.state, 'closed');
            assert.is(readHdus(join(path, segment.file)).hdus.length, Number(segment.frames) + 1);
          }
        }
        const one = join(folder, 'one');
        const merged = await appulse(['merge', second, first, '--into', one]);
        assert.is(merged.code, 0, merged.stderr);
        const whole = read(one);
        assert.equal(whole.frames, frames, 'merged, it is one session with the frames of both, in order');
        assert.equal(whole.segments, segments);
        assert.is(whole.session.frames_recorded, a.session.frames_recorded + b.session.frames_recorded);
      }),
    ),
);

diskTest(test, 'where the second folder is full as well, frames become gap rows and acquisition goes on', () =>
  onSmallDisk('24m', (first) =>
    onSmallDisk('24m', async (second) => {
      const words = ['--format', 'fits-raw', '--data', first, '--data', second, '--frames', '400', '--json'];
      const ended = await appulse(['record', '--camera', 'sim:tiny?fps=60&format=Mono16', ...words], {
        limitMs: 80_000,
      });
      assert.is(ended.code, 3, ended.stderr);
      const { frames } = ended.json as SessionSummary;
      const [a, b] = [read(first), read(second)];
      assert.ok(a.frames.length > 0 && b.frames.length > 0);
      assert.is(a.frames.length + b.frames.length, frames.recorded);
      const lost = [...a.gaps, ...b.gaps]
        .filter(({ cause }) => cause === 'disk')
        .reduce((sum, gap) => sum + Number(gap.frames), 0);
      assert.is(frames.recorded + lost, frames.received);
      assert.ok(lost > 0);
    }),
  ),
);

test('a second folder that was not needed stays without a session, and a folder named twice is refused', () =>
  withFolder(async (folder) => {
    const [first, second] = [join(folder, 'a'), join(folder, 'b')];
    const record = (...data: string[]) =>
      appulse(['record', '--camera', 'sim:tiny?fps=30', '--frames', '5', ...data.flatMap((path) => ['--data', path])]);
    assert.is((await record(first, second)).code, 0);
    assert.is(read(first).frames.length, 5);
    const database = new Database(join(second, 'appulse.sqlite'), { readonly: true });
    assert.is(database.prepare('SELECT count(*) FROM sessions').pluck().get(), 0);
    database.close();
    const twice = await record(first, join(second, '..', 'a'));
    assert.is(twice.code, 2);
    assert.match(twice.stderr, 'named twice');
  }));

test('a list of data folders is the first and those that follow, from whichever source wins', () => {
  const folders = (options: Record<string, unknown>, environment: Record<string, string> = {}) => {
    const { values } = loadSettings({ environment, options });
    return [values['recording.data'], ...values['recording.more-data']];
  };
  assert.equal(folders({ 'recording.data': ['a', 'b', 'c'] }), ['a', 'b', 'c']);
  assert.equal(folders({ 'recording.data': 'a' }), ['a']);
  assert.equal(folders({ 'recording.data': ['a'], 'recording.more-data': ['b'] }), ['a', 'b']);
  assert.equal(folders({}, { APPULSE_RECORDING_DATA: 'a', APPULSE_RECORDING_MORE_DATA: 'b' }), ['a', 'b']);
});

test.run();
