/** Retention of what no recorder of the station looks after: cameras that are not here any more, and stacks. */
import { reasonOf } from '#gps/errors.js';
import { policyOf } from '#src/config/retention.js';
import type { Settings } from '#src/config/settings.js';
import { carryOut, planFolder } from '#storage/retention/retention-run.js';
import type { LogLevel } from './messages.js';

const INTERVAL_MS = 3_600_000;

export interface IdleRetentionOptions {
  readonly dataFolder: string;
  readonly indexFile: string;
  readonly settings: Settings;
  /** The cameras whose recorders do it themselves. */
  readonly busy: () => ReadonlySet<string>;
  readonly log: (level: LogLevel, message: string) => void;
}

export class IdleRetention {
  readonly #options: IdleRetentionOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  /** Runs once an hour; `run` does it now. */
  constructor(options: IdleRetentionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS).unref();
  }

  /** Never throws: what cannot be removed is told, and tried again in an hour. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#run());
    return this.#running;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { dataFolder, indexFile, settings, busy, log } = this.#options;
    try {
      const plan = planFolder(indexFile, {
        policyOf: (camera) => policyOf(settings, camera),
        nowUtcNs: BigInt(Date.now()) * 1_000_000n,
        longitudeDeg: settings['site.longitude'],
        busy: busy(),
      });
      const { segments, stacks } = await carryOut(dataFolder, indexFile, plan);
      if (segments + stacks > 0) log('info', `retention removed ${segments} older segments and ${stacks} stacks`);
    } catch (error) {
      log('warning', `retention could not be done: ${reasonOf(error)}`);
    }
  }
}
