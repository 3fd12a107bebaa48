/** What is told of a camera some times a second: to the terminal (Telemetry) and to the station's faces (CameraState). */
import type { FrameTime } from '#gps/frame-time.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { ClockPanel, type ClockWitnesses } from './clock-panel.js';
import type { Telemetry, ToMain } from './messages.js';
import { Rates } from './rates.js';
import type { RunLimits } from './run-limits.js';
import type { Session } from './session.js';
import { stateOfCamera } from './state-of-camera.js';
import type { Stream } from './stream.js';
import { WorkerLoad } from './worker-load.js';

export interface CameraMoment {
  readonly session: Session;
  readonly state: Telemetry['state'];
  /** Null until it is open. */
  readonly camera: StreamCamera | null;
  readonly stream: Stream | null;
  readonly witnesses: ClockWitnesses;
}

export class CameraTelemetry {
  readonly #number: number;
  readonly #uri: string;
  readonly #limits: RunLimits;
  readonly #panel = new ClockPanel();
  readonly #rates = new Rates();
  readonly #load: WorkerLoad;

  /** `number`: of the camera among those of the station, from 0; `uri`: as it is named. */
  constructor(number: number, uri: string, limits: RunLimits, workers: number) {
    this.#number = number;
    this.#uri = uri;
    this.#limits = limits;
    this.#load = new WorkerLoad(workers);
  }

  /** The next frame's time. */
  frame(time: FrameTime): void {
    this.#panel.frame(time);
  }

  now({ session, state, camera, stream, witnesses }: CameraMoment): Extract<ToMain, { kind: 'telemetry' }> {
    const { report, recording, settings, id, watching } = session;
    const { recorder, freeBytes } = recording;
    // Over all sessions: a rate does not begin anew with one.
    const rates = this.#rates.add(this.#limits.framesReceived, stream?.live().counters.bytesReceived ?? 0);
    const telemetry = report.telemetry({ number: this.#number, camera, state, stream, recorder, freeBytes, rates });
    const isOpen = camera !== null && (watching || recorder !== null);
    return {
      kind: 'telemetry',
      camera: this.#number,
      telemetry: isOpen ? telemetry : null,
      state: stateOfCamera({
        telemetry,
        camera,
        settings,
        uri: this.#uri,
        session: recorder === null ? null : id,
        freeBytes,
        workerLoad: this.#load.add(stream?.work().stageSeconds ?? null),
        clock: this.#panel.clock(witnesses),
      }),
    };
  }
}
