/**
 * The segments of a session, one after the other: begins them, finishes them beside the writing, numbers them, and keeps room
 * for the next one where the archive rolls.
 */
import { join } from 'node:path';
import { recordingFormat } from '../formats/formats.js';
import { FrameListWriter } from '../formats/frame-list.js';
import type { FormatName, RecordingFormat, SegmentBody } from '../formats/recording-format.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import type { IndexChange } from '../index/index-changes.js';
import type { RetainedSegment } from '../retention/retention-plan.js';
import type { SerStamp } from '../ser/ser-stamp.js';
import type { CameraDescription, SessionDescription } from '../session-record.js';
import type { DiskSpace } from './disk-space.js';
import { segmentFileName } from './names.js';
import { Preallocation } from './preallocation.js';
import type { RollingArchive } from './rolling-archive.js';
import { SegmentFile, SegmentRemoved } from './segment-file.js';
import { createStage } from './segment-output.js';
import type { WriterFaults } from './writer-faults.js';

/** How long frames wait for retention to make room before they are written beyond the limit. */
const ROOM_WAIT_MS = 2000;

export interface OpenSegment {
  readonly number: number;
  /** Relative to the data folder. */
  readonly name: string;
  readonly file: SegmentFile;
  readonly body: SegmentBody;
  /** Of a format that needs one. */
  readonly list: FrameListWriter | null;
  readonly cameraId: string;
  /** The frame for which it was begun. */
  readonly begunFor: FrameRecord;
  frames: number;
  /** Of the frames, those with missing bytes. */
  incomplete: number;
  /** First and last frame; null in an empty segment. */
  first: FrameRecord | null;
  last: FrameRecord | null;
}

export interface SegmentSequenceOptions {
  readonly dataFolder: string;
  /** The session's, relative to the data folder. */
  readonly folder: string;
  readonly session: SessionDescription;
  readonly format: FormatName;
  readonly serStamp?: SerStamp;
  readonly segmentBytes: number;
  readonly rolling: RollingArchive | null;
  readonly space: DiskSpace;
  /** Segments of the session in other folders. */
  readonly segmentsBefore: number;
  /** Null but in tests. */
  readonly faults: WriterFaults | null;
  readonly index: (changes: readonly IndexChange[]) => void;
  /** The segment's file was removed by someone else, with the frames in it. */
  readonly onRemoved: (segment: OpenSegment) => void;
  readonly onWarning: (message: string) => void;
}

export class SegmentSequence {
  readonly #options: SegmentSequenceOptions;
  readonly #cameras = new Map<string, CameraDescription>();
  readonly #finishing = new Set<Promise<void>>();
  readonly #stage = createStage();
  readonly #format: RecordingFormat;
  #current: OpenSegment | null = null;
  #count = 0;
  #startBytes = 0;
  #waitingSince: number | null = null;
  #toldFull = false;

  constructor(options: SegmentSequenceOptions) {
    this.#options = options;
    this.#format = recordingFormat(options.format);
    this.addCamera(options.session.camera);
  }

  /** Segments so far, the open one among them. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the segments' primary HDUs. */
  get startBytes(): number {
    return this.#startBytes;
  }

  get current(): OpenSegment | null {
    return this.#current;
  }

  addCamera(camera: CameraDescription): void {
    this.#cameras.set(camera.id, camera);
  }

