/**
 * Where a running session takes requests to set its camera's controls, one after the other. What may change while frames stream is set
 * at once. For everything else the session is asked to end its stream; the desk sets the controls between that and the next stream.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { type CameraControls, type Control, controlNamed, controlValueOf } from '#src/cameras/controls.js';
import {
  type AppliedControls,
  checkWanted,
  restoreControls,
  setControls,
  setWhatGoes,
  type WantedControl,
} from '#src/cameras/set-controls.js';
import type { ControlRecord } from './control-record.js';
import type { SetControlsAnswer, SetControlsRequest } from './control-request.js';

/**
 * Sets what was asked for while no stream runs, and tells the camera as it is then; `detail` says what for. Throws only where the camera
 * is gone.
 */
export type Interruption = () => Promise<{ readonly camera: StreamCamera; readonly detail: string }>;

/** A stream that runs. */
export interface ServedStream {
  readonly camera: StreamCamera;
  /** Asks for the end of the stream, and for `work` before the next one. */
  readonly interrupt: (work: Interruption) => void;
  /** The camera is set otherwise, and streams on. */
  readonly changed: (camera: StreamCamera) => void;
}

export interface ControlDeskOptions {
  readonly record: ControlRecord;
  /** Whether streams of a camera as it is set now can be recorded. @throws AppulseError where they cannot */
  readonly requireFit: (camera: StreamCamera) => void;
}

export class ControlDesk {
  readonly #options: ControlDeskOptions;
  #stream: ServedStream | null = null;
  /** Fails what waits for the end of the stream. */
  #giveUp: ((why: AppulseError) => void) | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  /** Resolves when the stream behind an interruption runs, or none will; resolved where there is none under way. */
  #between: Promise<void> = Promise.resolve();
  #resume: () => void = () => {};

  constructor(options: ControlDeskOptions) {
    this.#options = options;
  }

  /** A stream runs. */
  serve(stream: ServedStream): void {
    this.#stream = stream;
    this.#resume();
  }

  /** No stream follows for now: the camera is gone, or the session is over. */
  close(): void {
    this.#resume();
  }

  /** Resolves where no interruption is under way. Does not throw. */
  settled(): Promise<void> {
    return this.#between;
  }

