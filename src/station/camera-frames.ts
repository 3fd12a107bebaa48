/** Where the frames of a camera go: into what becomes of them now, and into the counts that end the run. */
import type { StreamCamera } from '#src/cameras/camera.js';
import { GAP_CAUSES } from '#storage/frame-record.js';
import type { CameraTelemetry } from './camera-telemetry.js';
import type { FrameKeeping } from './frame-keeping.js';
import type { LogLevel } from './messages.js';
import type { TargetRequest } from './open-pipeline.js';
import type { RunLimits } from './run-limits.js';
import type { Session } from './session.js';
import { streamContextOf } from './session-description.js';
import type { StreamMemory } from './stream-memory.js';

export interface CameraFramesOptions {
  /** Number of the camera among those of the station, from 0. */
  readonly camera: number;
  readonly limits: RunLimits;
  readonly telemetry: CameraTelemetry;
  /** The run has all frames that it was to have. */
  readonly enough: () => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class CameraFrames {
  readonly #options: CameraFramesOptions;
  /** Of the sensor, as it was told since the camera is open. */
  temperatureC: number | null = null;

  constructor(options: CameraFramesOptions) {
    this.#options = options;
  }

  /** Where frames of `session` go. */
  target(session: Session, camera: StreamCamera, memory: StreamMemory): TargetRequest {
    const context = streamContextOf(session.identity, camera, session.settings);
    return {
      ...session.recording.opened,
      cameraNumber: this.#options.camera,
      settings: session.settings,
      memory,
      context: { ...context, sensorTemperatureC: this.temperatureC ?? context.sensorTemperatureC },
      nextFrameNumber: () => session.nextFrameNumber(),
      nextStackNumber: () => session.nextStackNumber(),
      sink: {
        frame: (result, buffer) => this.#frame(session, result, buffer),
        unrecorded: (result) => this.#frame(session, result, null),
        gap: (...gap) => this.gap(session, ...gap),
      },
      log: this.#options.log,
    };
  }

  /** Frames that did not come, or were not recorded. */
  gap(session: Session, ...gap: Parameters<FrameKeeping['gap']>): void {
    const [cause, , frames] = gap;
    session.recording.gap(...gap);
    this.#received(GAP_CAUSES[cause] === 'lost' ? 0 : frames);
  }

  #frame(session: Session, ...frame: Parameters<FrameKeeping['frame']>): void {
    this.#options.telemetry.frame(frame[0].record.time);
    session.recording.frame(...frame);
    this.#received(1);
  }

  #received(frames: number): void {
    const { limits, enough } = this.#options;
    limits.received(frames);
    if (limits.framesLeft() === 0) enough();
  }
}
