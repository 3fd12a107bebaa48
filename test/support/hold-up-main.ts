/** Preloaded into a program: holds its main thread up for a second, again and again; the other threads are left alone. */
import { isMainThread } from 'node:worker_threads';

const isSimulator = process.argv.includes('simulate');
if (isMainThread && !isSimulator) {
  const hold = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  setInterval(hold, 300).unref();
}
