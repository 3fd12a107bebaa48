import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { appulse, type Ended, startAppulse, withFolder } from '#test/support/appulse.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { suite } from '#test/support/test.js';

const test = suite('controls', 60_000);
const TINY = 'sim:tiny';

/** `appulse controls` of a user who has nothing kept yet. */
const withUser = (work: (run: (...words: string[]) => Promise<Ended>, folder: string) => Promise<void>) =>
  withFolder((folder) => {
    const env = { XDG_CONFIG_HOME: folder };
    return work((...words) => appulse(['controls', ...words, '--data', join(folder, 'data')], { env }), folder);
  });

const jsonOf = <T>({ json, code, stderr }: Ended): T => {
  assert.is(code, 0, stderr);
  return json as T;
};
const errorOf = ({ json }: Ended) => (json as { error: { code: string; message: string } }).error;
test('controls are listed in their groups, with value, unit and range', () =>
  withUser(async (run) => {
    const { stdout, code } = await run(TINY);
    assert.is(code, 0);
    assert.match(stdout, /^Appulse tiny /);
    assert.match(stdout, /Image +SensorWidth +320 +px +reading/);
    assert.match(stdout, /\n +Width +320 +px +1 to 320 +stops the stream\n/);
    assert.match(stdout, /ExposureTime +500 +us +10 to 3600000000\n/);
    assert.ok(stdout.indexOf('PixelFormat') < stdout.indexOf('ExposureTime'));
  }));

test('what is set is kept for the camera, recorded with, told by profiles, and forgotten by reset', () =>
  withUser(async (run, folder) => {
    const answer = jsonOf<SetControlsAnswer>(await run(TINY, 'set', 'gain=3', 'Width=64', 'OffsetX=200', '--json'));
    assert.equal(
      answer.changes.map(({ name, from, value }) => [name, from, value]),
      [
        ['Gain', 0, 3],
        ['Width', 320, 64],
        ['OffsetX', 0, 200],
      ],
    );
    assert.is((await run(TINY, 'get', 'Gain', 'Width')).stdout, 'Gain = 3 dB\nWidth = 64 px\n');
    jsonOf(await run(TINY, 'profile', 'save', 'narrow', '--json'));

    const record = ['record', '--camera', TINY, '--frames', '5', '--data', join(folder, 'data'), '--json'];
    const env = { XDG_CONFIG_HOME: folder };
    const kept = await appulse([...record, '--set', 'Gain=5'], { env });
    assert.is(kept.code, 0, kept.stderr);
    // --set wins, the rest is as it was kept.
    assert.match(kept.stderr, /set as it was kept: Width=64 OffsetX=200\n/);
    assert.match(kept.stderr, /streams 64 x 240/);
    const without = await appulse([...record, '--camera-state', 'false'], { env });
    assert.match(without.stderr, /streams 320 x 240/);

    jsonOf(await run(TINY, 'reset', '--json'));
    const profiles = jsonOf<{ profiles: Record<string, { values: Record<string, unknown> }> }>(
      await run(TINY, 'profile', 'list', '--json'),
    ).profiles;
    assert.equal(Object.keys(profiles), ['narrow']);
    assert.equal([profiles.narrow?.values.Gain, profiles.narrow?.values.Width], [3, 64]);
    const loaded = jsonOf<SetControlsAnswer>(await run(TINY, 'profile', 'load', 'narrow', '--json'));
    assert.equal(loaded.refused, []);
    assert.equal(loaded.changes.map(({ name }) => name).sort(), ['Gain', 'OffsetX', 'Width']);
    jsonOf(await run(TINY, 'profile', 'delete', 'narrow', '--json'));
    const gone = await run(TINY, 'profile', 'load', 'narrow', '--json');
    assert.equal([gone.code, errorOf(gone).code], [2, 'usage.profile']);
  }));

