/** The program from a camera with hidden offsets to frames whose times are right: calibrate, record, compare with the truth. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { appulse, type Ended, readTruth, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('calibrate', 200_000);

const abs = (value: bigint) => (value < 0n ? -value : value);

interface Answer {
  readonly calibration: Readonly<Record<string, number | string | null>>;
  readonly stored: boolean;
  readonly file: string | null;
}

interface Recorded {
  readonly ended: Ended;
  readonly events: readonly { readonly kind: string; readonly data: string }[];
  /** Times of the index less the truth. */
  readonly errors: readonly {
    readonly startNs: bigint;
    readonly endNs: bigint;
    readonly boundNs: bigint;
    readonly grade: string;
  }[];
  readonly segment: string;
}

async function record(camera: string, folder: string, env: NodeJS.ProcessEnv): Promise<Recorded> {
  mkdirSync(folder, { recursive: true });
  const truthFile = join(folder, 'truth.ndjson');
  const data = join(folder, 'data');
  const words = ['record', '--json', '--camera', `${camera}&truth=${truthFile}`, '--data', data, '--frames', '40'];
  const ended = await appulse([...words, '--format', 'fits-raw'], { env });
  assert.is(ended.code, 0, ended.stderr);
  const summary = ended.json as SessionSummary;
  const truth = new Map(readTruth(truthFile).map((frame) => [frame.block, frame]));
  const db = new Database(summary.index, { readonly: true });
  try {
    const rows = db
      .prepare('SELECT block_id, start_utc_ns, end_utc_ns, uncertainty_ns, grade FROM frames ORDER BY key')
      .safeIntegers()
      .all() as { block_id: bigint; start_utc_ns: bigint; end_utc_ns: bigint; uncertainty_ns: bigint; grade: string }[];
    const errors = rows.map(({ block_id, start_utc_ns, end_utc_ns, uncertainty_ns, grade }) => {
      const known = truth.get(String(block_id));
      assert.ok(known, `block ${block_id}`);
      return {
        startNs: start_utc_ns - BigInt(known.startUtcNs),
        endNs: end_utc_ns - BigInt(known.endUtcNs),
        boundNs: uncertainty_ns,
        grade,
      };
    });
    const events = db.prepare('SELECT kind, data FROM events').all() as Recorded['events'];
    const segment = readdirSync(summary.folder).find((name) => name.endsWith('.fits')) as string;
    return { ended, events, errors, segment: join(summary.folder, segment) };
  } finally {
    db.close();
  }
}

