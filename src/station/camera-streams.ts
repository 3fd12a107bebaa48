/** The streams of a camera, one after the other: each is begun, watched for silence, ended, and taken into account. */
import { reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Interruption } from './control-desk.js';
import type { FramePool } from './frame-pool.js';
import type { AcquisitionThreadData, LogLevel, Telemetry, ToMain } from './messages.js';
import type { TargetRequest } from './open-pipeline.js';
import type { RunLimits } from './run-limits.js';
import type { SessionClock } from './session-clock.js';
import type { SessionControls } from './session-controls.js';
import type { SessionReport } from './session-report.js';
import type { Phase } from './session-turns.js';
import { watchSilence } from './silence-watch.js';
import type { StopRequest } from './stop-request.js';
import { Stream } from './stream.js';

/** The longest that setTimeout takes: a run longer than these 24.8 days is ended by hand. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const STATE_AFTER = { stopped: 'stopping', lost: 'lost', interrupted: 'opening' } as const;
const FINISH_FOR = { stopped: 'over', lost: 'lost', interrupted: 'pause' } as const;

/** Why a stream has ended. `interrupted`: for something that the camera does not take while it streams. */
export type StreamEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly work: Interruption };

export interface CameraStreamsOptions {
  readonly data: Pick<AcquisitionThreadData, 'rawThread'> & {
    /** Number of the camera among those of the station, from 0. */
    readonly camera: number;
    readonly pool: FramePool;
    readonly post: (message: ToMain) => void;
  };
  readonly limits: RunLimits;
  readonly stop: StopRequest;
  readonly clock: SessionClock;
  readonly controls: SessionControls;
  /** Where the frames of the next stream go. */
  readonly target: (camera: StreamCamera) => Promise<TargetRequest>;
  /** Of what becomes of the frames now. */
  readonly report: () => SessionReport;
  readonly is: (state: Telemetry['state'], phase: Phase) => void;
  /** No frame came for long. */
  readonly silent: (detail: string) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class CameraStreams {
  readonly #options: CameraStreamsOptions;
  #now: Stream | null = null;
  /** Of the duration. */
  #timer: NodeJS.Timeout | null = null;
  #unwatch: () => void = () => {};

  constructor(options: CameraStreamsOptions) {
    this.#options = options;
  }

  /** The stream that runs, or is being begun. */
  get now(): Stream | null {
    return this.#now;
  }

  /** Nobody waits for frames any more: the camera has said that all of them came. */
  unwatch(): void {
    this.#unwatch();
  }

  /** The duration is nobody's any more. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** One run of a camera; a run that cannot begin counts as a lost camera. @throws where it is the first */
  async run(camera: StreamCamera): Promise<StreamEnd> {
    const { data, limits, clock, report, is, silent, log } = this.#options;
    let stream: Stream | null = null;
    try {
      const { pool, rawThread } = data;
      const target = await this.#options.target(camera);
      stream = await Stream.open(
        { ...target, camera, judge: clock.judgeFor(camera), pool, rawThread },
        limits.framesLeft(),
      );
      // From here on buffers that come back reach it.
      this.#now = stream;
      await stream.begin();
    } catch (error) {
      await stream?.finish('lost');
      this.#now = null;
      // The first start shows what the user must mend; a later one is tried again with the camera.
      if (!limits.started) throw error;
      return { kind: 'lost', reason: reasonOf(error) };
    }
    limits.streaming();
    report().streaming();
    this.#endInTime();
    data.post({ kind: 'preview', camera: data.camera, board: stream.preview?.handle ?? null });
    const { mode } = camera;
    log(
      'info',
      `${camera.identity.model} ${camera.identity.serial} streams ${mode.width} x ${mode.height} ${mode.pixelFormat.name} by ${stream.method}`,
    );
    this.#unwatch = watchSilence(stream, silent);
    is('streaming', 'streaming');
    const end = await this.#untilEnd(camera);
    this.#unwatch();
    is(STATE_AFTER[end.kind], 'between');
    await stream.finish(FINISH_FOR[end.kind]);
    clock.streamEnded();
    report().keep(stream);
    this.#now = null;
    return end;
  }

  async #untilEnd(camera: StreamCamera): Promise<StreamEnd> {
    const { stop, controls } = this.#options;
    const end = new Promise<StreamEnd>((done) => {
      void camera.lost.then((reason) => done({ kind: 'lost', reason }));
      void camera.played?.then(() => stop.make());
      stop.wakes(() => done({ kind: 'stopped' }));
      controls.streaming(camera, (work) => done({ kind: 'interrupted', work }));
    });
    const ended = await end;
    controls.ended(ended.kind);
    return ended;
  }

  /** The duration counts from the first stream on, and is over whether the camera is there or not. */
  #endInTime(): void {
    const left = this.#options.limits.secondsLeft();
    if (this.#timer !== null || left === null || left * 1_000 >= LONGEST_TIMER_MS) return;
    this.#timer = setTimeout(() => this.#options.stop.make(), left * 1_000);
  }
}
