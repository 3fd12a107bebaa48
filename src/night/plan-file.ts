/**
 * Where the plan stands: `plan.json` in the (first) data folder. Not in `appulse.toml`, since the page writes it, and a program that
 * rewrites a file of settings loses what people wrote beside them. A data folder has one station, so the plan has one reader that acts.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { readIfThere } from '#storage/read-if-there.js';
import { writeSmallFile } from '#storage/small-file.js';
import { EMPTY_PLAN, type Plan, PlanError, parsePlan } from './plan.js';

const LARGEST_FILE_BYTES = 2 ** 20;

export class PlanFile {
  readonly path: string;

  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'plan.json');
  }

  /** An empty plan where there is no file. @throws PlanError `plan.unreadable`, `plan.invalid` */
  read(): Plan {
    let given: unknown;
    try {
      const bytes = readIfThere(this.path, 'the plan');
      if (bytes === null) return EMPTY_PLAN;
      if (bytes.length > LARGEST_FILE_BYTES) throw new Error(`it has more than ${LARGEST_FILE_BYTES} bytes`);
      given = JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      throw new PlanError('plan.unreadable', `the plan cannot be read from ${this.path}: ${reasonOf(cause)}`, {
        cause,
      });
    }
    return parsePlan(given, this.path);
  }

  get isThere(): boolean {
    return existsSync(this.path);
  }

  /** Changes with the file: who has read it need not read it again while this stays the same. */
  version(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return 'none';
    }
  }

  /** Whole or not at all. @throws PlanError `plan.write` */
  write(plan: Plan): void {
    try {
      writeSmallFile(this.path, `${JSON.stringify(plan, null, 2)}\n`);
    } catch (cause) {
      throw new PlanError('plan.write', `the plan cannot be written to ${this.path}: ${reasonOf(cause)}`, { cause });
    }
  }
}
