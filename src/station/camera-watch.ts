/** Looks at what a camera tells of itself while it streams, and makes events of what has changed: temperature, supply. */
import type { CameraEvent } from '#src/cameras/camera-events.js';
import type { Control, ControlValue } from '#src/cameras/controls.js';

const LOOK_MS = 15_000;
/** A look takes no more than this share of the time: a description of a thousand registers on a slow camera is looked at less often. */
const MOST_SHARE = 1 / 20;
/** A temperature that has moved so far since it was last told is told again. */
const TOLD_CEL = 2;
const WATCHED = ['DeviceTemperature', 'UnderVoltage'] as const;
/** What cameras call a supply that is well, or of which nothing is known. */
const WELL = /^(good|ok|normal|starting|unknown|none)/i;

/** What was told last of a camera; it stays when another stream of it begins. */
export interface ToldReadings {
  celsius: number | null;
  supply: ControlValue;
}

export interface CameraWatchOptions {
  readonly told: ToldReadings;
  /** The controls now. */
  readonly list: () => Promise<readonly Control[]>;
  readonly event: (event: CameraEvent) => void;
  readonly temperature: (celsius: number) => void;
  /** Milliseconds between two looks (15 s). */
  readonly everyMs?: number;
}

export class CameraWatch {
  readonly #options: CameraWatchOptions;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  /** Looks at once, and again until `end`, as long as the camera has anything to look at. */
  constructor(options: CameraWatchOptions) {
    this.#options = options;
    void this.#look();
  }

  end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const begunMs = performance.now();
    let controls: readonly Control[];
    try {
      controls = await this.#options.list();
    } catch {
      // A camera that is gone is told of by its heartbeat.
      controls = [];
    }
    if (this.#ended) return;
    const watched = controls.filter(({ name }) => (WATCHED as readonly string[]).includes(name));
    for (const control of watched) this.#take(control);
    if (watched.length === 0 && controls.length > 0) return;
    const tookMs = performance.now() - begunMs;
    this.#timer = setTimeout(() => void this.#look(), Math.max(this.#options.everyMs ?? LOOK_MS, tookMs / MOST_SHARE));
    this.#timer.unref();
  }

  #take({ name, value, choices }: Control): void {
    if (name === 'DeviceTemperature' && typeof value === 'number') this.#takeTemperature(value);
    const { told } = this.#options;
    if (name !== 'UnderVoltage' || value === null || value === told.supply) return;
    const before = told.supply;
    told.supply = value;
    const label = choices.find((choice) => choice.name === value)?.label ?? String(value);
    const values = { supply: value, before };
    if (!WELL.test(String(value))) {
      const help =
        'check the supply and its cable; appulse controls shows UnderVoltage, and UnderVoltageClear where it can be cleared';
      this.#options.event({
        kind: 'under-voltage',
        level: 'error',
        text: `the camera's supply: ${label}; ${help}`,
        values,
      });
    } else if (before !== null) {
      this.#options.event({ kind: 'under-voltage', level: 'info', text: `the camera's supply: ${label}`, values });
    }
  }

  #takeTemperature(celsius: number): void {
    this.#options.temperature(celsius);
    const told = this.#options.told.celsius;
    if (told !== null && Math.abs(celsius - told) < TOLD_CEL) return;
    this.#options.told.celsius = celsius;
    const values = { celsius, before: told };
    const was = told === null ? '' : `, was ${told.toFixed(1)}`;
    const text = `the sensor has ${celsius.toFixed(1)} degrees Celsius${was}`;
    this.#options.event({ kind: 'temperature', level: 'info', text, values });
  }
}
