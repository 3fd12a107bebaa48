/** A camera whose driver runs in a thread of its own, as seen from another: every call has a time limit. */
import { reasonOf } from '#gps/errors.js';
import { type Control, type ControlValue, controlNamed, controlValueOf } from '../controls.js';
import { type CallLimits, callLimits } from './call-limits.js';
import { DriverThread, type StuckThread } from './driver-thread.js';
import { SdkError } from './library.js';
import type { SdkEvent, SdkFrame, SdkMode, SdkOptions, StreamRequest } from './sdk-camera.js';
import type { CameraState, FrameTarget, FromSdkThread, OpenedCamera, SdkCall } from './sdk-messages.js';

const POLL_INTERVAL_MS = 1_000;

export interface SdkClientEvents {
  /** Where the target is slots: the frame stands in slot `slot`, which the listener frees. */
  readonly frame?: (slot: number, frame: SdkFrame) => void;
  /** Where the target is a ring: something is in its queue. */
  readonly ring?: () => void;
  readonly event: (event: SdkEvent) => void;
  /** The stream has ended by itself. `whole`: a number of frames was asked for, and they are there; else the camera gave up. */
  readonly ended: (whole: boolean) => void;
  /** Nothing can be called any more. `silent`: a call did not return, and its thread cannot be ended: only its process can. */
  readonly lost: (reason: string, silent: boolean) => void;
  /** Told when the camera is closed, or could not be opened: its thread is still inside the library. */
  readonly stuck?: (thread: StuckThread) => void;
}

export interface SdkClientOptions {
  /** URL of the driver's module. */
  readonly driver: string;
  readonly sdk: SdkOptions;
  /** What follows the scheme in the camera's URI. */
  readonly id: string;
  readonly limits?: Partial<CallLimits>;
}

/** An open camera. Calls queue up; each throws SdkError where the library refuses, `sdk.silent` where it does not return. */
export class SdkClient {
  readonly opened: OpenedCamera;
  readonly #thread: DriverThread;
  readonly #events: SdkClientEvents;
  readonly #limits: CallLimits;
  #state: CameraState;
  #streaming: { readonly request: StreamRequest; readonly target: FrameTarget } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #pollTimer: NodeJS.Timeout | null = null;
  #polling = false;
  #closed = false;

  private constructor(
    thread: DriverThread,
    opened: OpenedCamera,
    state: CameraState,
    events: SdkClientEvents,
    limits: CallLimits,
  ) {
    this.opened = opened;
    this.#thread = thread;
    this.#state = state;
    this.#events = events;
    this.#limits = limits;
  }

  /** @throws SdkError as the driver does */
  static async open(options: SdkClientOptions, events: SdkClientEvents): Promise<SdkClient> {
    const limits = callLimits(options.limits);
    let client: SdkClient | null = null;
    const early: FromSdkThread[] = [];
    const thread = new DriverThread(
      options.driver,
      (message) => {
        if (client === null) early.push(message);
        else client.#hear(message);
      },
      (reason, silent) => {
        if (client !== null) client.#lose(reason, silent);
      },
    );
    try {
      const { opened, state } = await thread.ask({ call: 'open', id: options.id, options: options.sdk }, limits.open);
      if (opened === undefined || state === null) throw new SdkError('sdk.refused', 'the driver opened no camera');
      client = new SdkClient(thread, opened, state, events, limits);
    } catch (error) {
      const stuck = await thread.terminate();
      if (stuck !== null) events.stuck?.(stuck);
      throw error;
    }
    for (const message of early) client.#hear(message);
    const opened = client;
    opened.#pollTimer = setInterval(() => void opened.#poll(), POLL_INTERVAL_MS);
    return opened;
  }

  get controls(): readonly Control[] {
    return this.#state.controls;
  }

  get mode(): SdkMode {
    return this.#state.mode;
  }

  get streaming(): boolean {
    return this.#streaming !== null;
  }

