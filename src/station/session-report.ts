/** Counts and rates of a session, and the pictures of it: telemetry while it runs, the summary at its end. */
import { resolve } from 'node:path';
import { formatUtc } from '#gps/instant.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { Recorder, RecorderStatus } from '#storage/segments/recorder-types.js';
import { DiskForecast } from './disk-forecast.js';
import type { DiskUse } from './disk-use.js';
import type { SessionSummary, Telemetry } from './messages.js';
import type { RunLimits } from './run-limits.js';
import type { Stream } from './stream.js';
import { Tally } from './tally.js';

/** Of whom telemetry tells, and when. */
export interface ReportedMoment {
  /** Number of the camera among those of the station, from 0. */
  readonly number: number;
  readonly camera: StreamCamera | null;
  readonly state: Telemetry['state'];
  readonly stream: Stream | null;
  readonly recorder: Recorder | null;
  readonly freeBytes: number | null;
  readonly rates: Pick<Telemetry, 'framesPerSecond' | 'gigabitsPerSecond'>;
}

export class SessionReport {
  /** Whether retention limits the bytes on disk. */
  rolls = false;
  /** Marks made so far. */
  marks = 0;
  /** Times that the camera was lost in mid-session. */
  outages = 0;
  /** The recorder's counts after everything was closed. */
  final: RecorderStatus | null = null;
  readonly #id: string | null;
  readonly #forecast: DiskForecast;
  readonly #diskUse: DiskUse;
  readonly #limits: RunLimits;
  readonly #tally = new Tally();
  #pixelBytes = 0;
  #newest: FrameRecord | null = null;
  #startedMs: number | null = null;

  /** `id`: of the session; null where nothing is recorded. `diskUse`: that of all cameras of the station. */
  constructor(id: string | null, settings: Settings, limits: RunLimits, diskUse: DiskUse) {
    this.#id = id;
    this.#forecast = new DiskForecast(Number(settings['recording.warn-left']) / 1e9);
    this.#limits = limits;
    this.#diskUse = diskUse;
  }

  get received(): number {
    return this.#tally.received;
  }

  set received(frames: number) {
    this.#tally.received = frames;
  }

  get lost(): number {
    return this.#tally.lost;
  }

  set lost(frames: number) {
    this.#tally.lost = frames;
  }

  /** A stream runs. `former`: it did before, and what it has counted until now is not this report's. */
  streaming(former: Stream | null = null): void {
    this.#startedMs ??= performance.now();
    if (former !== null) this.#tally.begin(former.live(), former.work());
  }

  /** The newest frame; null before the first. */
  get newest(): FrameRecord | null {
    return this.#newest;
  }

  frame(record: FrameRecord, complete: boolean): void {
    this.#tally.received++;
    if (!complete) this.#tally.incomplete++;
    this.#tally.times[record.time.grade]++;
    this.#newest = record;
  }

  /** No trigger wanted a frame. */
  untriggered(): void {
    this.#tally.untriggered++;
  }

  /** The frame goes to the recorder. */
  recorded({ width, height, sampleBytes, pixelFormat }: FrameRecord): void {
    this.#pixelBytes += width * height * sampleBytes * planesOfName(pixelFormat);
  }

  /** A stream has ended, or goes on for somebody else: its ring's counts are kept. */
  keep(stream: Stream): void {
    this.#tally.keep(stream.live(), stream.work());
  }

  summary(stream: Stream | null, recorder: Recorder | null): SessionSummary {
    const live = stream?.live() ?? null;
    const written = this.final ?? recorder?.status() ?? null;
    return {
      session: this.#id ?? '',
      folder: recorder?.folder ?? '',
      index: recorder?.indexFile ?? '',
      frames: {
        received: this.#tally.received,
        recorded: written?.framesRecorded ?? 0,
        indexed: written?.framesIndexed ?? 0,
        lost: this.#tally.lost,
        incomplete: this.#tally.incomplete,
        untriggered: this.#tally.untriggered,
        notRecorded: Math.max(0, (written?.notRecorded ?? 0) - this.#tally.untriggered),
      },
      packets: this.#tally.packets(live),
      times: { ...this.#tally.times },
      marks: this.marks,
      outages: this.outages,
      ring: this.#tally.ring(live),
      ...this.#tally.work(stream?.work() ?? null),
      pixelBytes: this.#pixelBytes,
      bytes: written?.bytes ?? 0,
      seconds: Math.round(this.#seconds() * 1_000) / 1_000,
    };
  }

  telemetry(at: ReportedMoment): Telemetry {
    const { number, camera, state, stream, recorder, rates } = at;
    const summary = this.summary(stream, recorder);
    const written = recorder?.status() ?? null;
    const diskBytesPerSecond = written?.diskBytesPerSecond ?? 0;
    const diskFails = written?.failing ?? false;
    return {
      ...summary,
      session: this.#id,
      number,
      folder: recorder === null ? '' : resolve(summary.folder),
      camera: camera?.uri ?? '',
      state,
      ...rates,
      ringFill: stream?.fill() ?? 0,
      diskBytesPerSecond,
      freeBytes: at.freeBytes ?? 0,
      secondsLeft: diskFails ? 0 : this.#secondsLeft(),
      diskWarning: this.#forecast.message,
      diskFails,
      lastFrameUtc:
        this.#newest === null ? null : formatUtc(this.#newest.time.startUtcNs, 9, this.#newest.time.leapSecond),
      lastGrade: this.#newest?.time.grade ?? null,
      lastSource: this.#newest?.time.source ?? null,
    };
  }

  /** Looks how long the disk lasts; returns what the user should be told now, or null. A rolling archive does not fill it. */
  forecast(recorder: Recorder | null): string | null {
    const status = recorder?.status() ?? null;
    if (status === null || status.freeBytes === null) return null;
    if (this.rolls) return this.#forecast.add(status.bytes, null);
    const left = Math.max(0, status.freeBytes - status.reserveBytes);
    return this.#forecast.add(this.#diskUse.add(this, status.bytes), left);
  }

  /** Until the duration is over or the disk is full. */
  #secondsLeft(): number | null {
    const duration = this.#limits.secondsLeft();
    const disk = this.#forecast.secondsLeft;
    if (duration === null || disk === null) return duration ?? disk;
    return Math.min(duration, disk);
  }

  #seconds(): number {
    return this.#startedMs === null ? 0 : (performance.now() - this.#startedMs) / 1_000;
  }
}
