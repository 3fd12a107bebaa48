/**
 * One camera's part in the plan: it is told what the plan wants at every look, and acts at the boundaries. What people start or stop by
 * hand holds until the plan's next beginning or end for this camera; then the camera does what the plan says. It holds in this run only: a
 * station that starts anew in mid-night records, since what was recorded needlessly can be removed, and what was not is gone.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import { readCameraState } from '#src/cameras/camera-state.js';
import type { StationFace } from '#src/station/station-face.js';
import type { CameraState } from '#src/station/station-state.js';
import type { PlannedInterval } from './planned-intervals.js';
import { filledIn } from './session-names.js';

export type Tell = (level: 'info' | 'warning', text: string) => void;

/** Looks come once a second. A start that failed is tried again after so many, and so many a state may lag behind an answer. */
const RETRY_LOOKS = 10;
const SETTLE_LOOKS = 10;
/** A session that is to be kept is marked so far beyond its planned ends: it begins and ends a little beside them. */
const KEEP_MARGIN_NS = 60_000_000_000n;

/** `held`: people have taken over until the next boundary. */
type Part =
  | { readonly kind: 'idle' }
  | { readonly kind: 'held' }
  | { readonly kind: 'waiting'; readonly looksLeft: number; readonly told: string }
  | { readonly kind: 'recording'; readonly session: string; readonly looks: number; readonly seen: boolean };

const WAITING: Part = { kind: 'waiting', looksLeft: 0, told: '' };
const occurrenceOf = (wanted: PlannedInterval | null) => (wanted === null ? '' : `${wanted.date} ${wanted.entry.name}`);
const timeOf = (utcNs: bigint) => `${formatUtc(utcNs, 0).replace('T', ' ')} UTC`;

export class CameraNight {
  readonly #station: StationFace;
  readonly #camera: number;
  readonly #tell: Tell;
  /** What the plan wanted at the last look; null before the first. */
  #occurrence: string | null = null;
  #part: Part = { kind: 'idle' };
  /** The session that was ended last: a camera's state may name it a moment longer. */
  #ended: string | null = null;
  #toldFailure = '';

  constructor(station: StationFace, camera: number, tell: Tell) {
    this.#station = station;
    this.#camera = camera;
    this.#tell = (level, text) => tell(level, `plan: camera ${camera + 1}: ${text}`);
  }

