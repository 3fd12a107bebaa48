/** Runs a test file once more with the addon's portable code, where this process uses AVX2. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { test } from './test.js';

/** Call it last, with `import.meta.url`. */
export function againWithoutAvx2(url: string): void {
  if (process.env.APPULSE_NO_AVX2 === '1') return;
  test('the portable code of the addon passes all of this too', () => {
    const env = { ...process.env, APPULSE_NO_AVX2: '1' };
    const done = spawnSync(process.execPath, [fileURLToPath(url)], { encoding: 'utf8', env });
    assert.is(done.status, 0, done.stdout + done.stderr);
  });
}
