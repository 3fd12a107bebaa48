/**
 * What a session remembers of its camera's controls: rows of the index, lines of the log, the values that the camera gets again when it
 * comes back, and those that are kept for the next session.
 */
import { reasonOf } from '#gps/errors.js';
import type { CameraIdentity, StreamCamera } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import { changeCameraState, type KeptValues, readCameraState, withValues } from '#src/cameras/camera-state.js';
import type { CameraControls, ControlValue } from '#src/cameras/controls.js';
import { GPIO_MODES } from '#src/cameras/qhy/gpio-modes.js';
import {
  type AppliedControls,
  type ControlChange,
  setWhatGoes,
  type WantedControl,
} from '#src/cameras/set-controls.js';
import type { Settings } from '#src/config/settings.js';
import type { EventKind, EventRecord, FrameType } from '#storage/frame-record.js';
import type { LogLevel } from './messages.js';

/** The control that closes a camera's own shutter, and as settings may write it. */
export const SHUTTER = 'MechanicalShutter';
const SHUTTER_WORD = SHUTTER.toLowerCase();

export const seesNoLight = (type: FrameType): boolean => type === 'dark' || type === 'bias';

export interface ControlRecordOptions {
  readonly settings: Settings;
  readonly event: (event: EventRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class ControlRecord {
  readonly #options: ControlRecordOptions;
  /** What the frames are taken for now: a camera that comes back is set for it. */
  frameType: FrameType;
  /** Whether the station closed the shutter, and so has to open it again. */
  closedForDarks = false;
  /** What was set in this session, by camera and name. */
  readonly #set = new Map<string, Map<string, ControlValue>>();

  constructor(options: ControlRecordOptions) {
    this.#options = options;
    this.frameType = options.settings['recording.frame-type'];
  }

  /** Whether the settings say how the shutter is: then it stays so, whatever the frames are. */
  get shutterIsGiven(): boolean {
    return Object.keys(this.#options.settings['camera.features']).some((name) => name.toLowerCase() === SHUTTER_WORD);
  }

  /**
   * A camera was opened: it gets what is kept for it, unless the settings name another value, and what this session has set.
   * Returns what the settings must not set back.
   */
  async restore(identity: CameraIdentity, controls: CameraControls): Promise<ReadonlySet<string>> {
    const { settings } = this.#options;
    const session = this.#set.get(cameraId(identity)) ?? new Map<string, ControlValue>();
    const given = new Set(Object.keys(settings['camera.features']).map((name) => name.toLowerCase()));
    const kept = settings['camera.state'] ? readCameraState(identity, (message) => this.warn(message)).values : {};
    const wanted = Object.entries(kept)
      .filter(([name]) => !given.has(name.toLowerCase()) && !session.has(name))
      .map(([name, value]): WantedControl => ({ name, value }));
    wanted.push(...[...session].map(([name, value]) => ({ name, value })));
    if (wanted.length > 0) {
      const { refused } = await setWhatGoes(controls, wanted);
      const left = new Set(refused.map(({ name }) => name));
      const done = wanted.filter(({ name }) => !left.has(name)).map(({ name, value }) => `${name}=${String(value)}`);
      if (done.length > 0) this.#options.log('info', `set as it was kept: ${done.join(' ')}`);
      for (const { name, value, why } of refused)
        this.warn(`${name}=${String(value)}, as it was kept, is left out: ${why}`);
    }
    // A camera is opened with an open one.
    this.closedForDarks = false;
    if (!given.has(SHUTTER_WORD) && !session.has(SHUTTER)) await this.#closeForDarks(controls);
    return new Set(Object.keys(settings['camera.features']).filter((name) => session.has(name)));
  }

  /** Frames that are to see no light: a camera that has a shutter closes it. */
  async #closeForDarks(controls: CameraControls): Promise<void> {
    if (!seesNoLight(this.frameType)) return;
    if (!(await controls.list()).some(({ name }) => name === SHUTTER)) return;
    const { refused } = await setWhatGoes(controls, [{ name: SHUTTER, value: 'Closed' }]);
    const [why] = refused.map((one) => one.why);
    if (why === undefined) this.closed();
    else this.warn(`the mechanical shutter cannot be closed for ${this.frameType} frames: ${why}`);
  }

  /** The shutter was closed for what is recorded now. */
  closed(): void {
    this.closedForDarks = true;
    this.#options.log('info', `the mechanical shutter is closed: the frames are ${this.frameType} frames`);
  }

  /** It is open again. */
  openedAgain(): void {
    this.closedForDarks = false;
    this.#options.log('info', 'the mechanical shutter is open again');
  }

  /** What was set of it is not set again when the camera comes back. */
  forget(identity: CameraIdentity, name: string): void {
    this.#set.get(cameraId(identity))?.delete(name);
  }

  /** How the camera is set, when a session begins with it or it has come back. Does not throw. */
  async opened({ controls, identity, uri }: StreamCamera): Promise<void> {
    if (controls === undefined) return;
    try {
      const known = (await controls.list()).filter(({ type, value }) => type !== 'command' && value !== null);
      const values = Object.fromEntries(known.map(({ name, value }) => [name, value]));
      this.#row('controls', { ...values, camera: cameraId(identity) });
      const gpio = known.find(({ name }) => name === 'GpioMode')?.value;
      if (typeof gpio === 'string') this.#gpio(gpio);
    } catch (error) {
      this.warn(`how ${uri} is set cannot be read: ${reasonOf(error)}`);
    }
  }

  /** Rows and lines of what was set. `interrupted`: the stream was ended for it. */
  changes(changes: readonly ControlChange[], interrupted: boolean): void {
    for (const { name, unit, from, asked, value, because, isCommand } of changes) {
      this.#row('control', { name, unit, from, asked, value, because, interrupted });
      if (name === 'GpioMode' && typeof value === 'string') this.#gpio(value);
      const words = unit === null ? '' : ` ${unit}`;
      const why = because === null ? '' : `, by ${because}`;
      const other = asked === null || asked === value ? '' : `, asked for ${String(asked)}`;
      const told = isCommand
        ? `${name} was executed`
        : `${name} = ${String(value)}${words} (was ${String(from)}${other}${why})`;
      this.#options.log('info', told);
    }
  }

  /** Remembers what was set: for the camera that comes back, and with `keep` for the next session. Does not throw. */
  async set(identity: CameraIdentity, { changes, refused }: AppliedControls, keep: boolean): Promise<void> {
    for (const { name, value, why } of refused) this.warn(`${name}=${String(value)} is left out: ${why}`);
    const set = changes.filter(({ because, isCommand }) => because === null && !isCommand);
    const session = this.#set.get(cameraId(identity)) ?? new Map<string, ControlValue>();
    this.#set.set(cameraId(identity), session);
    for (const { name, value } of set) session.set(name, value);
    if (keep && this.#options.settings['camera.state']) {
      await keepValues(identity, keptOf(set), (message) => this.warn(message));
    }
  }

  warn(message: string): void {
    this.#options.log('warning', message);
  }

  #gpio(mode: string): void {
    const known = GPIO_MODES[Number(/^Mode(\d)$/.exec(mode)?.[1])];
    if (known === undefined) return;
    const pins = Object.fromEntries(known.pins.map((pin, i) => [`gpio${i + 1}`, pin]));
    this.#row('gpio', { mode, statedBy: 'operator', use: known.use, ...pins });
  }

  #row(kind: EventKind, data: EventRecord['data']): void {
    const utcNs = BigInt(Date.now()) * 1_000_000n;
    this.#options.event({ kind, startUtcNs: utcNs, endUtcNs: utcNs, data });
  }
}

/** Values of changes that are to come back. */
export function keptOf(changes: readonly ControlChange[]): KeptValues {
  return Object.fromEntries(
    changes.flatMap(({ name, value, kept, because, isCommand }) =>
      kept && because === null && !isCommand && value !== null ? [[name, value] as const] : [],
    ),
  );
}

/** Keeps values for the next time that the camera is opened. Does not throw: `tell` is told. */
export async function keepValues(
  identity: CameraIdentity,
  values: KeptValues,
  tell: (message: string) => void,
): Promise<void> {
  if (Object.keys(values).length === 0) return;
  try {
    await changeCameraState(identity, withValues(values), tell);
  } catch (error) {
    tell(reasonOf(error));
  }
}