  /** Does what is due. Does not throw. */
  async look(wanted: PlannedInterval | null, nowNs: bigint): Promise<void> {
    const state = this.#station.cameras.find(({ camera }) => camera === this.#camera);
    // The station ends: so do its sessions.
    if (state === undefined || state.state === 'stopping') return;
    const occurrence = occurrenceOf(wanted);
    if (occurrence !== this.#occurrence && (await this.#passBoundary(wanted, state))) this.#occurrence = occurrence;
    if (wanted === null || occurrence !== this.#occurrence) return;
    if (this.#part.kind === 'recording') this.#watch(this.#part, state, wanted);
    if (this.#part.kind === 'waiting') await this.#begin(this.#part, wanted, state, nowNs);
  }

  #sessionOf({ session }: CameraState): string | null {
    return session === this.#ended ? null : session;
  }

  /** What goes on ends, what is wanted waits for its start. False: to be tried again. */
  async #passBoundary(wanted: PlannedInterval | null, state: CameraState): Promise<boolean> {
    const session = this.#sessionOf(state);
    const next: Part = wanted === null ? { kind: 'idle' } : WAITING;
    // What a station already records when it starts was begun by somebody.
    if (this.#occurrence === null && session !== null) {
      this.#part = { kind: 'held' };
      return true;
    }
    if (session !== null && !(await this.#end(session, wanted))) return false;
    this.#part = next;
    return true;
  }

  async #end(session: string, wanted: PlannedInterval | null): Promise<boolean> {
    try {
      await this.#station.stopSession(this.#camera);
    } catch (error) {
      if (!(error instanceof AppulseError && error.code === 'station.not-recording')) {
        const text = `session ${session} could not be ended: ${reasonOf(error)}; it is tried again`;
        if (text !== this.#toldFailure) this.#tell('warning', text);
        this.#toldFailure = text;
        return false;
      }
    }
    const isOurs = this.#part.kind === 'recording' && this.#part.session === session;
    const why = wanted === null ? 'its time is over' : `'${wanted.entry.name}' begins`;
    this.#tell('info', `ended session ${session}${isOurs ? '' : ', begun by hand'}: ${why}`);
    this.#ended = session;
    this.#toldFailure = '';
    return true;
  }

  /** A session that ended while its time has not: by hand, or since the camera is away. */
  #watch(part: Extract<Part, { kind: 'recording' }>, state: CameraState, wanted: PlannedInterval): void {
    const { session, looks, seen } = part;
    if (state.session === session || (!seen && looks < SETTLE_LOOKS)) {
      this.#part = { ...part, looks: looks + 1, seen: seen || state.session === session };
      return;
    }
    this.#ended = session;
    if (state.session === null && state.state !== 'streaming') {
      const text = `session ${session} ended, and the camera is ${state.state}: another begins when it streams again`;
      this.#tell('warning', text);
      this.#part = WAITING;
      return;
    }
    const until = timeOf(wanted.toUtcNs);
    this.#tell(
      'info',
      `session ${session} was ended by hand: the plan takes over again at ${until} at the latest, or when the station starts anew`,
    );
    this.#part = { kind: 'held' };
  }

  async #begin(
    { looksLeft, told }: Extract<Part, { kind: 'waiting' }>,
    wanted: PlannedInterval,
    state: CameraState,
    nowNs: bigint,
  ): Promise<void> {
    const begunByHand = this.#sessionOf(state);
    if (begunByHand !== null) {
      const until = timeOf(wanted.toUtcNs);
      this.#tell(
        'info',
        `session ${begunByHand} was begun by hand: the plan takes over again at ${until} at the latest`,
      );
      this.#part = { kind: 'held' };
      return;
    }
    if (looksLeft > 0) {
      this.#part = { kind: 'waiting', looksLeft: looksLeft - 1, told };
      return;
    }
    const { entry } = wanted;
    try {
      if (state.state !== 'streaming')
        throw new AppulseError('station.camera-away', `the camera is ${state.state === 'lost' ? 'away' : state.state}`);
      await this.#set(wanted, state);
      const words = { night: wanted.date, entry: entry.name, camera: state.model };
      const [session] = await this.#station.startSession({
        camera: this.#camera,
        name: filledIn(entry.session, words) ?? entry.name,
        object: filledIn(entry.object, words),
        observer: filledIn(entry.observer, words),
        notes: filledIn(entry.notes, words),
        frameType: entry.frameType,
      });
      if (session === undefined) throw new AppulseError('station.camera-away', 'the station began no session');
      this.#part = { kind: 'recording', session, looks: 0, seen: false };
      this.#tell('info', `'${entry.name}' began session ${session}; it ends at ${timeOf(wanted.toUtcNs)}`);
    } catch (error) {
      const why = reasonOf(error);
      if (why !== told) this.#tell('warning', `'${entry.name}' cannot begin: ${why}; it is tried again every 10 s`);
      this.#part = { kind: 'waiting', looksLeft: RETRY_LOOKS - 1, told: why };
      return;
    }
    await this.#keep(wanted, nowNs);
  }

  /** Profile and controls. What the camera refuses is told; the night is recorded all the same. */
  async #set({ entry }: PlannedInterval, { model }: CameraState): Promise<void> {
    const values = new Map(Object.entries(entry.controls));
    try {
      if (entry.profile !== null) {
        const identity =
          (await this.#station.controls()).find(({ camera }) => camera === this.#camera)?.identity ?? null;
        const kept = identity === null ? null : readCameraState(identity, (text) => this.#tell('warning', text));
        const profile = Object.hasOwn(kept?.profiles ?? {}, entry.profile) ? kept?.profiles[entry.profile] : undefined;
        if (profile === undefined) this.#tell('warning', `there is no profile ${entry.profile} of ${model}`);
        for (const [name, value] of Object.entries(profile?.values ?? {}))
          if (!values.has(name)) values.set(name, value);
      }
      if (values.size === 0) return;
      const set = [...values].map(([name, value]) => ({ name, value }));
      const { refused } = await this.#station.setControls({ camera: this.#camera, set, whatGoes: true, keep: false });
      for (const { name, why } of refused) this.#tell('warning', `${name} was not set: ${why}`);
    } catch (error) {
      this.#tell('warning', `the controls of '${entry.name}' were not set: ${reasonOf(error)}`);
    }
  }

  async #keep({ entry, toUtcNs }: PlannedInterval, nowNs: bigint): Promise<void> {
    if (entry.retention !== 'keep') return;
    // Distances, since a mark goes by the clock of the frames and the plan by the host's.
    const from = { offsetNs: -KEEP_MARGIN_NS };
    const to = { offsetNs: toUtcNs - nowNs + KEEP_MARGIN_NS };
    const note = `plan: ${entry.name}`;
    try {
      await this.#station.mark({ camera: this.#camera, cause: 'command', note, atUtcNs: null, from, to });
    } catch (error) {
      this.#tell('warning', `'${entry.name}' could not be marked to be kept: ${reasonOf(error)}`);
    }
  }
}
