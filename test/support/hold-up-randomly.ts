/**
 * Preloaded into a station and the bridges that it starts: holds main threads up for 5 to 500 ms, about 30 % of the time, at times that
 * depend on a seed; the other threads are left alone. HOLD_UP: whose (`station`, `bridge`, both with a comma), HOLD_UP_SEED,
 * HOLD_UP_LOG: a file that gets a line `WHOSE MILLISECONDS` for each.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Random } from '#src/cameras/random.js';

const LEAST_MS = 5;
const MOST_MS = 500;
const SHARE = 0.3;

function whose(): string | null {
  if (!isMainThread) return null;
  if (process.argv[1]?.endsWith('bridge-entry.js')) return 'bridge';
  return process.argv.includes('record') ? 'station' : null;
}

const here = whose();
const log = process.env.HOLD_UP_LOG;
if (here !== null && log !== undefined && (process.env.HOLD_UP ?? '').split(',').includes(here)) {
  const random = new Random(Number(process.env.HOLD_UP_SEED ?? 1), here.length);
  const never = new Int32Array(new SharedArrayBuffer(4));
  const hold = (): void => {
    const ms = LEAST_MS + random.float() * (MOST_MS - LEAST_MS);
    Atomics.wait(never, 0, 0, ms);
    appendFileSync(log, `${here} ${ms.toFixed(1)}\n`);
    // Rests of half to three halves of what makes the share.
    setTimeout(hold, ms * (1 / SHARE - 1) * (0.5 + random.float())).unref();
  };
  setTimeout(hold, 200).unref();
}
