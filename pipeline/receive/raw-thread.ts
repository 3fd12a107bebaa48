import { isMainThread, MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { ReceiverError, type ReceiverOptions } from './receiver.js';

/** What a client says to the raw thread. `id` names one receiver of that client. */
export type RawRequest =
  | { readonly type: 'open'; readonly id: number; readonly options: Omit<ReceiverOptions, 'rawThread'> }
  | { readonly type: 'stop'; readonly id: number };

/** What the raw thread says back. */
export type RawReply =
  | { readonly type: 'opened'; readonly id: number; readonly port: number; readonly socketBufferBytes: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: 'ready'; readonly id: number }
  | { readonly type: 'stopped'; readonly id: number };

const START_LIMIT_MS = 10_000;

let worker: Worker | undefined;

/**
 * A connection to the one thread of this process that may load raw-socket, whose addon cannot be loaded twice. Made in
 * the main thread; hand the port to the worker that opens receivers (`ReceiverOptions.rawThread`, transferred). Each
 * call gives a new port. The first call holds the main thread up until the socket stands (some 50 ms, see RawSocket).
 * The thread does not keep the process alive, and lives as long as it.
 */
export function rawThread(): { readonly port: MessagePort } {
  if (!isMainThread) {
    throw new ReceiverError(
      'receive.raw-thread',
      'the raw thread is started by the main thread: pass its port in the receiver options',
    );
  }
  if (worker === undefined) {
    const gate = new SharedArrayBuffer(4);
    worker = new Worker(new URL('./raw-thread-entry.js', import.meta.url), { name: 'appulse-raw', workerData: gate });
    worker.unref();
    if (Atomics.wait(new Int32Array(gate), 0, 0, START_LIMIT_MS) === 'timed-out')
      throw new ReceiverError('receive.raw-thread', `the thread of raw-socket did not start in ${START_LIMIT_MS} ms`);
  }
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return { port: port1 };
}
