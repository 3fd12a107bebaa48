/**
 * The recorder as a session sees it: record buffers go out filled and come back free. Writing and indexing have
 * threads of their own, so nothing here waits for a disk.
 */
import { join, resolve } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { v7 as uuidv7 } from 'uuid';
import { StorageError } from '../errors.js';
import { PRIMARY_BYTES } from '../fits/primary-hdu.js';
import { recordingFormat } from '../formats/formats.js';
import type { EventRecord, FrameRecord, GapRecord } from '../frame-record.js';
import type { MarkDescription, StackDescription } from '../index/index-changes.js';
import { INDEX_FILE } from '../index/index-file.js';
import type { IndexThreadData } from '../index/index-thread.js';
import { makeFolder } from '../make-folder.js';
import { retainedIn } from '../retention/retained-segments.js';
import { KEEP_ALL, removesSegments } from '../retention/retention-policy.js';
import type { CameraDescription } from '../session-record.js';
import { sessionFolderName } from './names.js';
import { RecordBufferPool } from './record-buffer-pool.js';
import type { RecordBuffersHandle } from './record-buffers.js';
import { lengthOf } from './recorded-frame.js';
import type { FromWriter, ToWriter, WriterThreadData } from './recorder-messages.js';
import type { RecordedFrame, Recorder, RecorderOptions, RecorderStatus } from './recorder-types.js';

/** A new session's identifier, unique across stations; sorts by time. */
export function newSessionId(): string {
  return uuidv7();
}

const NOTHING: RecorderStatus = {
  framesRecorded: 0,
  framesIndexed: 0,
  framesIncomplete: 0,
  notRecorded: 0,
  bytes: 0,
  segments: 0,
  diskBytesPerSecond: 0,
  freeBytes: null,
  reserveBytes: 0,
  failing: false,
};

/**
 * Begins a session in a data folder opened with `openDataFolder`: makes its folder and starts the threads. Throws
 * `storage.max-bytes-small`, as `makeFolder`, and the index's errors.
 */
export async function openRecorder(options: RecorderOptions): Promise<RecorderClient> {
  const dataFolder = resolve(options.dataFolder);
  const { session, maxBytes, buffers } = options;
  const least = 4 * (buffers.bufferBytes + PRIMARY_BYTES);
  if (maxBytes !== null && maxBytes < least) {
    throw new StorageError(
      'storage.max-bytes-small',
      `a rolling archive of ${maxBytes} bytes is too small for this camera: give at least ${least} (four frames)`,
    );
  }
  const { hours, nights, keep } = options.retention ?? KEEP_ALL;
  const policy = { ...KEEP_ALL, maxBytes, hours, nights, keep };
  const folder = sessionFolderName(session.startedUtcNs, session.id);
  makeFolder(join(dataFolder, folder));
  const indexFile = join(dataFolder, INDEX_FILE);
  const { port1: indexPort, port2: port } = new MessageChannel();
  const index = await startThread(
    '../index/index-thread.js',
    { file: indexFile, port } satisfies IndexThreadData,
    port,
  );
  try {
    const data: WriterThreadData = {
      dataFolder,
      folder,
      session,
      format: options.format,
      ...(options.serStamp === undefined ? {} : { serStamp: options.serStamp }),
      segmentBytes: options.segmentBytes,
      policy,
      longitudeDeg: options.retention?.longitudeDeg ?? null,
      preRollNs: options.retention?.preRollNs ?? null,
      retained: removesSegments(policy) ? retainedIn(indexFile, session.camera.id) : null,
      buffers,
      floorBytes: options.floorBytes ?? 0,
      segmentsBefore: options.segmentsBefore ?? 0,
      handsBack: options.onHandedBack !== undefined,
      indexPort,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    };
    const writer = await startThread('./writer-thread.js', data, indexPort);
    return new RecorderClient(options, join(dataFolder, folder), indexFile, writer, index);
  } catch (error) {
    await index.terminate();
    throw error;
  }
}

/** Starts a thread and waits for its first word; a failure of its start is thrown as it was thrown there. */
function startThread(file: string, workerData: object, port: WriterThreadData['indexPort']): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData, transferList: [port] });
    worker.once('message', () => {
      worker.removeListener('error', failed);
      resolve(worker);
    });
    const failed = (error: Error & { code?: string }): void => {
      // A class does not survive the way between threads; its code does.
      const code = error.code?.startsWith('storage.') ? error.code : 'storage.thread-failed';
      reject(new StorageError(code, error.message, { cause: error }));
    };
    worker.once('error', failed);
  });
}

export class RecorderClient implements Recorder {
  readonly folder: string;
  readonly indexFile: string;
  readonly #options: RecorderOptions;
  readonly #writer: Worker;
  readonly #threads: Promise<unknown>;
  readonly #blockBytes: number;
  readonly #pool: RecordBufferPool;
  readonly #away = new Set<number>();
  #status = NOTHING;
  #givenUp = 0;
  #dead: StorageError | null = null;
  #closing: Promise<RecorderStatus> | null = null;
  #closed: (status: RecorderStatus) => void = () => undefined;
  #failed: (error: StorageError) => void = () => undefined;