  /** It does not run any more. An interruption that came too late for it is not worked on. */
  leave(why: 'stopped' | 'lost' | 'interrupted'): void {
    this.#stream = null;
    if (why === 'lost') this.#giveUp?.(away());
    if (why === 'stopped') {
      this.#giveUp?.(new AppulseError('station.not-recording', 'the session ended before anything was set'));
    }
    this.#giveUp = null;
    if (why !== 'interrupted') return;
    this.#between = new Promise((resume) => {
      this.#resume = resume;
    });
  }

  /** The camera that streams now, and its controls, where it has any. @throws AppulseError `station.camera-away` */
  whoStreams(): { readonly camera: StreamCamera; readonly controls: CameraControls | undefined } {
    if (this.#stream === null) throw away();
    const { camera } = this.#stream;
    return { camera, controls: camera.controls };
  }

  /** The camera that streams now, and its controls. @throws AppulseError `station.camera-away`, `camera.no-controls` */
  now(): { readonly camera: StreamCamera; readonly controls: CameraControls } {
    const { camera, controls } = this.whoStreams();
    if (controls === undefined) {
      throw new AppulseError('camera.no-controls', `${camera.uri} has nothing that can be set`);
    }
    return { camera, controls };
  }

  /**
   * @throws UsageError as `checkWanted`; AppulseError `station.camera-away`, `station.not-recording`, as the camera does, and as
   *   `requireFit`: then everything is as it was
   */
  set(request: SetControlsRequest): Promise<SetControlsAnswer> {
    const answer = this.#queue.then(async () => {
      const set = await this.#set(request);
      // Whoever is answered finds the camera streaming.
      await this.#between;
      return set;
    });
    this.#queue = answer.catch(() => {});
    return answer;
  }

  async #set({ set, whatGoes, keep }: SetControlsRequest): Promise<SetControlsAnswer> {
    const { camera, controls } = this.now();
    const known = await controls.list();
    if (!whatGoes) checkWanted(known, set);
    const pending = set.filter((each) => !isAlready(known, each));
    const interrupted = pending.some((each) => !isLive(known, each));
    // Between two streams all of them are set: what has its value now may lose it by another, as a region does by binning.
    const wanted = interrupted ? set : pending;
    const apply = () => (whatGoes ? setWhatGoes(controls, wanted) : allOf(controls, wanted));
    const applied = interrupted ? await this.#betweenStreams(apply, controls) : await this.#live(apply);
    await this.#options.record.set(camera.identity, applied, keep);
    return { ...applied, interrupted };
  }

  async #live(apply: () => Promise<AppliedControls>): Promise<AppliedControls> {
    const applied = await apply();
    const stream = this.#stream;
    if (stream === null || applied.changes.length === 0) return applied;
    this.#options.record.changes(applied.changes, false);
    try {
      const now = await stream.camera.reread?.();
      if (now !== undefined && this.#stream === stream) {
        this.#stream = { ...stream, camera: now };
        stream.changed(now);
      }
    } catch (error) {
      this.#options.record.warn(`the camera does not tell how it is set now: ${reasonOf(error)}`);
    }
    return applied;
  }

  #betweenStreams(apply: () => Promise<AppliedControls>, controls: CameraControls): Promise<AppliedControls> {
    const stream = this.#stream;
    if (stream === null) throw away();
    const { camera } = stream;
    return new Promise((done, failed) => {
      this.#giveUp = failed;
      stream.interrupt(async () => {
        try {
          const { applied: made, camera: now } = await this.#change(camera, apply, controls);
          const applied = changed(made);
          this.#options.record.changes(applied.changes, true);
          done(applied);
          return { camera: now, detail: detailOf(applied) };
        } catch (error) {
          failed(error);
          // Throws where the camera is gone; else it streams on as it was.
          const before = await reread(camera);
          return { camera: before, detail: `nothing was set: ${reasonOf(error)}` };
        }
      });
    });
  }

  async #change(camera: StreamCamera, apply: () => Promise<AppliedControls>, controls: CameraControls) {
    await camera.stopStream?.();
    const applied = await apply();
    try {
      const now = await reread(camera);
      this.#options.requireFit(now);
      return { applied, camera: now };
    } catch (error) {
      const left = await restoreControls(controls, applied.changes);
      for (const { name, why } of left) this.#options.record.warn(`${name} cannot be set back: ${why}`);
      throw error;
    }
  }
}

async function allOf(controls: CameraControls, wanted: readonly WantedControl[]): Promise<AppliedControls> {
  return { changes: wanted.length === 0 ? [] : await setControls(controls, wanted), refused: [] };
}

/** Without those that were set to what they were. */
function changed(applied: AppliedControls): AppliedControls {
  const { changes } = applied;
  return { ...applied, changes: changes.filter(({ from, value, isCommand }) => isCommand || from !== value) };
}

const reread = (camera: StreamCamera): Promise<StreamCamera> => camera.reread?.() ?? Promise.resolve(camera);

/** Whether it may be set while frames stream. What the camera does not have is refused without a stop. */
function isLive(known: readonly Control[], { name }: WantedControl): boolean {
  const control = find(known, name);
  return control === null || (control.live && !control.shapesFrames);
}

/** Whether a control that would stop the stream has that value. */
function isAlready(known: readonly Control[], { name, value }: WantedControl): boolean {
  const control = find(known, name);
  if (control === null || control.type === 'command' || value === null || isLive(known, { name, value })) return false;
  try {
    return controlValueOf({ ...control, minimum: null, maximum: null, step: null }, value) === control.value;
  } catch {
    return false;
  }
}

function find(known: readonly Control[], name: string): Control | null {
  try {
    return controlNamed(known, name);
  } catch {
    return null;
  }
}

function detailOf({ changes }: AppliedControls): string {
  if (changes.length === 0) return 'nothing was set';
  return changes.map(({ name, from, value }) => `${name} ${String(from)} -> ${String(value)}`).join(', ');
}

const away = (): AppulseError =>
  new AppulseError(
    'station.camera-away',
    'the camera does not stream now: try again when appulse status shows streaming',
  );
