import * as assert from 'uvu/assert';
import { WorkerPool } from '#storage/worker-pool.js';
import { test } from '#test/support/test.js';

const filename = new URL('../../storage/export/decode-worker.js', import.meta.url).href;

test('a pool that is ended while its workers load lets them load first', async () => {
  const pool = new WorkerPool({ filename, minThreads: 3, maxThreads: 3 });
  let ready = 0;
  for (const worker of pool.threads) worker.once('message', () => ready++);
  await pool.destroy();
  assert.is(ready, 3);
  // Once more does no harm.
  await pool.destroy();
});

test('workers that were started for work that nobody waits for any more are let load too', async () => {
  const pool = new WorkerPool({ filename, minThreads: 0, maxThreads: 2 });
  const answers = [pool.run({}), pool.run({})].map((answer) => answer.catch((error: Error) => error));
  let ready = 0;
  for (const worker of pool.threads) worker.once('message', () => ready++);
  assert.is(pool.threads.length, 2);
  await pool.destroy();
  assert.is(ready, 2);
  assert.ok((await Promise.all(answers)).every((answer) => answer instanceof Error));
});

test('workers that cannot load keep nobody', async () => {
  const pool = new WorkerPool({ filename: new URL('nowhere.js', filename).href, minThreads: 1, maxThreads: 1 });
  pool.on('error', () => {});
  await pool.destroy();
});

test.run();
