/** The writer's own thread: a SessionWriter between its client's messages and the index. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { SessionLog } from '../folder/session-log.js';
import type { IndexChange } from '../index/index-changes.js';
import type { FromIndex, ToIndex } from '../index/index-thread.js';
import { RecordBuffers } from './record-buffers.js';
import type { FromWriter, ToWriter, WriterThreadData } from './recorder-messages.js';
import { SessionWriter } from './session-writer.js';

const STATUS_MS = 200;
const LOG_SYNC_MS = 1000;

function run(port: NonNullable<typeof parentPort>, data: WriterThreadData): void {
  const { indexPort, session } = data;
  const say = (message: FromWriter): void => port.postMessage(message);
  const acks = new Map<number, () => void>();
  let lastAck = 0;
  let cameraId = session.camera.id;
  let indexClosed: () => void = () => undefined;
  const whenIndexClosed = new Promise<void>((resolve) => {
    indexClosed = resolve;
  });

  const log = new SessionLog(join(data.dataFolder, data.folder), (message) => say({ kind: 'warning', message }));
  const toIndex = (changes: readonly IndexChange[], ack: number | null): void => {
    log.append(changes);
    indexPort.postMessage({ kind: 'changes', changes, ack } satisfies ToIndex);
  };
  const writer = new SessionWriter({
    ...data,
    buffers: RecordBuffers.attach(data.buffers),
    index: (changes) => toIndex(changes, null),
    indexCommitted: (changes) =>
      new Promise((resolve) => {
        acks.set(++lastAck, resolve);
        toIndex(changes, lastAck);
      }),
    onHandedBack: data.handsBack
      ? (frames, why) => say({ kind: 'handed-back', frames, why, status: writer.status() })
      : null,
    onWritten: (buffers) => say({ kind: 'written', buffers, status: writer.status() }),
    onWarning: (message) => say({ kind: 'warning', message }),
  });

  indexPort.on('message', (message: FromIndex) => {
    if (message.kind === 'warning') say(message);
    if (message.kind === 'gone') writer.indexGone();
    if (message.kind === 'closed') {
      if (message.uncommitted > 0)
        say({ kind: 'warning', message: `${message.uncommitted} rows are not in the index` });
      indexClosed();
    }
    if (message.kind !== 'committed') return;
    writer.indexed(message.frames);
    for (const ack of message.acks) {
      acks.get(ack)?.();
      acks.delete(ack);
    }
  });

  const status = setInterval(() => say({ kind: 'status', status: writer.status() }), STATUS_MS);
  const syncing = setInterval(() => void log.sync(), LOG_SYNC_MS);

  const close = async (): Promise<void> => {
    await writer.close(BigInt(Date.now()) * 1_000_000n);
    clearInterval(syncing);
    await log.close();
    indexPort.postMessage({ kind: 'close' } satisfies ToIndex);
    await whenIndexClosed;
    clearInterval(status);
    say({ kind: 'closed', status: writer.status() });
    indexPort.close();
    port.close();
  };

  port.on('message', (message: ToWriter) => {
    switch (message.kind) {
      case 'append':
        writer.append(message.frame);
        break;
      case 'gap':
        writer.gap(message.gap, cameraId);
        break;
      case 'event':
        toIndex([{ kind: 'event', event: message.event, cameraId }], null);
        break;
      case 'mark':
        writer.mark(message.mark, cameraId);
        break;
      case 'stack': {
        const stack = { ...message.stack, file: `${data.folder}/${message.stack.file}` };
        toIndex([{ kind: 'stack', stack, cameraId }], null);
        break;
      }
      case 'unrecorded':
        writer.unrecorded(message.record, message.why);
        break;
      case 'camera':
        cameraId = message.camera.id;
        writer.changeCamera(message.camera, message.buffers === null ? null : RecordBuffers.attach(message.buffers));
        break;
      case 'keep-failing':
        writer.keepFailing();
        break;
      case 'index-died':
        for (const resolve of acks.values()) resolve();
        acks.clear();
        indexClosed();
        break;
      case 'close':
        void close();
        break;
    }
  });
  say({ kind: 'ready' });
}

if (parentPort !== null) run(parentPort, workerData as WriterThreadData);
