import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

interface Answer {
  readonly frames: number;
  readonly bytes: number;
  readonly marked: number;
  readonly findings: readonly {
    readonly kind: string;
    readonly file: string;
    readonly offset: number;
    readonly frame: number;
  }[];
}

test('verify says that all is as it was recorded, names what is not with 3, and writes only with --mark', () =>
  withFolder(async (data) => {
    await appulse(['record', '--camera', 'sim:tiny?fps=100', '--frames', '20', '--data', data]);
    const clean = await appulse(['verify', '--data', data, '--session', 'latest']);
    assert.is(clean.code, 0, clean.stderr);
    assert.match(clean.stdout, /nothing is damaged: 20 frames in 1 segments/);
    const [folder = ''] = readdirSync(join(data, 'sessions'));
    const name = readdirSync(join(data, 'sessions', folder)).find((each) => each.endsWith('.fits')) ?? '';
    const file = join(data, 'sessions', folder, name);
    const bytes = readFileSync(file);
    bytes[bytes.byteLength - 20_000] = 0xff ^ (bytes[bytes.byteLength - 20_000] as number);
    writeFileSync(file, bytes);
    for (const args of [[], ['--mark']]) {
      const ended = await appulse(['verify', '--data', data, '--json', ...args]);
      assert.is(ended.code, 3, ended.stderr);
      const { findings, marked } = ended.json as Answer;
      assert.equal(
        findings.map(({ kind, file: found, frame }) => [kind, found, frame]),
        [['damaged', `sessions/${folder}/${name}`, 20]],
      );
      assert.is(marked, args.length);
    }
    const after = await appulse(['verify', '--data', data, '--json']);
    assert.is((after.json as Answer).findings[0]?.kind, undefined);
    const frames = await appulse(['frames', '--data', data, '--json']);
    assert.is((frames.json as { gaps: unknown[] }).gaps.length, 1);
  }));

test('verify of a folder without an index says so', () =>
  withFolder(async (data) => {
    const ended = await appulse(['verify', '--data', data, '--json']);
    assert.is(ended.code, 1);
    assert.is((ended.json as { error: { code: string } }).error.code, 'storage.no-index');
  }));

test.run();
