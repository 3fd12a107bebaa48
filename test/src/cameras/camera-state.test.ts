import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as assert from 'uvu/assert';
import {
  cameraStateFile,
  changeCameraState,
  checkProfileName,
  readCameraState,
  withoutValues,
  withValues,
} from '#src/cameras/camera-state.js';
import { withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

const camera = { vendor: 'Maker', model: 'M1', serial: '7' };

/** With a user's folder of its own; `told` holds what the user is told. */
const withUser = (work: (told: string[], file: string) => Promise<void>) =>
  withFolder(async (folder) => {
    const before = process.env.XDG_CONFIG_HOME;
    process.env.XDG_CONFIG_HOME = folder;
    try {
      await work([], cameraStateFile(camera));
    } finally {
      if (before === undefined) delete process.env.XDG_CONFIG_HOME;
      else process.env.XDG_CONFIG_HOME = before;
    }
  });

test('values and profiles are kept for one camera, and another has none', () =>
  withUser(async (told) => {
    const tell = (message: string) => told.push(message);
    assert.equal(readCameraState(camera, tell), { values: {}, profiles: {} });
    await changeCameraState(camera, withValues({ Gain: 3, PixelFormat: 'Mono8', CoolerOn: true }), tell);
    const profile = { savedUtc: '2026-11-28T00:00:00Z', values: { Gain: 1 } };
    await changeCameraState(camera, (state) => ({ ...state, profiles: { 'dark sky': profile } }), tell);
    await changeCameraState(camera, withValues({ Gain: 4 }), tell);
    assert.equal(readCameraState(camera, tell), {
      values: { Gain: 4, PixelFormat: 'Mono8', CoolerOn: true },
      profiles: { 'dark sky': profile },
    });
    assert.equal(readCameraState({ ...camera, serial: '8' }, tell).values, {});
    await changeCameraState(camera, withoutValues, tell);
    assert.equal(readCameraState(camera, tell), { values: {}, profiles: { 'dark sky': profile } });
    assert.equal(told, []);
  }));

test('changes that come at once all stay', () =>
  withUser(async (told, file) => {
    const tell = (message: string) => told.push(message);
    const names = Array.from({ length: 12 }, (_, i) => `Control${i}`);
    await Promise.all(names.map((name, i) => changeCameraState(camera, withValues({ [name]: i }), tell)));
    assert.equal(Object.keys(readCameraState(camera, tell).values).sort(), [...names].sort());
    assert.is(readdirSync(dirname(file)).length, 1);
  }));

test('a damaged file is put aside with its content, told of, and the next change begins anew', async () => {
  const damaged = [
    '',
    '{"version":1,',
    'null',
    '[]',
    '{"version":1}',
    '{"version":1,"camera":{"vendor":"","model":"","serial":""},"values":{"Gain":null},"profiles":{}}',
    '{"version":1,"camera":{"vendor":"","model":"","serial":""},"values":{"__proto__":1,"a b":2},"profiles":{}}',
    '{"version":1,"camera":{"vendor":"","model":"","serial":""},"values":{},"profiles":{"\\u0000":{"savedUtc":"","values":{}}}}',
    `{"version":1,"x":"${'x'.repeat(2 ** 20)}"}`,
  ];
  for (const text of damaged) {
    await withUser(async (told, file) => {
      const tell = (message: string) => told.push(message);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      assert.equal(readCameraState(camera, tell), { values: {}, profiles: {} });
      assert.is(told.length, 1);
      assert.match(told[0] ?? '', /is damaged .* stands in .*\.damaged-/);
      const [aside] = readdirSync(dirname(file));
      assert.is(readFileSync(`${dirname(file)}/${aside}`, 'utf8'), text);
      await changeCameraState(camera, withValues({ Gain: 1 }), tell);
      assert.equal(readCameraState(camera, tell).values, { Gain: 1 });
    });
  }
});

test('a file of a newer version is neither used nor overwritten', () =>
  withUser(async (told, file) => {
    const text = '{"version":2,"whatever":1}';
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    assert.equal(readCameraState(camera, (message) => told.push(message)).values, {});
    assert.match(told[0] ?? '', /newer version/);
    try {
      await changeCameraState(camera, withValues({ Gain: 1 }), () => {});
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code: string }).code, 'camera-state.newer');
    }
    assert.is(readFileSync(file, 'utf8'), text);
  }));

test('a lock that a dead process left does not hold for ever', () =>
  withUser(async (_, file) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.lock`, '');
    const longAgo = Date.now() / 1_000 - 60;
    utimesSync(`${file}.lock`, longAgo, longAgo);
    await changeCameraState(camera, withValues({ Gain: 1 }), () => {});
    assert.equal(readCameraState(camera, () => {}).values, { Gain: 1 });
    assert.is(readdirSync(dirname(file)).length, 1);
  }));

test('a profile has a name that people can write', () => {
  for (const good of ['night', 'Nacht 1', 'dark_sky.2', '夜']) assert.is(checkProfileName(good), good);
  for (const bad of ['', ' x', '../x', '__proto__', 'a\nb', 'x'.repeat(65), 'a/b'])
    assert.throws(() => checkProfileName(bad), /cannot name a profile/);
});

test.run();
