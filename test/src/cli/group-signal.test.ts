/** What a terminal sends goes to a command and to the processes that it has started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { test } from '#test/support/test.js';

const program = fileURLToPath(new URL('../../../../bin/appulse.mjs', import.meta.url));

test('a simulated camera that a session started outlives Ctrl-C and the terminal, and ends with the session', async () => {
  const words = ['simulate', 'tiny', '--port', '0', '--exit-with-parent'];
  const child = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  child.kill('SIGHUP');
  await delay(300);
  assert.is(child.exitCode, null);
  assert.is(child.signalCode, null);
  child.stdin.end();
  assert.equal(await ended, [0, null]);
});

test.run();
