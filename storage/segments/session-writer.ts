/**
 * The writer of a session: gathers finished HDUs into large writes and tells the index what is on disk. Runs in the writer
 * thread. Writing is synchronous; syncing, finishing and removing segments happen beside it.
 *
 * When writing fails, frames are given up (a gap row of cause `disk`) so that their buffers come back and the camera goes on;
 * once a second a new segment is tried. A segment whose file someone removed takes its frames with it: those were written, and
 * count as not recorded from then on.
 */
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { type FrameRecord, GAP_CAUSES, type GapRecord } from '../frame-record.js';
import type { IndexChange, MarkDescription } from '../index/index-changes.js';
import { removesSegments } from '../retention/retention-policy.js';
import type { CameraDescription } from '../session-record.js';
import { DiskSpace } from './disk-space.js';
import { PendingFrames } from './pending-frames.js';
import { placeFrames, syncSegment } from './placed-frames.js';
import type { RecordBuffers } from './record-buffers.js';
import { lengthOf } from './recorded-frame.js';
import type { WriterSettings } from './recorder-messages.js';
import type { RecordedFrame, RecorderStatus } from './recorder-types.js';
import { RollingArchive } from './rolling-archive.js';
import { ShortWrite } from './segment-file.js';
import { type OpenSegment, SegmentSequence } from './segment-sequence.js';
import { diskGap, Unrecorded } from './unrecorded.js';
import { WriterCounts } from './writer-counts.js';
import { WriterFaults } from './writer-faults.js';

/** A write is made when this much waits, or it has waited this long: what a crash of the process can cost. */
const BATCH_BYTES = 8 * 1024 ** 2;
const BATCH_MS = 100;
const SECOND_MS = 1000;
/** How often the ages of segments are looked at. */
const AGE_SECONDS = 10;

const utcNow = (): bigint => BigInt(Date.now()) * 1_000_000n;

export interface SessionWriterOptions extends WriterSettings {
  /** See `RecorderOptions`; null: frames that cannot be written are given up. */
  readonly onHandedBack: ((frames: readonly RecordedFrame[], why: string) => void) | null;
  readonly buffers: RecordBuffers;
  /** Takes changes in order. */
  readonly index: (changes: readonly IndexChange[]) => void;
  /** As `index`; resolves when they are committed. */
  readonly indexCommitted: (changes: readonly IndexChange[]) => Promise<void>;
  readonly onWritten: (buffers: readonly number[]) => void;
  readonly onWarning: (message: string) => void;
}

