import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { loadSettings } from '#src/config/load.js';
import { formatSeconds, formatSize, parseDuration, parseSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

const refused = (work: () => unknown, text: RegExp) =>
  assert.throws(work, (error: Error) => error instanceof UsageError && text.test(error.message));

test('durations and sizes are read with their units, to the nanosecond and the byte', () => {
  assert.is(parseDuration('20s'), 20_000_000_000n);
  assert.is(parseDuration('1.5m'), 90_000_000_000n);
  assert.is(parseDuration('0.000000001s'), 1n);
  assert.is(parseSize('2GiB'), 2 ** 31);
  assert.is(parseSize('500MB'), 5e8);
  assert.is(formatSize(2 ** 31), '2.00 GiB');
  assert.is(formatSeconds(3_725), '1 h 02 min');
  for (const text of ['', '10', '10 parsecs', '-3s', '1e3s']) refused(() => parseDuration(text), /not a duration/);
  for (const text of ['', 'many', '3 Gbit', '-1GiB']) refused(() => parseSize(text), /not a size/);
});

test('an option beats the environment, which beats the file, which beats the default', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'appulse.toml');
    writeFileSync(
      file,
      '[recording]\nmax-bytes = "2GiB"\ndata = "from-file"\nobject = "(4) Vesta"\n[camera]\nfeatures = { Gain = 3 }\n',
    );
    const environment = { APPULSE_RECORDING_MAX_BYTES: '3GiB', APPULSE_RECORDING_DATA: 'from-environment' };
    const loaded = loadSettings({ file, environment, options: { 'recording.data': 'from-option' } });
    assert.is(loaded.values['recording.data'], 'from-option');
    assert.is(loaded.origins['recording.data'], 'option');
    assert.is(loaded.values['recording.max-bytes'], 3 * 2 ** 30);
    assert.is(loaded.origins['recording.max-bytes'], 'environment');
    assert.is(loaded.values['recording.object'], '(4) Vesta');
    assert.is(loaded.origins['recording.object'], `file ${file}`);
    assert.equal(loaded.values['camera.features'], { Gain: 3 });
    assert.is(loaded.values['camera.resend'], true);
    assert.is(loaded.origins['camera.resend'], 'default');
  }));

test('a setting that cannot be is refused with its name, its origin and what is wrong', () =>
  withFolder(async (folder) => {
    const options = { 'camera.receiver': 'pigeon' };
    refused(() => loadSettings({ environment: {}, options }), /camera\.receiver \(option\)/);
    refused(
      () => loadSettings({ environment: { APPULSE_SITE_LATITUDE: '91' }, options: {} }),
      /site\.latitude \(environment\)/,
    );
    const file = join(folder, 'appulse.toml');
    writeFileSync(file, '[recording]\nmaximum = 3\n');
    refused(() => loadSettings({ file, environment: {}, options: {} }), /no setting 'recording\.maximum'/);
    writeFileSync(file, 'recording = 3\n');
    refused(() => loadSettings({ file, environment: {}, options: {} }), /outside of a section/);
    writeFileSync(file, '[recording\n');
    refused(() => loadSettings({ file, environment: {}, options: {} }), /cannot be read/);
    // What never ends is read no further than settings go.
    refused(
      () => loadSettings({ file: '/dev/zero', environment: {}, options: {} }),
      /\/dev\/zero cannot be read.*1048576/,
    );
  }));

test('camera features stand in the environment as on the command line', () => {
  const environment = { APPULSE_CAMERA_FEATURES: ' ExposureTime=5000  Gain=3 ' };
  const loaded = loadSettings({ environment, options: {} });
  assert.equal(loaded.values['camera.features'], { ExposureTime: '5000', Gain: '3' });
  refused(
    () => loadSettings({ environment: { APPULSE_CAMERA_FEATURES: 'Gain' }, options: {} }),
    /camera\.features \(environment\): 'Gain' is not NAME=VALUE/,
  );
  refused(() => loadSettings({ environment: {}, options: { 'camera.features': ['=3'] } }), /'=3' is not NAME=VALUE/);
});

test('a variable that is no setting is refused, where it would do nothing', () => {
  const refusedName = (name: string) =>
    refused(() => loadSettings({ environment: { [name]: '1' }, options: {} }), new RegExp(`${name} is no setting`));
  refusedName('APPULSE_RECORDING_MAXBYTES');
  refusedName('APPULSE_SITE_LATITUDES');
  // Those are not of a section.
  loadSettings({ environment: { APPULSE_DEBUG: '1', APPULSE_RECORDING_MAXBYTES: '', OTHER: '1' }, options: {} });
});

test('a working folder that was removed is told', () =>
  withFolder(async (folder) => {
    const program = fileURLToPath(new URL('../../../bin/appulse.mjs', import.meta.url));
    const script =
      'mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && exec "$2" "$3" record --camera sim:tiny --frames 3 --json';
    const ended = spawnSync('sh', ['-c', script, 'sh', folder, process.execPath, program], { encoding: 'utf8' });
    assert.is(ended.status, 1, ended.stderr);
    assert.match(ended.stderr, 'appulse: the working folder was removed');
    assert.is(JSON.parse(ended.stdout.trim()).error.code, 'working-folder.gone');
  }));

test('appulse config shows every setting with its origin, and wrong usage ends with 2', () =>
  withFolder(async (folder) => {
    const shown = await appulse(['config', '--json', '--data', folder]);
    assert.is(shown.code, 0, shown.stderr);
    const { settings } = shown.json as { settings: Record<string, { value: unknown; from: string }> };
    assert.equal(settings['recording.data'], { value: folder, from: 'option' });
    assert.is(settings['station.id']?.from, 'environment');
    const table = await appulse(['config']);
    assert.match(table.stdout, /recording\.segment-bytes +1073741824 +default/);
    for (const args of [
      ['config', '--receiver', 'pigeon'],
      ['config', '--nonsense'],
      ['nonsense'],
      ['record', '--frames', '0', '--camera', 'sim:tiny'],
      ['record', '--duration', 'soon', '--camera', 'sim:tiny'],
    ]) {
      const ended = await appulse(args);
      assert.is(ended.code, 2, `${args.join(' ')}: ${ended.stderr}`);
      assert.ok(ended.stderr.length > 0);
    }
  }));

test.run();