  /** Whether an HDU of `length` bytes still goes into `segment`, `ahead` bytes of others before it. */
  takes(segment: OpenSegment, record: FrameRecord, length: number, ahead: { bytes: number; frames: number }): boolean {
    if (!goTogether(segment.begunFor, record)) return false;
    const frames = segment.frames + ahead.frames;
    if (frames === 0) return true;
    if (frames >= (this.#format.mostFrames ?? Number.POSITIVE_INFINITY)) return false;
    return segment.file.bytes + ahead.bytes + length <= this.#options.segmentBytes;
  }

  /** The segment that takes a frame's HDU next, begun where needed; null while there is no room. Throws as the disk does. */
  segmentFor(record: FrameRecord, length: number): OpenSegment | null {
    const { current } = this;
    if (current !== null) {
      if (this.takes(current, record, length, { bytes: 0, frames: 0 })) return current;
      this.finish();
    }
    const { dataFolder, folder, session, segmentBytes, rolling, space } = this.#options;
    const number = this.#options.segmentsBefore + this.#count + 1;
    const body = this.#body(record, number);
    const { start } = body;
    const largest = Math.max(segmentBytes, start.byteLength + length);
    if (!this.#hasRoom(largest)) return null;
    space.check(start.byteLength + length);
    const name = `${folder}/${segmentFileName(record.time.startUtcNs, session.id, number, this.#format.extension)}`;
    const ahead = new Preallocation(segmentBytes, space);
    const file = new SegmentFile(join(dataFolder, name), start, this.#stage, ahead, this.#options.faults);
    const list = this.#format.needsFrameList ? this.#openList(file, body) : null;
    this.#count++;
    this.#startBytes += start.byteLength;
    const none = { frames: 0, incomplete: 0, first: null, last: null };
    this.#current = { number, name, file, body, list, cameraId: record.cameraId, begunFor: record, ...none };
    rolling?.opened(name, largest);
    // The room of the segment after this one is made while this one fills.
    rolling?.makeRoom(largest);
    this.freeDisk(2 * largest);
    return this.#current;
  }

  /** Ends the open segment; the next frame begins another. Syncing and renaming go on in the background. */
  finish(): void {
    const segment = this.#current;
    if (segment === null) return;
    this.#current = null;
    const { rolling, index, onRemoved, onWarning } = this.#options;
    const { bytes: written } = segment.file;
    if (segment.frames === 0) {
      this.#count--;
      this.#startBytes -= written;
      rolling?.discarded(segment.name);
      segment.list?.discard();
      segment.file.discard();
      return;
    }
    const end = segment.body.end(written);
    const bytes = written + (end?.tail.byteLength ?? 0);
    const done = this.#syncList(segment)
      .then(() => segment.file.finish(end))
      .then(() => index([{ kind: 'segment-closed', number: segment.number, bytes }]))
      .then(
        () => rolling?.closed(this.#retained(segment, bytes)),
        (error) => {
          if (error instanceof SegmentRemoved) {
            rolling?.discarded(segment.name);
            onRemoved(segment);
            return;
          }
          onWarning(`${segment.name} could not be finished: ${error.message}`);
          rolling?.closed(this.#retained(segment, bytes));
        },
      )
      .finally(() => this.#finishing.delete(done));
    this.#finishing.add(done);
  }

  /** Gives the open segment up where its file was removed: bytes written to it are on no disk. */
  checkRemoved(): void {
    const segment = this.#current;
    if (segment === null || segment.frames === 0 || !segment.file.removed) return;
    this.#current = null;
    segment.list?.close();
    segment.file.abandon();
    this.#options.rolling?.discarded(segment.name);
    this.#options.onRemoved(segment);
  }

  /** `fileBytes`: of the segment without its list. */
  #retained({ name, cameraId, first, last, list }: OpenSegment, fileBytes: number): RetainedSegment {
    const bytes = fileBytes + (list?.bytes ?? 0);
    const fromUtcNs = first?.time.startUtcNs ?? null;
    const toUtcNs = last?.time.endUtcNs ?? null;
    return { file: name, bytes, sessionId: this.#options.session.id, cameraId, fromUtcNs, toUtcNs };
  }

  #openList(file: SegmentFile, { listHead }: SegmentBody): FrameListWriter {
    try {
      return new FrameListWriter(file.file, listHead);
    } catch (error) {
      file.discard();
      throw error;
    }
  }

  async #syncList({ list }: OpenSegment): Promise<void> {
    if (list === null) return;
    try {
      await list.sync();
    } finally {
      list.close();
    }
  }

  /** Resolves when every finished segment has its name and nothing is being removed. */
  async settled(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
    await this.#options.rolling?.settled();
  }

  /** On a disk smaller than the rolling archive's limit, the oldest goes as well. True while something is on its way out. */
  freeDisk(bytes: number): boolean {
    const { rolling, space } = this.#options;
    if (rolling === null || space.takes(bytes)) return false;
    if (!rolling.removing) rolling.removeOldest();
    return rolling.removing;
  }

  #hasRoom(bytes: number): boolean {
    const { rolling, onWarning } = this.#options;
    const hasRoom = rolling === null || rolling.hasRoom(bytes);
    if (hasRoom && !this.freeDisk(bytes)) {
      this.#waitingSince = null;
      this.#toldFull = false;
      return true;
    }
    if (rolling !== null && !rolling.changing) {
      this.#waitingSince = null;
      if (!this.#toldFull)
        onWarning(
          'what marks and the pre-roll keep is larger than the rolling archive may be: it grows beyond its limit',
        );
      this.#toldFull = true;
      return true;
    }
    this.#waitingSince ??= performance.now();
    if (performance.now() - this.#waitingSince < ROOM_WAIT_MS) return false;
    this.#waitingSince = null;
    onWarning('retention does not keep up: the rolling archive is larger than its limit for a while');
    return true;
  }

  #body(first: FrameRecord, number: number): SegmentBody {
    const { session, serStamp } = this.#options;
    const camera = this.#cameras.get(first.cameraId) ?? session.camera;
    const header: SegmentHeader = {
      sessionId: session.id,
      stationId: session.station.id,
      stationName: session.station.name,
      cameraId: camera.id,
      cameraName: camera.name,
      cameraUri: camera.uri,
      number,
      createdUtcNs: BigInt(Date.now()) * 1_000_000n,
      software: session.software,
      observer: session.observer,
      telescope: session.telescope,
      object: session.object,
      site: session.station.site,
      siteName: session.site,
      ...(serStamp === undefined ? {} : { serStamp }),
    };
    return this.#format.begin(header, first);
  }
}

/** Whether two frames may stand in one file: several formats hold one shape only, Siril opens no sequence of several, and darks fit one read mode. */
function goTogether(a: FrameRecord, b: FrameRecord): boolean {
  return (
    a.cameraId === b.cameraId &&
    a.width === b.width &&
    a.height === b.height &&
    a.sampleBytes === b.sampleBytes &&
    a.pixelFormat === b.pixelFormat &&
    a.offsetX === b.offsetX &&
    a.offsetY === b.offsetY &&
    a.binningX === b.binningX &&
    a.binningY === b.binningY &&
    a.readMode === b.readMode &&
    a.frameType === b.frameType
  );
}