/** Whether room on the disk would have helped. */
function isFull(error: unknown): boolean {
  if (error instanceof StorageError && error.code === 'storage.disk-full') return true;
  const code = systemCode(error instanceof ShortWrite ? error.cause : error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export class SessionWriter {
  readonly #options: SessionWriterOptions;
  readonly #segments: SegmentSequence;
  readonly #space: DiskSpace;
  readonly #rolling: RollingArchive | null;
  readonly #unrecorded = new Unrecorded();
  readonly #everySecond: NodeJS.Timeout;
  #buffers: RecordBuffers;
  readonly #pending = new PendingFrames();
  #batchTimer: NodeJS.Timeout | null = null;
  #failure: { message: string; nextTry: number; frames: number } | null = null;
  readonly #counts = new WriterCounts();
  /** Whether another recorder takes what cannot be written here; why it does, once that is so. */
  #mayHandBack: boolean;
  #handsBack: string | null = null;
  #seconds = 0;

  constructor(options: SessionWriterOptions) {
    const { dataFolder, policy, longitudeDeg, preRollNs, retained, session } = options;
    const { maxBytes } = policy;
    this.#options = options;
    this.#buffers = options.buffers;
    this.#mayHandBack = options.onHandedBack !== null;
    this.#space = new DiskSpace(dataFolder, options.floorBytes);
    this.#rolling =
      retained === null
        ? null
        : new RollingArchive({
            dataFolder,
            policy,
            longitudeDeg,
            preRollNs,
            ...retained,
            now: utcNow,
            expire: (file) => this.#expire(file),
            onRoom: () => void this.#space.refresh().then(() => this.#flush()),
            onWarning: options.onWarning,
          });
    this.#segments = new SegmentSequence({
      ...options,
      segmentBytes: maxBytes === null ? options.segmentBytes : Math.min(options.segmentBytes, Math.floor(maxBytes / 8)),
      rolling: this.#rolling,
      space: this.#space,
      faults: options.faults === undefined ? null : new WriterFaults(options.faults),
      onRemoved: (segment) => this.#removed(segment),
    });
    options.index([
      { kind: 'session', session, folder: options.folder, maxBytes: removesSegments(policy) ? (maxBytes ?? 0) : null },
    ]);
    void this.#space.refresh();
    this.#everySecond = setInterval(() => this.#tick(), SECOND_MS);
  }

  append(frame: RecordedFrame): void {
    if (this.#handsBack !== null) {
      this.#options.onHandedBack?.([frame], this.#handsBack);
      return;
    }
    this.#pending.add(frame);
    // A quarter of the buffers may wait for company, so that the others can be filled meanwhile.
    const most = Math.max(1, Math.floor(this.#buffers.count / 4));
    if (this.#pending.bytes >= BATCH_BYTES || this.#pending.count >= most) this.#flush();
    else this.#batchTimer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  /** A gap that someone else found. */
  gap(gap: GapRecord, cameraId: string | null): void {
    if (GAP_CAUSES[gap.cause] === 'not-recorded') this.#counts.notRecorded(gap.frames);
    this.#options.index([{ kind: 'gap', gap, cameraId }]);
  }

  /** A span that retention keeps from now on. */
  mark(mark: MarkDescription, cameraId: string): void {
    const { session, index } = this.#options;
    this.#rolling?.mark({ ...mark, sessionId: session.id, cameraId });
    index([{ kind: 'mark', mark, cameraId }]);
  }

  /** `buffers`: where the frames that follow stand; null keeps the ones there are. */
  changeCamera(camera: CameraDescription, buffers: RecordBuffers | null): void {
    if (buffers !== null) this.#buffers = buffers;
    this.#segments.addCamera(camera);
    this.#options.index([{ kind: 'camera', camera }]);
  }

  /** Resolves when the segment's rows are committed as expired; rejects where no index can hold them, so that the pixels stay. */
  async #expire(file: string): Promise<void> {
    await this.#options.indexCommitted([{ kind: 'segment-expired', file }]);
    if (this.#counts.indexIsGone) {
      throw new StorageError(
        'storage.index-gone',
        'the index was removed, and what the segment holds would stand nowhere: stop, and have it made anew by appulse recover --rebuild',
      );
    }
  }

  /** Rows that the index committed, less those that it lost. */
  indexed(frames: number): void {
    this.#counts.indexed(frames);
  }

  /** The index's file was removed: no row of the session is kept. */
  indexGone(): void {
    this.#counts.indexGone();
  }

  status(): RecorderStatus {
    const { count, startBytes } = this.#segments;
    const { freeBytes, reserveBytes } = this.#space;
    return {
      ...this.#counts.status(startBytes),
      ...{ segments: count, freeBytes, reserveBytes },
      failing: this.#failure !== null || this.#counts.indexIsGone,
    };
  }

  /** Writes what waits, finishes all segments and ends the session's row. */
  async close(endedUtcNs: bigint): Promise<void> {
    clearInterval(this.#everySecond);
    this.#flush();
    while (this.#pending.count > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.#flush();
    }
    this.#segments.finish();
    await this.#segments.settled();
    if (this.#batchTimer !== null) clearTimeout(this.#batchTimer);
    // Of frames that were given up while the segments were finished.
    this.#tellUnrecorded();
    this.#options.index([{ kind: 'session-ended', endedUtcNs }]);
  }

  /** Writes everything pending, unless it must wait for room. */
  #flush(): void {
    if (this.#batchTimer !== null) clearTimeout(this.#batchTimer);
    this.#batchTimer = null;
    while (this.#pending.count > 0) {
      if (this.#failure !== null && performance.now() < this.#failure.nextTry) {
        this.#giveUp(this.#failure.message);
        return;
      }
      try {
        const [first] = this.#pending.frames as [RecordedFrame];
        const segment = this.#segments.segmentFor(first.record, lengthOf(first));
        if (segment === null) {
          this.#batchTimer = setTimeout(() => this.#flush(), BATCH_MS);
          return;
        }
        this.#writeInto(segment);
        this.#recovered();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** Writes the pending frames that go into `segment`, with one write, and tells the index of those that got there. */
  #writeInto(segment: OpenSegment): void {
    const batch: RecordedFrame[] = [];
    let bytes = 0;
    for (const frame of this.#pending.frames) {
      if (!this.#segments.takes(segment, frame.record, lengthOf(frame), { bytes, frames: batch.length })) break;
      batch.push(frame);
      bytes += lengthOf(frame);
    }
    this.#space.check(bytes);
    const buffers = this.#buffers;
    const hdus = batch.map(({ buffer, parts }) => {
      const bytes = buffers.buffer(buffer);
      return parts.map(({ offset, length }) => bytes.subarray(offset, offset + length));
    });
    const position = segment.file.bytes;
    try {
      segment.file.append(hdus);
      this.#written(segment, position, batch);
    } catch (error) {
      this.#written(segment, position, batch.slice(0, error instanceof ShortWrite ? error.whole : 0));
      throw error;
    }
  }

  /** `frames`, the first of the pending ones, are in the file from `position` on. */
  #written(segment: OpenSegment, position: number, frames: readonly RecordedFrame[]): void {
    if (frames.length === 0) return;
    const { changes, bytes, incomplete } = placeFrames(segment, position, frames, this.#options.format);
    this.#counts.written(frames.length, incomplete, bytes);
    this.#space.written(bytes);
    // The index and the journal write as well, and others.
    if (this.#space.nearlyFull) void this.#space.refresh();
    this.#options.index(changes);
    this.#drop(frames.length);
  }

  /** Takes the first `count` pending frames off; their buffers are free. */
  #drop(count: number): void {
    const gone = this.#pending.take(count);
    if (gone.length > 0) this.#options.onWritten(gone.map((frame) => frame.buffer));
  }

  /** A frame that is not written: it joins the gap row that is open, or begins one. */
  unrecorded(record: FrameRecord, why: string): void {
    if (!this.#unrecorded.joins(record)) this.#tellUnrecorded();
    this.#unrecorded.add(record, why);
    this.#counts.notRecorded(1);
  }

  /** Gives up everything pending. */
  #giveUp(why: string): void {
    const { count, frames } = this.#pending;
    for (const { record } of frames) this.unrecorded(record, why);
    if (this.#failure !== null) this.#failure.frames += count;
    this.#drop(count);
  }

  /** No other recorder takes frames any more. */
  keepFailing(): void {
    this.#mayHandBack = false;
    this.#handsBack = null;
  }

  /** The next recorder takes over: what is here is finished, and everything that is not written goes back. */
  #handBack(why: string): void {
    this.#handsBack = why;
    this.#finishAfterFailure();
    this.#options.onHandedBack?.(this.#pending.take(this.#pending.count), why);
  }

  #finishAfterFailure(): void {
    try {
      this.#segments.finish();
    } catch {
      // An empty segment that cannot be removed stays as an empty .part.
    }
  }

  #failed(error: unknown): void {
    const message = reasonOf(error);
    if (this.#mayHandBack) {
      this.#handBack(message);
      return;
    }
    if (this.#failure === null) {
      this.#options.onWarning(`${message}. Frames are received, but not recorded, until writing works again`);
    }
    this.#failure = { message, nextTry: performance.now() + SECOND_MS, frames: this.#failure?.frames ?? 0 };
    this.#finishAfterFailure();
    if (isFull(error)) this.#segments.freeDisk(Number.POSITIVE_INFINITY);
    this.#giveUp(message);
  }

  /** What stood in `segment` is gone: its frames become frames that were not recorded. The next one begins a new segment. */
  #removed({ number, name, cameraId, frames, incomplete, first, last }: OpenSegment): void {
    if (first === null || last === null) return;
    this.#options.onWarning(
      `${name} was removed while recording: its ${frames} frames are not recorded, the next ones go into a new segment`,
    );
    this.#counts.removed(frames, incomplete);
    this.#options.index([{ kind: 'segment-removed', number }]);
    this.gap(diskGap(first, last, frames, 'the segment file was removed'), cameraId);
  }

  #recovered(): void {
    if (this.#failure === null) return;
    this.#options.onWarning(`writing works again; ${this.#failure.frames} frames were not recorded`);
    this.#failure = null;
    this.#tellUnrecorded();
  }

  #tellUnrecorded(): void {
    const told = this.#unrecorded.take();
    if (told !== null) this.#options.index([{ kind: 'gap', ...told }]);
  }

  #tick(): void {
    if (this.#unrecorded.isDue()) this.#tellUnrecorded();
    this.#counts.measureRate(this.#segments.startBytes);
    void this.#space.refresh();
    if (this.#space.takeReplaced()) {
      const { dataFolder, onWarning } = this.#options;
      onWarning(`${dataFolder} is on another file system than before: was a disk unmounted, or mounted over it?`);
    }
    // Time alone makes segments go that no new one pushes out.
    if (++this.#seconds % AGE_SECONDS === 0) this.#rolling?.makeRoom(0);
    this.#segments.checkRemoved();
    const segment = this.#segments.current;
    if (segment === null || segment.frames === 0 || segment.file.durableBytes === segment.file.bytes) return;
    syncSegment(segment).then(
      (durableBytes) => {
        // A segment that was finished meanwhile has told more already.
        if (this.#segments.current !== segment) return;
        this.#options.index([{ kind: 'segment-durable', number: segment.number, durableBytes }]);
      },
      (error) => this.#options.onWarning(`${segment.name} could not be synced: ${error.message}`),
    );
  }
}
