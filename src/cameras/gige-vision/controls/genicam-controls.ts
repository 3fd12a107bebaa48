/** The controls of a GigE Vision camera, out of its GenICam description: every feature that its categories lead to. */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { UsageError } from '#src/config/usage-error.js';
import {
  type CameraControls,
  CONTROL_GROUPS,
  type Control,
  type ControlValue,
  controlNamed,
  controlValueOf,
} from '../../controls.js';
import { childrenOf } from '../genicam/description.js';
import { FeatureError } from '../genicam/feature-error.js';
import type { NodeMap } from '../genicam/node-map.js';
import { latchPtp } from '../ptp.js';
import { controlNameOf, groupOf } from './control-names.js';
import { dependentsOf, nodeOf, placedFeatures, switchesOf, valueChain } from './description-facts.js';
import { type ControlSource, readControl, unreadControl } from './read-control.js';

/** Looks after a command, while the camera is at it. */
const COMMAND_LIMIT_MS = 1_000;
const COMMAND_LOOK_MS = 20;
/** Controls that are read again behind one that was set. */
const MOST_READ_AGAIN = 100;
/** What cameras change behind almost every setting, whether their description says so or not. */
const FOLLOWING =
  /^(Width|Height|Offset[XY]|Binning(Horizontal|Vertical)|PixelFormat|PayloadSize|ExposureTime|AcquisitionFrameRate|ResultingFrameRate)$/;

/** 1000 features over a slow network take some 20 s. */
const PATIENCE_MS = 60_000;
const TOOK_TOO_LONG = 'it was not read: those before it took too long';

/** Commands after which nothing is as it was. */
const EVERYTHING = /^(UserSetLoad|DeviceReset|DeviceFactoryReset)$/;

/** Runs what reads many registers; the same register may be read once for all. */
export type Snapshot = <T>(run: () => Promise<T>) => Promise<T>;

export class GenicamControls implements CameraControls {
  readonly #map: NodeMap;
  readonly #snapshot: Snapshot;
  readonly #patienceMs: number;
  #sources: readonly ControlSource[] | null = null;
  #dependents: ReturnType<typeof dependentsOf> = () => new Set();
  /** As last read. */
  readonly #known = new Map<string, Control>();

  /** `patienceMs`: how long a look at all of them may take. */
  constructor(map: NodeMap, snapshot: Snapshot = (run) => run(), patienceMs = PATIENCE_MS) {
    this.#map = map;
    this.#snapshot = snapshot;
    this.#patienceMs = patienceMs;
  }

  async list(): Promise<readonly Control[]> {
    await latchPtp(this.#map);
    return this.#read(this.#all());
  }

  async set(name: string, value: ControlValue): Promise<readonly Control[]> {
    const source = this.#sourceOf(name);
    const control = (await this.#read([source]))[0];
    if (control === undefined) throw refused(source.name, 'this camera does not have it');
    if (control.unavailable !== null) throw refused(control.name, control.unavailable);
    const checked = controlValueOf(control, value);
    await this.#write(source, control, checked);
    const before = new Map(this.#known);
    const after = await this.#read(this.#touchedBy(source));
    return after.filter((now) => now.name === control.name || !isSame(before.get(now.name), now));
  }

  /** Selectors stand before what they select, as in the description: what is set again in this order means the same. */
  #all(): readonly ControlSource[] {
    if (this.#sources !== null) return this.#sources;
    const placed = placedFeatures(this.#map);
    const marksKept = placed.some(({ name }) => nodeOf(this.#map, name)?.inherited('Streamable') === 'Yes');
    const switches = switchesOf(this.#map, placed);
    this.#dependents = dependentsOf(
      this.#map,
      placed.map(({ name }) => name),
    );
    this.#sources = placed
      .map(({ name, path }) => ({
        feature: name,
        name: controlNameOf(name, (other) => this.#map.has(other)),
        path,
        switches,
        marksKept,
      }))
      .sort((a, b) => place(a) - place(b));
    return this.#sources;
  }

  /** By the control's name or the camera's own, in any letters of case. @throws UsageError `usage.control` */
  #sourceOf(name: string): ControlSource {
    const sources = this.#all();
    const lower = name.toLowerCase();
    return (
      sources.find((source) => source.name === name || source.feature === name) ??
      sources.find((source) => source.name.toLowerCase() === lower || source.feature.toLowerCase() === lower) ??
      controlNamed([], name)
    );
  }

  /** As the camera says it now, also where its description forgets to tell what changes what. */
  #read(sources: readonly ControlSource[]): Promise<Control[]> {
    this.#map.forget();
    return this.#snapshot(async () => {
      const controls: Control[] = [];
      const untilMs = performance.now() + this.#patienceMs;
      for (const source of sources) {
        // Where everything is remembered, or computed, nothing else would come to its turn meanwhile: no heartbeat, either.
        await othersTurn();
        const control =
          performance.now() > untilMs ? unreadControl(source, TOOK_TOO_LONG) : await readControl(this.#map, source);
        if (control === null) continue;
        controls.push(control);
        this.#known.set(control.name, control);
      }
      return controls;
    });
  }

  async #write({ feature, name }: ControlSource, control: Control, value: ControlValue): Promise<void> {
    const map = this.#map;
    try {
      if (control.type === 'command') await this.#execute(feature);
      else if (control.type === 'integer' && typeof value === 'number') await map.set(feature, BigInt(value));
      else if (value !== null) await map.set(feature, value);
    } catch (cause) {
      if (!(cause instanceof FeatureError)) throw cause;
      const streaming = !control.live && map.has('TLParamsLocked') && (await map.integer('TLParamsLocked')) !== 0n;
      throw refused(name, streaming ? 'frames stream, and the camera takes it at rest only' : cause.message, cause);
    }
  }

  async #execute(feature: string): Promise<void> {
    await this.#map.execute(feature);
    const until = performance.now() + COMMAND_LIMIT_MS;
    while ((await this.#map.node(feature).readInteger()) !== 0n && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, COMMAND_LOOK_MS));
  }

  /** The control itself, what it selects, and all whose description leads to it, as many as are worth the time. */
  #touchedBy(source: ControlSource): ControlSource[] {
    const chain = valueChain(this.#map, source.feature);
    const written = new Set(chain.map((node) => node.name));
    for (const { element } of chain) for (const copy of childrenOf(element, 'pValueCopy')) written.add(copy.text);
    const selected = new Set(chain.flatMap(({ element }) => childrenOf(element, 'pSelected').map(({ text }) => text)));
    const others = this.#all().filter((other) => other !== source);
    if (EVERYTHING.test(source.name)) return [source, ...others];
    const hanging = this.#dependents(written);
    const touched = others.filter(({ feature }) => selected.has(feature) || hanging.has(feature));
    const following = others.filter((other) => FOLLOWING.test(other.name) && !touched.includes(other));
    return [source, ...following, ...touched].slice(0, MOST_READ_AGAIN);
  }
}

function place({ name, path }: ControlSource): number {
  return CONTROL_GROUPS.indexOf(groupOf(name, path));
}

function refused(name: string, why: string, cause?: unknown): UsageError {
  return new UsageError('usage.control-value', `${name} cannot be set now: ${why}`, { cause });
}

function isSame(a: Control | undefined, b: Control): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
