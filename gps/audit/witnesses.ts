/** What the session's other witnesses said: the host's clock and gpsd. */
import { type AuditEvent, booleanIn, numberIn, textIn } from './rows.js';

export interface HostClockState {
  readonly utcNs: bigint;
  readonly synchronised: boolean | null;
  readonly source: string | null;
  readonly boundNs: number | null;
}

export interface Extent {
  readonly least: number;
  readonly most: number;
}

export interface GpsdSummary {
  readonly reports: number;
  /** Reports by fix mode, as gpsd numbers them: 0 and 1 no fix, 2 in the plane, 3 in space. */
  readonly modes: Readonly<Record<string, number>>;
  readonly satellites: Extent | null;
  readonly ppsOffsetNs: Extent | null;
  readonly latitudeDeg: Extent | null;
  readonly longitudeDeg: Extent | null;
}

export interface Witnesses {
  /** Each change of its state; null where none was recorded. */
  readonly hostClock: readonly HostClockState[] | null;
  readonly hostClockNotListed: number;
  /** Null where none was recorded. */
  readonly gpsd: GpsdSummary | null;
}

const MOST_STATES = 200;
const MOST_MODES = 8;

export class WitnessWatch {
  readonly #states: HostClockState[] = [];
  #notListed = 0;
  #reports = 0;
  readonly #modes: Record<string, number> = {};
  readonly #extents = new Map<string, Extent>();

  hostClock({ data, startUtcNs }: AuditEvent): void {
    if (this.#states.length >= MOST_STATES) {
      this.#notListed++;
      return;
    }
    this.#states.push({
      utcNs: startUtcNs,
      synchronised: booleanIn(data, 'synchronised'),
      source: textIn(data, 'source'),
      boundNs: numberIn(data, 'boundNs'),
    });
  }

  gpsd({ data }: AuditEvent): void {
    this.#reports++;
    const mode = textIn(data, 'mode') ?? 'none';
    const known = mode in this.#modes || Object.keys(this.#modes).length < MOST_MODES;
    if (known) this.#modes[mode] = (this.#modes[mode] ?? 0) + 1;
    for (const name of ['satellitesUsed', 'ppsOffsetNs', 'latitudeDeg', 'longitudeDeg']) {
      const value = numberIn(data, name);
      if (value === null) continue;
      const before = this.#extents.get(name) ?? { least: value, most: value };
      this.#extents.set(name, { least: Math.min(before.least, value), most: Math.max(before.most, value) });
    }
  }

  result(): Witnesses {
    const extent = (name: string): Extent | null => this.#extents.get(name) ?? null;
    return {
      hostClock: this.#states.length > 0 ? this.#states : null,
      hostClockNotListed: this.#notListed,
      gpsd:
        this.#reports === 0
          ? null
          : {
              reports: this.#reports,
              modes: this.#modes,
              satellites: extent('satellitesUsed'),
              ppsOffsetNs: extent('ppsOffsetNs'),
              latitudeDeg: extent('latitudeDeg'),
              longitudeDeg: extent('longitudeDeg'),
            },
    };
  }
}
