/**
 * Where a camera's sessions begin and end, one after the other: what becomes of its frames now, and what was recorded. Between two
 * sessions frames are only looked at. The camera streams on meanwhile: each frame is the one's or the other's, and none is nobody's.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import type { FrameType } from '#storage/frame-record.js';
import type { LogLevel, SessionSummary } from './messages.js';
import { type Session, settingsFor } from './session.js';
import { type Phase, SessionTurns } from './session-turns.js';
import type { StartSession } from './station-state.js';

export interface SessionDeskOptions {
  readonly settings: Settings;
  readonly newSession: (settings: Settings, watching: boolean) => Session;
  /** The camera as it is set now; null: it was not open yet. */
  readonly camera: () => StreamCamera | null;
  /** Frames go to `next` from now on. Resolves when all of `former` were delivered. */
  readonly turn: (former: Session, next: Session) => Promise<void>;
  /** `session` is what becomes of the frames now, and `former` was. */
  readonly turned: (former: Session) => void;
  /** The camera streams, and its frames are of this type from now on. @throws AppulseError where it cannot be set for that */
  readonly takeFrames: (type: FrameType) => Promise<void>;
  /** A session has begun in mid-stream. */
  readonly begun: (camera: StreamCamera) => Promise<void>;
  /** Resolves when no file of a stack is on its way. */
  readonly stacksWritten: () => Promise<void>;
  /** A session began or ended. */
  readonly changed: () => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class SessionDesk {
  readonly #options: SessionDeskOptions;
  readonly #turns = new SessionTurns();
  readonly #summaries: SessionSummary[] = [];
  #session: Session;
  /** Why the camera is away. */
  #lossReason = '';

  constructor(options: SessionDeskOptions) {
    const { settings, newSession } = options;
    this.#options = options;
    this.#session = newSession(settings, settings['recording.watch']);
  }

  /** What becomes of the frames now. */
  get session(): Session {
    return this.#session;
  }

  /** What was recorded, of sessions that are over. */
  get summaries(): readonly SessionSummary[] {
    return this.#summaries;
  }

  /** What the camera is up to; `why`: it is away. */
  now(phase: Phase, why = ''): void {
    this.#lossReason = why;
    this.#turns.now(phase);
  }

  /** The camera is open for the first time. @throws as the recorder does */
  async open(camera: StreamCamera): Promise<void> {
    await this.#session.recording.open(camera);
    if (!this.#session.watching) this.#options.changed();
  }

  /**
   * Begins to record. Returns the session. @throws AppulseError `station.recording`, `station.camera-away`, and as the recorder does
   */
  start(request: StartSession): Promise<string> {
    return this.#turns.inTurn(async () => {
      const { settings, newSession, camera: now, begun } = this.#options;
      if (!this.#session.watching) throw new AppulseError('station.recording', 'a session is being recorded already');
      await this.#takeFrames(request.frameType);
      const camera = now();
      if (this.#turns.phase === 'away' || camera === null) throw cameraAway();
      const next = newSession(settingsFor(settings, request), false);
      try {
        await next.recording.open(camera);
        await this.#fit(next, camera);
      } catch (error) {
        await next.recording.close();
        await this.#lookAgain();
        throw error;
      }
      await this.#turnTo(next);
      if (this.#turns.phase === 'streaming') await begun(now() ?? camera);
      return next.identity.id;
    });
  }

  /** Ends the session, with everything on disk and indexed. Returns it. @throws AppulseError `station.not-recording` */
  stop(): Promise<string> {
    return this.#turns.inTurn(async () => {
      const { settings, newSession } = this.#options;
      const { watching, recording, identity } = this.#session;
      if (watching || recording.recorder === null)
        throw new AppulseError('station.not-recording', 'no session is being recorded');
      await this.#turns.calm();
      if (this.#turns.phase === 'over') throw ending();
      if (this.#turns.phase === 'away') recording.gap('camera-lost', null, 0, this.#lossReason);
      await this.#turnTo(newSession(settings, true));
      await this.#lookAgain();
      return identity.id;
    });
  }

  /** @throws AppulseError `station.camera-away`, and where the camera cannot be set for such frames */
  async #takeFrames(type: FrameType): Promise<void> {
    await this.#turns.calm();
    if (this.#turns.phase !== 'streaming') throw this.#turns.phase === 'over' ? ending() : cameraAway();
    await this.#options.takeFrames(type);
  }

  /** Behind a session the sky is looked at again. */
  async #lookAgain(): Promise<void> {
    await this.#turns.calm();
    try {
      await this.#options.takeFrames('light');
    } catch (error) {
      // A camera that is away is set when it comes back.
      if (this.#turns.phase === 'streaming') this.#options.log('warning', reasonOf(error));
    }
  }

  /** No stream runs any more, and no frame follows: everything is closed. Does not throw. */
  async end(): Promise<void> {
    this.now('over');
    await this.#turns.settled();
    await this.#close(this.#session);
  }

  /** Waits for a moment at which frames can go elsewhere, with `next` ready for the camera as it is then. */
  async #fit(next: Session, opened: StreamCamera): Promise<void> {
    let fitted = opened;
    for (;;) {
      await this.#turns.calm();
      const camera = this.#options.camera();
      // A camera that is lost just now comes back to the session, which has the gap: it stands in the index already.
      if (this.#turns.phase !== 'streaming' || camera === null || camera === fitted) return;
      await next.recording.changeCamera(camera);
      fitted = camera;
    }
  }

  /** Resolves when everything of the session before is on disk. */
  async #turnTo(next: Session): Promise<void> {
    const { turn, turned, changed, log } = this.#options;
    const former = this.#session;
    const delivered = turn(former, next);
    this.#session = next;
    if (!next.watching) log('info', `session ${next.identity.id} begins`);
    turned(former);
    changed();
    await delivered;
    await this.#close(former);
    if (former.watching) return;
    const { frames } = former.summary(null);
    log('info', `session ${former.identity.id} ended: ${frames.recorded} frames are recorded`);
    changed();
  }

  async #close(session: Session): Promise<void> {
    session.recording.end();
    await this.#options.stacksWritten();
    await session.recording.close();
    if (!session.watching) this.#summaries.push(session.summary(null));
  }
}

function cameraAway(): AppulseError {
  return new AppulseError('station.camera-away', 'the camera is not there: a session begins when it streams');
}

function ending(): AppulseError {
  return new AppulseError('station.not-recording', 'the station is ending, and its session with it');
}
