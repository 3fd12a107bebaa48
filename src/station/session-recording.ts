/**
 * The way of a session's frames from the pipeline to the archive: recorder and record buffers, the journal of frames in hand, gap rows,
 * marks and triggers, and frames that wait in memory until a trigger decides.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { dataFoldersOf } from '#src/config/data-folders.js';
import { recordingPolicyOf } from '#src/config/retention.js';
import type { Settings } from '#src/config/settings.js';
import { type EventRecord, GAP_CAUSES, type GapCause, type GapRecord } from '#storage/frame-record.js';
import { FrameJournal } from '#storage/segments/frame-journal.js';
import type { RecordBuffers } from '#storage/segments/record-buffers.js';
import { openRecorderChain } from '#storage/segments/recorder-chain.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { FrameKeeping, KeepingParts } from './frame-keeping.js';
import { NOT_WRITTEN } from './frame-pipeline.js';
import type { FrameResult } from './frame-task.js';
import { GapKeeper } from './gap-keeper.js';
import type { MarkRequest } from './mark-request.js';
import type { LogLevel } from './messages.js';
import { PreRoll } from './pre-roll.js';
import { tellPreRoll, waitingBuffers, waitsForTrigger } from './pre-roll-memory.js';
import { describeCamera, describeSession, type SessionIdentity } from './session-description.js';
import type { SessionReport } from './session-report.js';
import { bufferQuestion, recordBuffersFor } from './stream-memory.js';
import { TriggerKeeper } from './trigger-keeper.js';
import { UntriggeredRun } from './untriggered-run.js';
import { UnwrittenFrames } from './unwritten-frames.js';

export interface SessionRecordingOptions {
  readonly identity: SessionIdentity;
  readonly settings: Settings;
  readonly report: SessionReport;
  /** Takes the identifiers of the cameras that are recorded. */
  readonly recorded: Set<string>;
  /** Record buffers came back. */
  readonly onWritten: () => void;
  /** Frames are not there; those that no trigger wanted are not told of. */
  readonly onGap: (gap: GapRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

/** What is there once the recorder is open. */
interface Opened extends Omit<KeepingParts, 'buffers'> {
  readonly recorder: Recorder;
}

export class SessionRecording implements FrameKeeping {
  readonly #options: SessionRecordingOptions;
  readonly #gaps = new GapKeeper((gap) => this.#tellGap(gap));
  readonly #triggers: TriggerKeeper;
  readonly #untriggered = new UntriggeredRun((gap) => this.#writeGap(gap));
  readonly #unwritten = new UnwrittenFrames();
  /** Identifiers of the cameras that this session has recorded. */
  readonly #cameras = new Set<string>();
  /** Null where frames do not wait for a trigger in memory. */
  #preRoll: PreRoll | null = null;
  #buffers: RecordBuffers | null = null;
  #opened: Opened | null = null;

  constructor(options: SessionRecordingOptions) {
    this.#options = options;
    this.#triggers = new TriggerKeeper({
      settings: options.settings,
      mark: (mark) => this.recorder?.mark(mark),
      want: (from, to) => this.#preRoll?.want(from, to),
      log: options.log,
    });
  }

  /** Null until it is open. */
  get recorder(): Recorder | null {
    return this.#opened?.recorder ?? null;
  }

  get freeBytes(): number | null {
    return this.recorder?.status().freeBytes ?? null;
  }

  /** What streams work with. @throws AppulseError `station.not-recording` before it is open */
  get opened(): Opened & { readonly buffers: RecordBuffers } {
    if (this.#opened === null || this.#buffers === null) throw notRecording();
    return { ...this.#opened, buffers: this.#buffers };
  }

  /** Begins the session in the archive. @throws AppulseError as the recorder does, `station.pre-roll` */
  async open(camera: StreamCamera): Promise<void> {
    const { identity, settings, report, onWritten, log } = this.#options;
    const description = describeCamera(camera);
    const policy = recordingPolicyOf(settings, description);
    this.#record(description.id);
    report.rolls = policy.maxBytes !== null;
    this.#buffers = recordBuffersFor(camera, settings);
    await this.#buffers.prefault();
    this.#preRoll = this.#openPreRoll(camera, this.#buffers);
    const startedUtcNs = BigInt(Date.now()) * 1_000_000n;
    const recorder = await openRecorderChain({
      dataFolders: dataFoldersOf(settings),
      session: describeSession(identity, camera, settings, startedUtcNs),
      format: settings['recording.format'],
      serStamp: settings['recording.ser-stamp'],
      segmentBytes: settings['recording.segment-bytes'],
      maxBytes: policy.maxBytes,
      floorBytes: settings['recording.floor'],
      retention: { ...policy, longitudeDeg: settings['site.longitude'], ...preRollOnDisk(settings) },
      buffers: this.#buffers.handle,
      onMoved: (folder, firstNumber) => this.#moveJournal(folder, firstNumber),
      onWritten,
      onWarning: (message) => log('warning', message),
    });
    this.#opened = { recorder, startedUtcNs, journal: this.#openJournal(recorder.folder) };
  }

  /** Frames after this call are those of `camera`. */
  async changeCamera(camera: StreamCamera): Promise<void> {
    const { settings } = this.#options;
    const { recorder, journal, buffers: former } = this.opened;
    const description = describeCamera(camera);
    this.#record(description.id);
    const buffers = recordBuffersFor(camera, settings);
    // What waits is the camera's that was lost.
    this.#preRoll?.end();
    this.#untriggered.end();
    const enough = buffers.bufferBytes <= former.bufferBytes;
    if (!enough) {
      await buffers.prefault();
      this.#buffers = buffers;
      this.#preRoll = this.#openPreRoll(camera, buffers);
    }
    await recorder.changeCamera(description, enough ? null : buffers.handle);
    journal?.nextCamera();
  }

  /** A frame in block order; `buffer` holds it, null: no record buffer came back in time. */
  frame(result: FrameResult, buffer: number | null): void {
    const { report } = this.#options;
    const { record, complete } = result;
    report.frame(record, complete);
    this.#gaps.frame(record);
    this.#triggers.frame(record);
    report.marks = this.#triggers.count;
    if (this.#preRoll === null) this.#keep(result, buffer);
    else this.#preRoll.add(result, buffer);
  }

  gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void {
    const { report, log } = this.#options;
    // Gaps in the stream stand in it since they were found.
    if (firstBlock === null) this.#opened?.journal?.gap({ cause, blockId: null, frames });
    this.#gaps.add(cause, firstBlock, frames, detail);
    if (GAP_CAUSES[cause] === 'lost') report.lost += frames;
    else report.received += frames;
    if (cause === 'worker') log('warning', `a frame could not be processed: ${detail}`);
  }

  gapFound(gap: GapRecord): void {
    this.#options.report.lost += gap.frames;
    this.#tellGap(gap);
  }

  event(event: EventRecord): void {
    this.recorder?.event(event);
  }

  look(): void {
    const status = this.recorder?.status();
    if (status === undefined) return;
    const gap = this.#unwritten.look(status.notRecorded, BigInt(Date.now()) * 1_000_000n);
    if (gap !== null) this.#options.onGap(gap);
  }

  #tellGap(gap: GapRecord): void {
    this.#writeGap(gap);
    this.#options.onGap(gap);
  }

  #writeGap(gap: GapRecord): void {
    if (GAP_CAUSES[gap.cause] === 'not-recorded') this.#unwritten.known(gap.frames);
    this.recorder?.gap(gap);
  }

  #record(cameraId: string): void {
    this.#cameras.add(cameraId);
    this.#options.recorded.add(cameraId);
  }

  /** Keeps a span of time. @throws AppulseError `station.not-recording`, `station.mark-span` */
  mark(request: MarkRequest): { readonly fromUtcNs: bigint; readonly toUtcNs: bigint } {
    if (this.#opened === null) throw notRecording();
    return this.#triggers.request(request);
  }

  /** No frame follows: what waits is decided, gap rows that are open are told. */
  end(): void {
    this.#gaps.end();
    this.#triggers.end();
    this.#preRoll?.end();
    this.#untriggered.end();
  }

  /** A recorder that broke down has told so; what it had recorded until then is the session. */
  async close(): Promise<void> {
    const { report, recorded, log } = this.#options;
    try {
      report.final = (await this.recorder?.close()) ?? null;
      this.#opened?.journal?.remove();
    } catch (error) {
      log('error', reasonOf(error));
    }
    for (const id of this.#cameras) recorded.delete(id);
  }

  /** The frame belongs on disk; without a buffer it cannot get there. */
  #keep({ record, parts, headerBytes, dataSum }: FrameResult, buffer: number | null): void {
    this.#untriggered.end();
    if (buffer === null) {
      this.recorder?.unrecorded(record, NOT_WRITTEN);
      return;
    }
    this.#options.report.recorded(record);
    this.recorder?.append({ buffer, parts, headerBytes, dataSum, record });
  }

  #openPreRoll(camera: StreamCamera, { bufferBytes }: RecordBuffers): PreRoll | null {
    const { settings, report, log } = this.#options;
    if (!waitsForTrigger(settings)) return null;
    const question = bufferQuestion(camera, settings, bufferBytes);
    tellPreRoll(settings, question, log);
    return new PreRoll({
      preRollNs: settings['recording.pre-roll'],
      mostBuffers: waitingBuffers(settings, question),
      keep: (result, buffer) => this.#keep(result, buffer),
      drop: (record, buffer) => {
        report.untriggered();
        this.#untriggered.add(record);
        if (buffer !== null) this.recorder?.release(buffer);
      },
    });
  }

  /** A session without a journal is as good as long as it is not interrupted. */
  #openJournal(folder: string): FrameJournal | null {
    try {
      return new FrameJournal(folder, this.#options.identity.id);
    } catch (error) {
      this.#options.log('warning', `no journal of the frames in hand can be kept in ${folder}: ${reasonOf(error)}`);
      return null;
    }
  }

  #moveJournal(folder: string, firstNumber: number): void {
    try {
      this.#opened?.journal?.moveTo(folder, firstNumber);
    } catch (error) {
      this.#options.log('warning', `the journal of the frames in hand stays in the folder before: ${reasonOf(error)}`);
    }
  }
}

/** What retention leaves alone while frames wait on disk for a trigger. */
function preRollOnDisk(settings: Settings): { preRollNs?: bigint } {
  const onDisk = settings['recording.trigger'] && settings['recording.pre-roll-in'] === 'disk';
  return onDisk ? { preRollNs: settings['recording.pre-roll'] } : {};
}

function notRecording(): AppulseError {
  return new AppulseError('station.not-recording', 'the session has not begun: there is nothing to mark yet');
}
