/** Preloaded into the program: holds its main thread up for 2 s at random times; other threads and the camera are left alone. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.argv.includes('record')) {
  const hold = () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    setTimeout(hold, 500 + Math.random() * 4_000).unref();
  };
  setTimeout(hold, 3_000).unref();
}
