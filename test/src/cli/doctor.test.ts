import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { reportLines } from '#src/cli/doctor.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

interface Report {
  readonly ready: boolean;
  readonly bad: number;
  readonly findings: readonly { id: string; title: string; state: string; found: string; why: string }[];
}

test('doctor examines the real machine: one JSON object, and the exit code says whether something is bad', () =>
  withFolder(async (folder) => {
    const ended = await appulse(['doctor', '--camera', 'sim:tiny', '--data', folder, '--json']);
    const { ready, bad, findings } = ended.json as Report;
    assert.is(ended.stdout.trimEnd().split('\n').length, 1);
    assert.is(ended.code, bad === 0 ? 0 : 1, ended.stderr);
    assert.is(ready, bad === 0);
    for (const { state, title, found, why } of findings) {
      assert.ok(['ok', 'warn', 'bad', 'unknown'].includes(state));
      assert.ok(title !== '' && found !== '' && why !== '');
    }
    assert.match(findings.find(({ id }) => id === 'disk.speed')?.found ?? '', /GB\/s/);
    assert.match(findings.find(({ id }) => id === 'camera.route')?.found ?? '', /loopback/);
    assert.equal(readdirSync(folder), []);
  }));

test('doctor as text: aligned lines, the summary last, nothing written with --no-disk-test', () =>
  withFolder(async (folder) => {
    const { stdout } = await appulse(['doctor', '--data', folder, '--no-disk-test']);
    const lines = stdout.trimEnd().split('\n');
    assert.match(
      lines.at(-1) ?? '',
      /^(ready|ready, with warnings|NOT READY): \d+ bad, \d+ warnings, \d+ ok, \d+ unknown$/,
    );
    assert.match(stdout, /not measured \(--no-disk-test\)/);
    const columns = lines.filter((line) => /^(ok|warn|bad|unknown) /.test(line)).map((line) => line.search(/\S/));
    assert.ok(columns.every((column) => column === 0));
  }));

test('what is not well stands with its reason and its remedy', () => {
  const point = { id: 'a.b', title: 'MTU', why: 'Because.' };
  assert.equal(
    reportLines([
      { ...point, state: 'bad', found: '1500', remedy: 'ip link set' },
      { ...point, state: 'ok', found: '9000', remedy: null },
    ]),
    [
      'bad      MTU  1500',
      '              Because.',
      '              > ip link set',
      'ok       MTU  9000',
      '',
      'NOT READY: 1 bad, 0 warnings, 1 ok, 0 unknown',
    ],
  );
});

test('a URI that names no camera is wrong usage', async () => {
  const ended = await appulse(['doctor', '--camera', 'usb:1', '--no-disk-test']);
  assert.is(ended.code, 2);
  assert.match(ended.stderr, /names no camera/);
});

test.run();