/** Calibrates a camera whose sensor is late, and holds sessions before and after against the truth. */
async function proves(camera: string, lateness: { startNs: bigint; endNs: bigint }): Promise<void> {
  await withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: join(folder, 'config') };
    const hidden = `${camera}&led-start-offset=${lateness.startNs}&led-end-offset=${lateness.endNs}`;
    const before = await record(hidden, join(folder, 'before'), env);
    assert.is(before.errors.length, 40);
    for (const { startNs, endNs, grade } of before.errors) {
      assert.is(grade, 'locked');
      assert.ok(abs(startNs + lateness.startNs) <= 200n && abs(endNs + lateness.endNs) <= 200n, `${startNs} ${endNs}`);
    }
    assert.not.match(before.ended.stderr, /LED calibration/);
    assert.not(before.events.some(({ kind }) => kind === 'calibration'));

    const words = ['calibrate', 'led', '--json', '--camera', hidden, '--places', '16'];
    const calibrated = await appulse(words, { env, limitMs: 150_000 });
    assert.is(calibrated.code, 0, calibrated.stderr);
    assert.match(calibrated.stderr, /stepping the pulse across it, 16 places/);
    const { calibration, stored, file } = calibrated.json as Answer;
    assert.is(stored, true);
    assert.is(file, join(folder, 'config', 'appulse', 'led-calibrations.json'));
    const sigmaNs = Number(calibration.sigmaNs);
    assert.ok(sigmaNs > 0 && sigmaNs < 50, `sigma ${sigmaNs}`);
    assert.ok(Math.abs(Number(calibration.startOffsetNs) - Number(lateness.startNs)) <= 4 * sigmaNs + 1);
    assert.ok(Math.abs(Number(calibration.endOffsetNs) - Number(lateness.endNs)) <= 4 * sigmaNs + 1);

    const after = await record(hidden, join(folder, 'after'), env);
    assert.is(after.errors.length, 40);
    for (const { startNs, endNs, boundNs, grade } of after.errors) {
      assert.is(grade, 'locked');
      assert.is(boundNs, 200n + 3n * BigInt(sigmaNs));
      assert.ok(abs(startNs) <= boundNs && abs(endNs) <= boundNs, `${startNs} ${endNs} of ${boundNs}`);
    }
    assert.match(after.ended.stderr, /LED calibration of 20\d\d-.*: start .* ns, end .* ns, bound \+\d+ ns/);
    const event = after.events.find(({ kind }) => kind === 'calibration');
    assert.is(JSON.parse(event?.data ?? '{}').startOffsetNs, calibration.startOffsetNs);
    const header = readFileSync(after.segment, 'latin1');
    for (const [keyword, value] of [
      ['CALSTART', calibration.startOffsetNs],
      ['CALEND', calibration.endOffsetNs],
      ['CALSIGMA', calibration.sigmaNs],
    ]) {
      assert.match(header, new RegExp(`${String(keyword).padEnd(8)}= +${value} /`));
    }
    assert.match(header, new RegExp(`CALDATE = '${String(calibration.measuredUtc).slice(0, 19)}`));
    // The header does not contradict the raw bytes beside it.
    const read = await appulse(['time', '--json', after.segment], { env });
    assert.is(read.code, 0, read.stdout);
    assert.is((read.json as { untrusted: number }).untrusted, 0);

    // Another exposure than was calibrated goes without, and says so.
    const other = await record(`${hidden.replace(/exposure=\d+ms/, 'exposure=7ms')}`, join(folder, 'other'), env);
    assert.match(other.ended.stderr, /none of the 1 LED calibrations of this camera holds for/);
    assert.ok(other.errors.every(({ startNs }) => abs(startNs + lateness.startNs) <= 200n));
    const list = await appulse(['calibrate', 'list', '--json'], { env });
    assert.is((list.json as { calibrations: unknown[] }).calibrations.length, 1);
  });
}

// Both at once: a calibration mostly waits for the frames behind each step.
test('a global shutter later than its stamps by more than a millisecond, and a rolling one in a region of its sensor, are right once calibrated', async () => {
  await Promise.all([
    proves('sim:tiny?fps=100&exposure=5ms', { startNs: 1_234_567n, endNs: -345_678n }),
    proves('sim:qhy411-bin3?width=320&height=240&offset-x=2224&offset-y=1674&exposure=20ms', {
      startNs: -61_234n,
      endNs: 43_210n,
    }),
  ]);
});

test('what cannot be measured is refused by name and keeps nothing', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: join(folder, 'config') };
    const codeOf = async (...words: string[]) => {
      const { json, code } = await appulse(['calibrate', 'led', '--json', ...words], { env });
      return `${code} ${(json as { error?: { code: string } }).error?.code}`;
    };
    const camera = 'sim:tiny?fps=200';
    assert.is(await codeOf('--camera', `${camera}&gain=24`), '1 led.saturated');
    assert.is(await codeOf('--camera', `${camera}&width=100`), '1 led.not-seen');
    assert.is(await codeOf('--camera', `${camera}&led-start-offset=-100000`, '--window', '50us'), '1 led.no-edge');
    assert.is(await codeOf('--camera', camera, '--holds', '5ms'), '2 usage.holds');
    assert.is(await codeOf('--camera', camera, '--holds', '5ms..1ms'), '2 usage.holds');
    assert.is(await codeOf('--camera', camera, '--places', '3'), '2 usage.places');
    assert.is(await codeOf(), '2 usage.camera');
    const list = await appulse(['calibrate', 'list'], { env });
    assert.is(list.code, 0);
    assert.match(list.stdout, /0 calibrations/);
    // A file that cannot be read stops a calibration before it begins, and is only a warning to a session.
    mkdirSync(join(folder, 'config', 'appulse'), { recursive: true });
    writeFileSync(join(folder, 'config', 'appulse', 'led-calibrations.json'), '{"version":1,"calibrations":[{}]}');
    assert.is(await codeOf('--camera', camera), '1 calibration.file');
    const { ended, errors } = await record('sim:tiny?fps=100', join(folder, 'session'), env);
    assert.match(ended.stderr, /led-calibrations\.json: calibrations\.0\.cameraId: .*times go without a calibration/);
    assert.ok(errors.every(({ startNs }) => abs(startNs) <= 200n));
  }));

test.run();