  /**
   * Sets a control and returns those that have changed by it. One that cannot be set while frames stream has the stream stopped for it
   * and begun again; one that gives frames another shape is refused then.
   * @throws UsageError `usage.control`, `usage.control-value`; SdkError
   */
  set(name: string, value: ControlValue): Promise<readonly Control[]> {
    return this.#next(async () => {
      const control = controlNamed(this.controls, name);
      const checked = controlValueOf(control, value);
      if (control.unavailable !== null)
        throw new SdkError('sdk.refused', `${control.name} cannot be set now: ${control.unavailable}`);
      const running = this.#streaming;
      if (running === null || control.live) return this.#set(control.name, checked);
      // A ring's frames are numbered from the start of its stream on: whoever has the ring begins another.
      if (control.shapesFrames || running.target.kind === 'ring')
        throw new SdkError(
          'sdk.refused',
          `${control.name} cannot be set while frames stream: stop the stream to set it`,
        );
      await this.#ask({ call: 'stop' }, this.#limits.stop);
      try {
        return await this.#set(control.name, checked);
      } finally {
        await this.#ask({ call: 'start', ...running }, this.#limits.start);
      }
    });
  }

  start(request: StreamRequest, target: FrameTarget): Promise<void> {
    return this.#next(async () => {
      await this.#ask({ call: 'start', request, target }, this.#limits.start);
      this.#streaming = { request, target };
    });
  }

  /** Nothing is handed over when it has resolved. */
  stop(): Promise<void> {
    return this.#next(async () => {
      if (this.#streaming === null) return;
      try {
        await this.#ask({ call: 'stop' }, this.#limits.stop);
      } finally {
        this.#streaming = null;
      }
    });
  }

  /** Closes the camera and ends its thread. Does not throw. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.stop().catch(() => {});
    this.#closed = true;
    if (this.#pollTimer !== null) clearInterval(this.#pollTimer);
    await this.#next(() => this.#ask({ call: 'close' }, this.#limits.close)).catch(() => {});
    const stuck = await this.#thread.terminate();
    if (stuck !== null) this.#events.stuck?.(stuck);
  }

  async #set(name: string, value: ControlValue): Promise<readonly Control[]> {
    const { changed = [] } = await this.#ask({ call: 'set', name, value }, this.#limits.set);
    return changed;
  }

  async #poll(): Promise<void> {
    if (this.#polling || this.#closed) return;
    this.#polling = true;
    try {
      const { changed = [] } = await this.#next(() => this.#ask({ call: 'poll' }, this.#limits.poll));
      if (changed.length > 0) this.#events.event({ kind: 'controls', controls: changed });
    } catch (error) {
      if (error instanceof SdkError && error.code === 'sdk.refused')
        this.#events.event({ kind: 'message', level: 'warning', text: reasonOf(error) });
    } finally {
      this.#polling = false;
    }
  }

  /** A library may hold a call back until the exposure under way is over. */
  async #ask(call: SdkCall, limitS: number): Promise<Extract<FromSdkThread, { kind: 'answer' }>> {
    const exposuresS = this.#streaming === null ? 0 : (2 * Number(this.mode.exposureNs)) / 1e9;
    const answer = await this.#thread.ask(call, limitS + exposuresS);
    if (answer.state !== null) this.#state = answer.state;
    return answer;
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(call);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #hear(message: FromSdkThread): void {
    if (message.kind === 'frame') this.#events.frame?.(message.slot, message.frame);
    else if (message.kind === 'ring') this.#events.ring?.();
    else if (message.kind === 'ended') this.#events.ended(this.#streaming?.request.kind !== 'live');
    else if (message.kind === 'event') {
      if (message.event.kind === 'controls') this.#merge(message.event.controls);
      this.#events.event(message.event);
      if (message.event.kind === 'lost') this.#lose(message.event.reason, false);
    }
  }

  #merge(changed: readonly Control[]): void {
    const byName = new Map(changed.map((control) => [control.name, control]));
    this.#state = {
      ...this.#state,
      controls: this.#state.controls.map((control) => byName.get(control.name) ?? control),
    };
  }

  #lose(reason: string, silent: boolean): void {
    if (this.#closed) return;
    if (this.#pollTimer !== null) clearInterval(this.#pollTimer);
    this.#events.lost(reason, silent);
  }
}
