/**
 * A session on several data folders, one after the other: when what is written to one fails, or its floor is reached, recording goes
 * on in the next. Each folder has its own recorder with its own index; session, frame numbers and segment numbers go on, and
 * frames that were not written yet are handed from one to the other in their record buffers. There is no way back within a session.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '#gps/errors.js';
import { StorageError } from '../errors.js';
import type { EventRecord, FrameRecord, GapRecord } from '../frame-record.js';
import type { MarkDescription, StackDescription } from '../index/index-changes.js';
import type { CameraDescription } from '../session-record.js';
import { RecordBufferPool } from './record-buffer-pool.js';
import type { RecordBuffersHandle } from './record-buffers.js';
import { openRecorder, type RecorderClient } from './recorder.js';
import type { RecordedFrame, Recorder, RecorderOptions, RecorderStatus } from './recorder-types.js';

export interface RecorderChainOptions
  extends Omit<RecorderOptions, 'dataFolder' | 'pool' | 'segmentsBefore' | 'onHandedBack'> {
  /** In the order in which they are used, each opened with `openDataFolder`. */
  readonly dataFolders: readonly string[];
  /** Recording goes on in the session's `folder`; the frames from number `firstNumber` on go there. */
  readonly onMoved?: (folder: string, firstNumber: number) => void;
}

/** How often is looked whether all frames came back. */
const POLL_MS = 2;

/** Begins a session in the first folder. Throws as `openRecorder`. */
export async function openRecorderChain(options: RecorderChainOptions): Promise<Recorder> {
  const { dataFolders, ...rest } = options;
  const [first, ...others] = dataFolders;
  if (first === undefined) throw new StorageError('storage.no-folder', 'no data folder is named');
  if (others.length === 0) return openRecorder({ ...rest, dataFolder: first });
  const chain = new RecorderChain(rest, others);
  await chain.begin(first);
  return chain;
}

class RecorderChain implements Recorder {
  readonly #options: Omit<RecorderChainOptions, 'dataFolders'>;
  readonly #pool: RecordBufferPool;
  /** Recorders so far, the one that takes frames at the end. */
  readonly #links: RecorderClient[] = [];
  #next: readonly string[];
  #camera: CameraDescription;
  /** Frames that came while recording moves; null while it does not. */
  #waiting: RecordedFrame[] | null = null;
  /** Frames that the former recorder did not write, in order. */
  #returned: RecordedFrame[] = [];
  #moving: Promise<void> = Promise.resolve();
  #closing: Promise<RecorderStatus> | null = null;

  constructor(options: Omit<RecorderChainOptions, 'dataFolders'>, next: readonly string[]) {
    this.#options = options;
    this.#pool = new RecordBufferPool(options.buffers);
    this.#camera = options.session.camera;
    this.#next = next;
  }

  async begin(dataFolder: string): Promise<void> {
    this.#links.push(await this.#open(dataFolder));
  }

  get folder(): string {
    return this.#current.folder;
  }

  get indexFile(): string {
    return this.#current.indexFile;
  }

  acquire(): number | null {
    return this.#pool.acquire();
  }

  release(buffer: number): void {
    this.#pool.release(buffer);
  }

  append(frame: RecordedFrame): void {
    if (this.#waiting === null) this.#current.append(frame);
    else this.#waiting.push(frame);
  }

  gap(gap: GapRecord): void {
    this.#current.gap(gap);
  }

  event(event: EventRecord): void {
    this.#current.event(event);
  }

  /** What is marked may stand in any of the folders. */
  mark(mark: MarkDescription): void {
    for (const link of this.#links) link.mark(mark);
  }

  /** Its row belongs into the index of the folder in which it was begun. */
  stack(stack: StackDescription, folder: string): void {
    (this.#links.find((link) => link.folder === folder) ?? this.#current).stack(stack);
  }

  unrecorded(record: FrameRecord, why: string): void {
    this.#current.unrecorded(record, why);
  }

  async changeCamera(camera: CameraDescription, buffers: RecordBuffersHandle | null): Promise<void> {
    await this.#moving;
    this.#camera = camera;
    await this.#current.changeCamera(camera, buffers);
  }

  status(): RecorderStatus {
    return sumOf(this.#links.map((link) => link.status()));
  }

  hasRoom(bytes: number): boolean {
    return this.#current.hasRoom(bytes);
  }

  close(): Promise<RecorderStatus> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #current(): RecorderClient {
    return this.#links.at(-1) as RecorderClient;
  }

  #open(dataFolder: string): Promise<RecorderClient> {
    const { session } = this.#options;
    const hasNext = this.#next.length > 0;
    return openRecorder({
      ...this.#options,
      dataFolder,
      session: { ...session, camera: this.#camera },
      buffers: this.#pool.handle,
      pool: this.#pool,
      segmentsBefore: this.#links.reduce((sum, link) => sum + link.status().segments, 0),
      ...(hasNext ? { onHandedBack: (frames, why) => this.#handedBack(frames, why) } : {}),
    });
  }

  #handedBack(frames: readonly RecordedFrame[], why: string): void {
    if (this.#closing !== null) {
      // The session ends: nothing moves any more, and what cannot be written here is given up.
      for (const frame of frames) this.#current.append(frame);
      return;
    }
    this.#returned.push(...frames);
    if (this.#waiting !== null) return;
    this.#waiting = [];
    this.#moving = this.#move(why);
  }

  async #move(why: string): Promise<void> {
    const former = this.#current;
    let next: RecorderClient | null = null;
    for (let folder = this.#next[0]; next === null && folder !== undefined; folder = this.#next[0]) {
      this.#next = this.#next.slice(1);
      try {
        next = await this.#open(folder);
        this.#options.onWarning?.(`${why}. Recording goes on in ${folder}`);
      } catch (error) {
        this.#options.onWarning?.(`recording cannot go on in ${folder}: ${reasonOf(error)}`);
      }
    }
    if (next === null) former.keepFailing();
    while (former.away > 0) await delay(POLL_MS);
    const frames = [...this.#returned, ...(this.#waiting ?? [])];
    if (next !== null) {
      this.#links.push(next);
      const [first] = frames;
      if (first !== undefined) this.#options.onMoved?.(next.folder, first.record.frameNumber);
    }
    this.#returned = [];
    this.#waiting = null;
    for (const frame of frames) this.#current.append(frame);
  }

  async #close(): Promise<RecorderStatus> {
    await this.#moving;
    this.#current.keepFailing();
    while (this.#current.away > 0) await delay(POLL_MS);
    const ends = await Promise.allSettled(this.#links.map((link) => link.close()));
    for (const end of ends.slice(0, -1)) {
      if (end.status === 'rejected') this.#options.onWarning?.(reasonOf(end.reason));
    }
    const last = ends.at(-1);
    if (last?.status === 'rejected') throw last.reason;
    return this.status();
  }
}

/** Counts of all recorders; what is true of the disk is that of the last one. */
function sumOf(all: readonly RecorderStatus[]): RecorderStatus {
  const last = all.at(-1) as RecorderStatus;
  const sum = (of: (status: RecorderStatus) => number) => all.reduce((total, status) => total + of(status), 0);
  return {
    ...last,
    framesRecorded: sum((status) => status.framesRecorded),
    framesIndexed: sum((status) => status.framesIndexed),
    framesIncomplete: sum((status) => status.framesIncomplete),
    notRecorded: sum((status) => status.notRecorded),
    bytes: sum((status) => status.bytes),
    segments: sum((status) => status.segments),
  };
}
