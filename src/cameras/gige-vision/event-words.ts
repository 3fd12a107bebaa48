/**
 * Events of a camera in words. What tells of lost frames and missed triggers is switched on; what comes with every
 * frame is only told when somebody has switched it on, and then once and by its number.
 */
import { GVCP_EVENT, type GvcpEvent } from '#pipeline/wire/gvcp.js';
import type { CameraEvent } from '../camera-events.js';
import { placedFeatures } from './controls/description-facts.js';
import { FeatureError } from './genicam/feature-error.js';
import type { NodeMap } from './genicam/node-map.js';

/** SFNC's names, and makers', of what should be known. */
const TROUBLE =
  /Discard|Overrun|Overflow|Missed|Overtrigger|Lost|Late|Drop|Error|OverTemperature|CriticalTemperature|PrimaryApplicationSwitch/;
/** The same kind again is counted for so long. */
const QUIET_MS = 60_000;

/** Switches on the events of trouble that the camera has; returns their names. Those that it refuses stay off. */
export async function enableTroubleEvents(features: NodeMap): Promise<readonly string[]> {
  if (!features.has('EventSelector') || !features.has('EventNotification')) return [];
  const enabled: string[] = [];
  try {
    const before = await features.text('EventSelector');
    for (const name of await features.node('EventSelector').symbols()) {
      if (!TROUBLE.test(name)) continue;
      await features.set('EventSelector', name);
      const modes = await features.node('EventNotification').symbols();
      const on = ['On', 'GigEVisionEvent'].find((mode) => modes.includes(mode));
      if (on === undefined) continue;
      await features.set('EventNotification', on);
      enabled.push(name);
    }
    await features.set('EventSelector', before);
  } catch (error) {
    if (!(error instanceof FeatureError)) throw error;
  }
  return enabled;
}

interface Kind {
  readonly name: string;
  readonly kind: CameraEvent['kind'];
  readonly level: CameraEvent['level'];
  toldMs: number;
  /** Since it was told. */
  count: number;
}

export class EventWords {
  /** Who is told; nobody is told nothing. */
  listener: ((event: CameraEvent) => void) | null = null;
  readonly #names: ReadonlyMap<number, string>;
  readonly #tickFrequencyHz: bigint;
  readonly #nowMs: () => number;
  readonly #kinds = new Map<number, Kind>();

  constructor(features: NodeMap, tickFrequencyHz: bigint, nowMs: () => number = () => performance.now()) {
    this.#names = eventNames(features);
    this.#tickFrequencyHz = tickFrequencyHz;
    this.#nowMs = nowMs;
  }

  tell(event: GvcpEvent): void {
    if (this.listener === null) return;
    const kind = this.#kindOf(event.id);
    kind.count++;
    const now = this.#nowMs();
    if (now - kind.toldMs < QUIET_MS) return;
    const times = kind.count > 1 ? `, ${kind.count} times since it was told last` : '';
    const values = { name: kind.name, id: event.id, block: String(event.blockId), ticks: String(event.timestamp) };
    const text = `the camera tells: ${kind.name}${this.#where(event)}${times}`;
    this.listener({ kind: kind.kind, level: kind.level, text, values: { ...values, times: kind.count } });
    kind.toldMs = now;
    kind.count = 0;
  }

  /** What has been counted and not told. */
  end(): void {
    for (const { name, kind, level, count } of this.#kinds.values()) {
      if (count === 0) continue;
      const text = `the camera told: ${name}, ${count === 1 ? 'once' : `${count} times`} more`;
      this.listener?.({ kind, level, text, values: { name, times: count } });
    }
    this.#kinds.clear();
  }

  #where({ blockId, timestamp }: GvcpEvent): string {
    const block = blockId === 0n ? '' : ` of block ${blockId}`;
    if (timestamp === 0n || this.#tickFrequencyHz === 0n) return block;
    return `${block} at ${(timestamp * 1_000_000_000n) / this.#tickFrequencyHz} ns of its clock`;
  }

  #kindOf(id: number): Kind {
    const known = this.#kinds.get(id);
    if (known !== undefined) return known;
    // A camera with endless kinds of events must not fill the memory; so many no camera has.
    if (this.#kinds.size >= 1_000) this.#kinds.clear();
    const name = this.#names.get(id) ?? GVCP_EVENT[id] ?? `event 0x${id.toString(16)}`;
    const isError = id === 1 || (id >= 0x8001 && id <= 0x8fff);
    const level = isError || TROUBLE.test(name) || id === 9 ? 'warning' : 'info';
    const kind: Kind = {
      name,
      kind: /trigger/i.test(name) ? 'trigger' : 'message',
      level,
      toldMs: Number.NEGATIVE_INFINITY,
      count: 0,
    };
    this.#kinds.set(id, kind);
    return kind;
  }
}

/** Names of a camera's own events, from the features that they bring: the shortest is that of the event itself. */
function eventNames(features: NodeMap): Map<number, string> {
  const names = new Map<number, string>();
  for (const { name } of placedFeatures(features)) {
    const eventId = eventIdOf(features, name);
    const known = eventId === null ? undefined : names.get(eventId);
    if (eventId !== null && (known === undefined || name.length < known.length)) names.set(eventId, name);
  }
  return names;
}

function eventIdOf(features: NodeMap, name: string): number | null {
  try {
    return features.about(name).eventId;
  } catch (error) {
    if (error instanceof FeatureError) return null;
    throw error;
  }
}
