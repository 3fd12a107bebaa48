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

test('workers that cannot load keep nobody', async () => {
  const pool = new WorkerPool({ filename: new URL('nowhere.js', filename).href, minThreads: 1, maxThreads: 1 });
  pool.on('error', () => {});
  await pool.destroy();
});

test.run();
