/** How a session reaches its camera, or the fallback: at its start, and again after it was lost, until it is there or the session is stopped. */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { OpenCameraOptions, StreamCamera } from '#src/cameras/camera.js';
import type { CameraEvent } from '#src/cameras/camera-events.js';
import { openCamera } from '#src/cameras/open-camera.js';
import { HUNG_FOR_GOOD } from '#src/cameras/sdk/hung-libraries.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import { makeReady, type Waiting } from './camera-ready.js';
import type { LogLevel } from './messages.js';
import { receiverKind } from './receiver-kind.js';
import type { RunLimits } from './run-limits.js';
import type { StopRequest } from './stop-request.js';

const RECONNECT_INTERVAL_MS = 1_000;
/** Attempts that are told of; of the later ones only why they failed, where that is something new. */
const TOLD_ATTEMPTS = 2;

export interface CameraReachOptions {
  readonly settings: Settings;
  readonly limits: RunLimits;
  readonly stop: StopRequest;
  readonly restore: NonNullable<OpenCameraOptions['restore']>;
  readonly event: (event: CameraEvent) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class CameraReach {
  readonly #options: CameraReachOptions;

  constructor(options: CameraReachOptions) {
    this.#options = options;
  }

  /** The camera that is named. */
  get uri(): string {
    return this.#options.settings['camera.uri']?.[0] ?? '';
  }

  /** @throws as `openCamera` and `makeReady`; AppulseError `station.stopped` */
  async first(): Promise<StreamCamera> {
    const fallback = this.#options.settings['camera.fallback'];
    try {
      return await this.#open(this.uri, true);
    } catch (error) {
      if (fallback === null || error instanceof UsageError) throw error;
      this.#options.log('warning', `${reasonOf(error)}; going on with the fallback camera ${fallback}`);
      return this.#open(fallback, true);
    }
  }

  /**
   * The camera that was lost again, or with a fallback the other one first. `take` makes the session's what was opened; where it throws,
   * the camera is closed and tried again. Null when the session is stopped meanwhile, its time is over, or no attempt can succeed.
   */
  async again(lost: StreamCamera, take: (camera: StreamCamera) => Promise<void>): Promise<StreamCamera | null> {
    const { settings, limits, stop, log } = this.#options;
    const fallback = settings['camera.fallback'];
    const other = (lost.uri === this.uri ? fallback : this.uri) ?? lost.uri;
    let lastFailure = '';
    for (let attempt = 0; !stop.made && (limits.secondsLeft() ?? 1) > 0; attempt++) {
      let camera: StreamCamera | null = null;
      try {
        camera = await this.#open(attempt % 2 === 0 ? other : lost.uri, attempt < TOLD_ATTEMPTS);
        await take(camera);
        return camera;
      } catch (error) {
        await camera?.close();
        if (stop.made) return null;
        const failure = reasonOf(error);
        if (isForGood(error) && fallback === null) {
          log('error', `${failure}; the session ends with what is recorded`);
          return null;
        }
        if (failure !== lastFailure) log('warning', failure);
        lastFailure = failure;
        await this.#pause();
      }
    }
    return null;
  }

  /** Opens a camera; a stop meanwhile gives it up, and it is closed whenever it comes. */
  async #open(uri: string, tell: boolean): Promise<StreamCamera> {
    const { limits, stop, log } = this.#options;
    if (tell) log('info', `opening ${uri}`);
    const waiting = new AbortController();
    const opening = this.#openNow(uri, { signal: waiting.signal, forCold: !limits.started }, tell);
    const stopped = new Promise<null>((done) => stop.wakes(() => done(null)));
    const camera = await Promise.race([opening, stopped]);
    if (camera !== null) return camera;
    waiting.abort();
    opening.then((late) => late.close()).catch(() => {});
    throw new AppulseError('station.stopped', 'stopped before the camera was open');
  }

  async #openNow(uri: string, waiting: Omit<Waiting, 'say'>, tell: boolean): Promise<StreamCamera> {
    const { settings, restore, event, log } = this.#options;
    let telling = tell;
    const camera = await openCamera(uri, {
      packetSize: settings['camera.packet-size'],
      features: settings['camera.features'],
      ptp: settings['camera.ptp'],
      nativeReceiver: receiverKind(settings) === 'native',
      restore,
      event,
      singleFrames: settings['camera.single-frames'],
      sdk: sdkSettingsOf(settings),
      log: (level, message) => {
        if (telling) log(level, message);
      },
    });
    telling = true;
    try {
      return await makeReady(camera, settings, { ...waiting, say: (text) => log('info', text) });
    } catch (error) {
      await camera.close();
      throw error;
    }
  }

  #pause(): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, RECONNECT_INTERVAL_MS);
      this.#options.stop.wakes(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}

/** Whether no further attempt of this program can succeed. */
function isForGood(error: unknown): boolean {
  return error instanceof AppulseError && error.code === HUNG_FOR_GOOD;
}
