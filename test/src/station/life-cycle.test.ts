/** What a station does when things go wrong around it: killed, stopped, in use, camera lost, main thread held up. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { readHdus } from '#storage/fits/reader.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('life cycle', 90_000);

interface Gap {
  cause: string;
  frames: bigint;
  from_utc_ns: bigint | null;
  to_utc_ns: bigint | null;
  detail: string;
}

function gapsOf(index: string): Gap[] {
  const db = new Database(index, { readonly: true });
  const rows = db.prepare('SELECT * FROM gaps ORDER BY key').safeIntegers().all() as Gap[];
  db.close();
  return rows;
}

/** Frames that an index knows; 0 where there is none yet. */
function framesIn(index: string): number {
  try {
    const db = new Database(index, { readonly: true });
    try {
      return db.prepare('SELECT count(*) FROM frames').pluck().get() as number;
    } finally {
      db.close();
    }
  } catch {
    return 0;
  }
}

/** Processes whose command line holds `text`. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error('waited in vain');
    await new Promise((done) => setTimeout(done, 50));
  }
}

test('kill -9: the simulator ends too, and the next start finds a session whose rows all point at bytes on disk', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const mark = `kill-${process.pid}`;
    const camera = `sim:tiny?fps=200&truth=${join(folder, mark)}`;
    const killed = startAppulse(['record', '--camera', camera, '--data', data]);
    await killed.says('streams');
    await until(() => framesIn(join(data, 'appulse.sqlite')) > 120);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await until(() => processesWith(mark).length === 0);

    const next = await appulse(['record', '--camera', 'sim:tiny?fps=100', '--frames', '20', '--data', data, '--json']);
    assert.is(next.code, 0, next.stderr);
    assert.match(next.stderr, 'was interrupted');
    const db = new Database(join(data, 'appulse.sqlite'), { readonly: true });
    const rows = db
      .prepare(
        `SELECT segments.file || CASE WHEN segments.state = 'closed' THEN '' ELSE '.part' END AS file,
           byte_offset + byte_length AS end FROM frames JOIN segments ON segments.key = segment_key
         WHERE frames.state = 'on-disk'`,
      )
      .all() as { file: string; end: number }[];
    const states = db.prepare('SELECT state FROM sessions ORDER BY key').pluck().all();
    db.close();
    assert.equal(states, ['interrupted', 'complete']);
    assert.ok(rows.length > 120, `${rows.length} rows`);
    for (const { file, end } of rows) assert.ok(statSync(join(data, file)).size >= end, file);
  }));

test('status tells what the station does, stop ends it with its summary, and a second station is refused meanwhile', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const station = startAppulse(['station', '--camera', 'sim:tiny?fps=100', '--data', data, '--json']);
    await station.says('streams');
    await until(async () => {
      const status = await appulse(['status', '--data', data, '--json']);
      return ((status.json as { frames?: { received: number } } | null)?.frames?.received ?? 0) > 10;
    });
    const second = await appulse(['record', '--camera', 'sim:tiny', '--data', data, '--frames', '1', '--json']);
    assert.is(second.code, 1);
    assert.match(second.stderr, 'another station records into this data folder');
    const text = await appulse(['status', '--data', data]);
    assert.match(text.stdout, /clock +locked/);
    const stopped = await appulse(['stop', '--data', data, '--json']);
    assert.is(stopped.code, 0, stopped.stderr);
    const ended = await station.ended;
    assert.is(ended.code, 0, ended.stderr);
    const summary = ended.json as SessionSummary;
    assert.is(summary.frames.indexed, summary.frames.received);
    assert.equal(stopped.json, ended.json);
    const none = await appulse(['status', '--data', data, '--json']);
    assert.is(none.code, 1);
    assert.match(none.stderr, 'no station runs');
  }));

test('Ctrl-C ends a session cleanly, with its summary', () =>
  withFolder(async (folder) => {
    const running = startAppulse(['record', '--camera', 'sim:tiny?fps=100', '--data', join(folder, 'data')]);
    await running.says('streams');
    await new Promise((done) => setTimeout(done, 500));
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assert.is(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /session .* ended after/);
    assert.match(ended.stdout, /\d+ received, \d+ recorded, \d+ indexed, 0 lost, 0 incomplete/);
  }));

test('a camera that vanishes and returns is recorded and stacked again, with the outage as a gap row', () =>
  withFolder(async (folder) => {
    const camera = 'sim:tiny?fps=50&vanish-after=60:4000';
    const words = [
      'record',
      '--stack',
      'exact',
      '--stack-frames',
      '16',
      '--camera',
      camera,
      '--frames',
      '100',
      '--data',
      join(folder, 'data'),
      '--json',
    ];
    const ended = await appulse(words);
    // How many frames the outage cost is not known: not a session without losses.
    assert.is(ended.code, 3, ended.stderr);
    const summary = ended.json as SessionSummary;
    assert.is(summary.outages, 1);
    assert.is(summary.frames.received, 100);
    assert.is(summary.frames.recorded, 100);
    const [gap, ...others] = gapsOf(summary.index);
    assert.equal(others, []);
    assert.is(gap?.cause, 'camera-lost');
    assert.ok((gap?.to_utc_ns ?? 0n) - (gap?.from_utc_ns ?? 0n) > 3_000_000_000n);
    // Each stream ends its last stack where it stands; the memory goes from the one to the other.
    const stacked = readdirSync(summary.folder)
      .filter((name) => name.includes('-stack-'))
      .sort()
      .map((name) => Number(readHdus(join(summary.folder, name)).hdus[0]?.cards.get('NFRAMES')));
    assert.ok(stacked.length >= 7 && stacked.slice(0, 3).every((frames) => frames === 16), stacked.join(' '));
    assert.is(
      stacked.reduce((sum, frames) => sum + frames, 0),
      100,
    );
  }));

test('with a fallback the session goes on with the other camera, in a segment of its own, larger frames included', () =>
  withFolder(async (folder) => {
    const words = ['--fallback', 'sim:qhy174gps?fps=20', '--frames', '90', '--data', join(folder, 'data'), '--json'];
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=50&vanish-after=60', ...words]);
    assert.is(ended.code, 3, ended.stderr);
    const summary = ended.json as SessionSummary;
    assert.is(summary.frames.recorded, 90);
    assert.is(gapsOf(summary.index)[0]?.cause, 'failover');
    const db = new Database(summary.index, { readonly: true });
    const used = db
      .prepare(
        'SELECT cameras.model, count(*) n, max(width) w FROM frames JOIN cameras ON cameras.key = camera_key GROUP BY 1',
      )
      .all();
    db.close();
    assert.equal(used, [
      { model: 'qhy174gps', n: 30, w: 1920 },
      { model: 'tiny', n: 60, w: 320 },
    ]);
  }));

test('frames go on being received, stamped and recorded while the main thread is held up', () =>
  withFolder(async (folder) => {
    const words = ['--frames', '800', '--data', join(folder, 'data'), '--json'];
    const env = { NODE_OPTIONS: `--import=${new URL('../../support/hold-up-main.js', import.meta.url).href}` };
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=200', ...words], { env });
    assert.is(ended.code, 0, ended.stderr);
    const { frames, times } = ended.json as SessionSummary;
    assert.equal(frames, {
      received: 800,
      recorded: 800,
      indexed: 800,
      lost: 0,
      incomplete: 0,
      untriggered: 0,
      notRecorded: 0,
    });
    assert.is(times.locked, 800);
  }));

test('a camera that answers but sends nothing is told of, kept as a gap row, and no clean end', () =>
  withFolder(async (folder) => {
    const words = ['--resend', 'false', '--duration', '8s', '--data', join(folder, 'data'), '--json'];
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=100&loss=1', ...words]);
    assert.is(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, /no packet came for 6 s though the camera answers/);
    const summary = ended.json as SessionSummary;
    assert.is(summary.frames.received, 0);
    assert.is(summary.outages, 1);
    assert.is(gapsOf(summary.index)[0]?.cause, 'network');
  }));

test('without the native addon the station still records, by the TypeScript twins', () =>
  withFolder(async (folder) => {
    const words = ['--frames', '60', '--data', join(folder, 'data'), '--json'];
    const ended = await appulse(['record', '--camera', 'sim:tiny?fps=50', ...words], {
      env: { APPULSE_NO_ADDON: '1' },
    });
    assert.is(ended.code, 0, ended.stderr);
    assert.is((ended.json as SessionSummary).times.locked, 60);
  }));

test.run();