  constructor(options: RecorderOptions, folder: string, indexFile: string, writer: Worker, index: Worker) {
    this.#options = options;
    this.#blockBytes = recordingFormat(options.format).blockBytes;
    this.folder = folder;
    this.indexFile = indexFile;
    this.#writer = writer;
    this.#pool = options.pool ?? new RecordBufferPool(options.buffers);
    this.#threads = Promise.all([writer, index].map((worker) => new Promise((done) => worker.once('exit', done))));
    writer.on('message', (message: FromWriter) => this.#take(message));
    writer.on('error', (error) => this.#writerDied(error));
    index.on('error', (error) => {
      this.#warn(`the index thread ended: ${error.message}. Frames are recorded, their rows are not kept`);
      this.#send({ kind: 'index-died' });
    });
  }

  acquire(): number | null {
    return this.#pool.acquire();
  }

  release(buffer: number): void {
    this.#pool.release(buffer);
  }

  append(frame: RecordedFrame): void {
    const { buffer, parts } = frame;
    const { count, bufferBytes } = this.#pool.handle;
    const inside = parts.every(({ offset, length }) => offset >= 0 && length >= 0 && offset + length <= bufferBytes);
    const length = lengthOf(frame);
    if (!(buffer >= 0 && buffer < count) || !inside || length === 0 || length % this.#blockBytes !== 0) {
      throw new StorageError('storage.bad-frame', `${length} bytes of record buffer ${buffer} are no frame`);
    }
    if (this.#closing !== null) throw new StorageError('storage.closed', 'the recorder is closed, no frame can follow');
    if (this.#dead !== null) {
      this.#givenUp++;
      this.#back([buffer]);
      return;
    }
    this.#away.add(buffer);
    this.#send({ kind: 'append', frame });
  }

  unrecorded(record: FrameRecord, why: string): void {
    if (this.#dead !== null) this.#givenUp++;
    else this.#send({ kind: 'unrecorded', record, why });
  }

  gap(gap: GapRecord): void {
    this.#send({ kind: 'gap', gap });
  }

  mark(mark: MarkDescription): void {
    this.#send({ kind: 'mark', mark });
  }

  event(event: EventRecord): void {
    this.#send({ kind: 'event', event });
  }

  stack(stack: StackDescription): void {
    this.#send({ kind: 'stack', stack });
  }

  async changeCamera(camera: CameraDescription, buffers: RecordBuffersHandle | null): Promise<void> {
    if (buffers !== null) {
      await this.#pool.replace(buffers);
    }
    this.#send({ kind: 'camera', camera, buffers });
  }

  /** Appended frames that are neither written nor handed back yet. */
  get away(): number {
    return this.#away.size;
  }

  /** No other recorder takes frames: those that cannot be written are given up from now on. */
  keepFailing(): void {
    this.#send({ kind: 'keep-failing' });
  }

  hasRoom(bytes: number): boolean {
    const { freeBytes, reserveBytes } = this.#status;
    return freeBytes === null || freeBytes - bytes >= reserveBytes;
  }

  status(): RecorderStatus {
    return {
      ...this.#status,
      notRecorded: this.#status.notRecorded + this.#givenUp,
      failing: this.#status.failing || this.#dead !== null,
    };
  }

  close(): Promise<RecorderStatus> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<RecorderStatus> {
    if (this.#dead !== null) throw this.#dead;
    const closed = new Promise<RecorderStatus>((resolve, reject) => {
      this.#closed = resolve;
      this.#failed = reject;
    });
    this.#send({ kind: 'close' });
    await closed;
    await this.#threads;
    return this.status();
  }

  #take(message: FromWriter): void {
    if (message.kind === 'warning') this.#warn(message.message);
    if (
      message.kind === 'written' ||
      message.kind === 'status' ||
      message.kind === 'closed' ||
      message.kind === 'handed-back'
    )
      this.#status = message.status;
    if (message.kind === 'written') this.#back(message.buffers);
    if (message.kind === 'handed-back') this.#handedBack(message.frames, message.why);
    if (message.kind === 'closed') this.#closed(message.status);
  }

  /** Their buffers stay away: whoever takes the frames gives them back. */
  #handedBack(frames: readonly RecordedFrame[], why: string): void {
    for (const { buffer } of frames) this.#away.delete(buffer);
    this.#options.onHandedBack?.(frames, why);
  }

  #back(buffers: readonly number[]): void {
    for (const buffer of buffers) {
      this.#away.delete(buffer);
      this.#pool.release(buffer);
    }
    this.#options.onWritten?.(buffers);
  }

  /** Without its writer a session cannot go on, but the camera's worker must not stand still for it. */
  #writerDied(cause: Error): void {
    this.#dead = new StorageError('storage.writer-died', `the writer thread ended: ${cause.message}`, { cause });
    this.#warn(`${this.#dead.message}. Frames are not recorded any more`);
    this.#givenUp += this.#away.size;
    this.#back([...this.#away]);
    this.#failed(this.#dead);
  }

  #send(message: ToWriter): void {
    this.#writer.postMessage(message);
  }

  #warn(message: string): void {
    this.#options.onWarning?.(message);
  }
}