test('kept values that the camera refuses now are told and left out, and a damaged file is put aside', () =>
  withUser(async (run, folder) => {
    jsonOf(await run(TINY, 'set', 'Gain=3', '--json'));
    const cameras = join(folder, 'appulse/cameras');
    const file = join(cameras, readdirSync(cameras)[0] ?? '');
    const state = JSON.parse(readFileSync(file, 'utf8')) as { values: Record<string, unknown> };
    Object.assign(state.values, { Width: 4000, PixelFormat: 'YUV422_8', Gone: 1 });
    writeFileSync(file, JSON.stringify(state));
    const data = join(folder, 'data');
    const recording = ['record', '--camera', TINY, '--frames', '5', '--data', data, '--json'];
    const recorded = await appulse(recording, { env: { XDG_CONFIG_HOME: folder } });
    assert.is(recorded.code, 0, recorded.stderr);
    assert.match(
      recorded.stderr,
      /Width=4000, as it was kept, is left out: Width cannot be 4000: a whole number from 1 to 320/,
    );
    assert.match(recorded.stderr, /PixelFormat=YUV422_8.*left out/);
    assert.match(recorded.stderr, /Gone=1.*left out: the camera has no control Gone/);
    assert.match(recorded.stderr, /set as it was kept: Gain=3\n/);

    writeFileSync(file, '{"version":1,"val');
    const damaged = await run(TINY, 'get', 'Gain');
    assert.equal([damaged.code, damaged.stdout], [0, '0\n']);
    assert.match(damaged.stderr, /is damaged .* stands in .*\.damaged-/);
  }));

test('what is written wrong is said to be, with the range, before or at the camera', () =>
  withUser(async (run) => {
    const cases: [string[], string, RegExp][] = [
      [['set', 'Gain=25'], 'usage.control-value', /Gain cannot be 25: a number from 0 to 24, in dB/],
      [['set', 'PixelFormat=Mono9'], 'usage.control-value', /it is one of Mono12, /],
      [['set', 'Gain'], 'usage.control-value', /write Gain=VALUE/],
      [['set'], 'usage.controls', /NAME=VALUE/],
      [['set', '=3'], 'usage.controls', /NAME=VALUE/],
      [['do'], 'usage.action', /'do' is none of list, get, set, reset, profile/],
      [['profile', 'save', '../x'], 'usage.profile-name', /cannot name a profile/],
    ];
    const ends = await Promise.all(cases.map(([words]) => run(TINY, ...words, '--json')));
    for (const [i, ended] of ends.entries()) {
      const [, code, message] = cases[i] as (typeof cases)[number];
      assert.equal([ended.code, errorOf(ended).code], [2, code]);
      assert.match(errorOf(ended).message, message);
    }
    const unnamed = await run('TINY-1.1', '--json');
    assert.match(errorOf(unnamed).message, /names no camera: write its URI.*no station records/);
  }));

test('a camera that another program has is said to be had, and set through its station where that is named', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: folder };
    const simulator = await SimulatorProcess.start(['tiny', '--port', '0']);
    const { address, port, serial } = simulator.camera;
    const uri = `gige:${address}:${port}`;
    const data = join(folder, 'data');
    const running = startAppulse(['record', '--camera', uri, '--data', data, '--json'], { env });
    await running.says('streams');
    const denied = await appulse(['controls', uri, '--data', join(folder, 'other'), '--json'], { env });
    assert.equal([denied.code, errorOf(denied).code], [1, 'camera.access-denied']);
    assert.match(errorOf(denied).message, /is controlled by .*name its data folder with --data/);
    for (const name of [`gige:${serial}`, 'tiny']) {
      const { json } = await appulse(['controls', name, '--data', data, '--json'], { env });
      assert.is((json as { recording: boolean }).recording, true, name);
    }
    const set = await appulse(['controls', serial, 'set', 'Gain=4', '--data', data], { env });
    assert.equal([set.code, set.stdout], [0, 'Gain = 4 dB (was 0)\n']);
    running.child.kill('SIGINT');
    assert.is((await running.ended).code, 0);
    const after = await appulse(['controls', uri, 'get', 'Gain', '--data', data], { env });
    assert.is(after.stdout, '4\n');
    await simulator.stop();
  }));

test.run();
