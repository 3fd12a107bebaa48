/** Counts and rates of a session, and the pictures of it: telemetry while it runs, the summary at its end. */
import { resolve } from 'node:path';
import { formatUtc } from '#gps/instant.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { Recorder, RecorderStatus } from '#storage/segments/recorder-types.js';
import { DiskForecast } from './disk-forecast.js';
import type { SessionLimits, SessionSummary, Telemetry } from './messages.js';
import { Rates } from './rates.js';
import type { Stream } from './stream.js';
import { Tally } from './tally.js';

export class SessionReport {
  state: Telemetry['state'] = 'opening';
  /** Whether retention limits the bytes on disk. */
  rolls = false;
  /** Marks made so far. */
  marks = 0;
  /** Times that the camera was lost in mid-session. */
  outages = 0;
  /** The recorder's counts after everything was closed. */
  final: RecorderStatus | null = null;
  readonly #id: string;
  readonly #forecast: DiskForecast;
  readonly #limits: SessionLimits;
  readonly #tally = new Tally();
  readonly #rates = new Rates();
  #pixelBytes = 0;
  #newest: FrameRecord | null = null;
  #startedMs: number | null = null;

  constructor(id: string, settings: Settings, limits: SessionLimits) {
    this.#id = id;
    this.#forecast = new DiskForecast(Number(settings['recording.warn-left']) / 1e9);
    this.#limits = limits;
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

  /** Whether a stream has ever run. */
  get started(): boolean {
    return this.#startedMs !== null;
  }

  streaming(): void {
    this.state = 'streaming';
    this.#startedMs ??= performance.now();
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
  recorded({ width, height, sampleBytes }: FrameRecord): void {
    this.#pixelBytes += width * height * sampleBytes;
  }

  /** A stream has ended: its ring's counts are kept. */
  keep(stream: Stream): void {
    this.#tally.keep(stream.live(), stream.work());
  }

  /** Seconds until the session's duration is over; null when it has none. */
  secondsOfDurationLeft(): number | null {
    const { durationNs } = this.#limits;
    return durationNs === null ? null : Number(durationNs) / 1e9 - this.#seconds();
  }

  summary(stream: Stream | null, recorder: Recorder | null): SessionSummary {
    const live = stream?.live() ?? null;
    const written = this.final ?? recorder?.status() ?? null;
    return {
      session: this.#id,
      folder: recorder?.folder ?? '',
      index: recorder?.indexFile ?? '',
      frames: {
        received: this.#tally.received,
        recorded: written?.framesRecorded ?? 0,
        indexed: written?.framesIndexed ?? 0,
        lost: this.#tally.lost,
        incomplete: this.#tally.incomplete,
        untriggered: this.#tally.untriggered,
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

  telemetry(camera: StreamCamera | null, stream: Stream | null, recorder: Recorder | null): Telemetry {
    const summary = this.summary(stream, recorder);
    const bytesReceived = stream?.live().counters.bytesReceived ?? 0;
    const written = recorder?.status() ?? null;
    const diskBytesPerSecond = written?.diskBytesPerSecond ?? 0;
    const freeBytes = written?.freeBytes ?? 0;
    return {
      ...summary,
      folder: resolve(summary.folder),
      camera: camera?.uri ?? '',
      state: this.state,
      ...this.#rates.add(summary.frames.received, bytesReceived),
      ringFill: stream?.fill() ?? 0,
      diskBytesPerSecond,
      freeBytes,
      secondsLeft: this.#secondsLeft(),
      diskWarning: this.#forecast.message,
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
    const left = this.rolls ? null : Math.max(0, status.freeBytes - status.reserveBytes);
    return this.#forecast.add(status.bytes, left);
  }

  /** Until the duration is over or the disk is full. */
  #secondsLeft(): number | null {
    const duration = this.secondsOfDurationLeft();
    const disk = this.#forecast.secondsLeft;
    if (duration === null || disk === null) return duration ?? disk;
    return Math.min(duration, disk);
  }

  #seconds(): number {
    return this.#startedMs === null ? 0 : (performance.now() - this.#startedMs) / 1_000;
  }
}
