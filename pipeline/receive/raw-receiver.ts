import { isMainThread, type MessagePort } from 'node:worker_threads';
import { type RawReply, type RawRequest, rawThread } from './raw-thread.js';
import { placementIgnored } from './receive-thread.js';
import { type Receiver, ReceiverError, type ReceiverOptions } from './receiver.js';
import { socketBufferWarning } from './socket-buffer.js';

let ownPort: MessagePort | undefined;
let nextId = 1;
/** Receivers that listen on a port: a port without any must not keep the process alive. */
const listeners = new WeakMap<MessagePort, Map<number, (reply: RawReply) => void>>();

function portFor(options: ReceiverOptions): MessagePort {
  if (options.rawThread !== undefined) return options.rawThread;
  if (!isMainThread) {
    throw new ReceiverError(
      'receive.raw-thread',
      'a raw receiver outside the main thread needs the port of the raw thread in its options',
    );
  }
  ownPort ??= rawThread().port;
  return ownPort;
}

function listen(port: MessagePort, id: number, listener: (reply: RawReply) => void): () => void {
  let ofPort = listeners.get(port);
  if (ofPort === undefined) {
    ofPort = new Map();
    const all = ofPort;
    listeners.set(port, ofPort);
    port.on('message', (reply: RawReply) => all.get(reply.id)?.(reply));
    port.once('close', () => {
      const message = 'the thread of raw-socket has ended';
      for (const [id, listener] of all) {
        listener({ type: 'failed', id, code: 'receive.raw-thread', message });
        listener({ type: 'stopped', id });
      }
      if (port === ownPort) ownPort = undefined;
    });
  }
  ofPort.set(id, listener);
  port.ref();
  return () => {
    ofPort.delete(id);
    if (ofPort.size === 0) port.unref();
  };
}

/**
 * Receives below the UDP layer by npm raw-socket, in the process's raw thread: sees a stream that another program
 * controls (a tap: `gvcpPort` 0 and the `port` to watch), else holds the port itself and asks for missing packets from
 * it. Needs CAP_NET_RAW.
 */
export async function openRawReceiver(options: ReceiverOptions, onReady: () => void): Promise<Receiver> {
  const port = portFor(options);
  const id = nextId++;
  const { rawThread: _, ...cloneable } = options;
  const say = (request: RawRequest) => port.postMessage(request);
  let stopped: (() => void) | undefined;
  let unlisten = () => {};
  const opened = await new Promise<Extract<RawReply, { type: 'opened' }>>((resolve, reject) => {
    unlisten = listen(port, id, (reply) => {
      if (reply.type === 'ready') onReady();
      else if (reply.type === 'opened') resolve(reply);
      else if (reply.type === 'stopped') stopped?.();
      else reject(new ReceiverError(reply.code, reply.message));
    });
    say({ type: 'open', id, options: cloneable });
  }).catch((error: unknown) => {
    unlisten();
    throw error;
  });
  let stopping: Promise<void> | undefined;
  return {
    kind: 'raw',
    port: opened.port,
    warnings: [
      ...socketBufferWarning(options.socketBufferBytes, opened.socketBufferBytes),
      ...placementIgnored(options, 'raw'),
    ],
    socketBufferBytes: opened.socketBufferBytes,
    method: 'raw-socket',
    stop: () => {
      stopping ??= new Promise<void>((resolve) => {
        stopped = resolve;
        say({ type: 'stop', id });
      }).then(unlisten);
      return stopping;
    },
  };
}
