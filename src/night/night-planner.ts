/**
 * Starts and stops sessions as the plan has it, as long as a station runs. It looks at the clock once a second, and asks the plan
 * anew what is due at that instant, so that a start in mid-night, a clock that steps, a plan that is edited and a camera that comes back
 * are all the same case. Lives in the main thread: when it stalls, sessions begin late, and no frame is lost.
 */
import { reasonOf } from '#gps/errors.js';
import type { StationFace } from '#src/station/station-face.js';
import { CameraNight, type Tell } from './camera-night.js';
import { EMPTY_PLAN, type Plan } from './plan.js';
import type { PlanFile } from './plan-file.js';
import { planProblems } from './plan-problems.js';
import { intervalsBetween, wantedBy } from './planned-intervals.js';
import { nightAt } from './sun.js';

const LOOK_MS = 1_000;
/** A clock that is set back by less only waits until it is where it was: what has begun does not end, what has ended does not begin. */
const SMALL_STEP_NS = 3_600_000_000_000n;

export interface NightPlannerOptions {
  readonly station: StationFace;
  readonly file: PlanFile;
  /** What it does, for the station's messages. */
  readonly tell: Tell;
  /** The host's clock, nanoseconds since 1970 UTC; a test gives its own. */
  readonly nowNs?: () => bigint;
}

export class NightPlanner {
  readonly #options: NightPlannerOptions;
  readonly #nowNs: () => bigint;
  readonly #cameras = new Map<number, CameraNight>();
  #plan: Plan = EMPTY_PLAN;
  #version: string | null = null;
  #lastNs: bigint | null = null;
  #toldFor = '';
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: NightPlannerOptions) {
    this.#options = options;
    this.#nowNs = options.nowNs ?? (() => BigInt(Date.now()) * 1_000_000n);
  }

  /** Looks at once, then every second. */
  start(): this {
    void this.look();
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
    return this;
  }

  /** Sessions go on as they are. Settles when nothing is being started or stopped any more. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  /** Does what is due now. A look that is still at work is waited for, not repeated. Does not throw. */
  look(): Promise<void> {
    this.#looking ??= this.#act().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #act(): Promise<void> {
    const { station, tell } = this.#options;
    try {
      this.#readPlan();
      const nowNs = this.#steadyNow();
      const intervals = intervalsBetween(this.#plan, station.site, nowNs, nowNs + 1n);
      this.#tellProblems(nowNs);
      await Promise.all(
        station.cameras.map(({ camera }) => this.#night(camera).look(wantedBy(intervals, camera, nowNs), nowNs)),
      );
    } catch (error) {
      tell('warning', `plan: ${reasonOf(error)}`);
    }
  }

  #night(camera: number): CameraNight {
    const known = this.#cameras.get(camera);
    if (known !== undefined) return known;
    const made = new CameraNight(this.#options.station, camera, this.#options.tell);
    this.#cameras.set(camera, made);
    return made;
  }

  /** One that cannot be read is told of once, and the one before it goes on. */
  #readPlan(): void {
    const { file, tell } = this.#options;
    const version = file.version();
    if (version === this.#version) return;
    this.#version = version;
    try {
      this.#plan = file.read();
    } catch (error) {
      tell('warning', `plan: ${reasonOf(error)}; the plan before it goes on`);
    }
  }

  #steadyNow(): bigint {
    const now = this.#nowNs();
    const last = this.#lastNs;
    if (last !== null && now < last) {
      if (last - now <= SMALL_STEP_NS) return last;
      this.#options.tell('warning', `plan: the clock was set back by ${(last - now) / 60_000_000_000n} min`);
    }
    this.#lastNs = now;
    return now;
  }

  /** Once for each plan and night. */
  #tellProblems(nowNs: bigint): void {
    const { station, tell } = this.#options;
    const { length } = station.cameras;
    if (length === 0) return;
    const occasion = `${this.#version} ${nightAt(nowNs, station.site)} ${length}`;
    if (occasion === this.#toldFor) return;
    this.#toldFor = occasion;
    for (const { entry, text } of planProblems(this.#plan, station.site, nowNs, length))
      tell('warning', `plan: '${entry}': ${text}`);
  }
}
