/** Nobody reads what the program tells, or it cannot be written. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

const program = fileURLToPath(new URL('../../../../bin/appulse.mjs', import.meta.url));

test('a recording whose standard error is read no more records on to its end', () =>
  withFolder(async (data) => {
    const { child, says, ended } = startAppulse([
      ...['record', '--camera', 'sim:tiny?fps=100', '--frames', '60', '--data', data, '--json'],
    ]);
    await says('opening sim:tiny');
    child.stderr.destroy();
    const { code, json } = await ended;
    assert.is(code, 0);
    assert.is((json as { frames: { recorded: number } }).frames.recorded, 60);
    const { stdout } = await appulse(['sessions', '--data', data]);
    assert.match(stdout, 'complete');
  }));

if (existsSync('/dev/full')) {
  test('an answer that standard output does not take whole ends with 1 and says so', async () => {
    for (const words of [['config'], ['record', '--help']]) {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [code] = (await once(child, 'close')) as [number | null];
      assert.is(code, 1);
      assert.match(said, /^appulse: standard output takes no more \(ENOSPC.*\n$/);
    }
  });
}

test.run();
