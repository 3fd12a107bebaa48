/** The exports of a station's page: a few at a time, into the data folder's `exports` and nowhere else, over nothing that is there. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { ExportRequest } from '#storage/export/export-types.js';
import { makeFolder } from '#storage/make-folder.js';
import { ExportJob, type JobStatus } from './export-job.js';

/** Of a data folder. */
export const EXPORTS = 'exports';
const MOST_RUNNING = 2;
/** Jobs that ended are forgotten, the oldest first. */
const MOST_REMEMBERED = 50;
const TARGET_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._()+-]{0,127}$/u;

export class ExportJobs {
  readonly #jobs = new Map<string, ExportJob>();

  /** All that are remembered, the newest first. */
  get all(): readonly JobStatus[] {
    return [...this.#jobs.values()].map((job) => job.status).reverse();
  }

  /**
   * Begins an export into `name`, a file or folder in the data folder's `exports`.
   * @throws UsageError `usage.export-target`, AppulseError `export.too-many`, `export.in-use`
   */
  begin(name: string, request: Omit<ExportRequest, 'target'>): JobStatus {
    const target = targetOf(request.dataFolder, name);
    const running = [...this.#jobs.values()].filter((job) => job.isUnderWay);
    if (running.some((job) => job.request.target === target)) {
      throw new AppulseError('export.in-use', `an export into ${name} is under way: wait for its end, or stop it`);
    }
    if (running.length >= MOST_RUNNING) {
      throw new AppulseError('export.too-many', `${MOST_RUNNING} exports are under way: wait for one, or stop it`);
    }
    makeFolder(join(request.dataFolder, EXPORTS));
    const job = new ExportJob(uuid(), name, { ...request, target });
    this.#jobs.set(job.id, job);
    this.#forget();
    return job.status;
  }

  /** @throws AppulseError `export.not-found` */
  status(id: string): JobStatus {
    return this.#job(id).status;
  }

  /** Asks a job to stop. @throws AppulseError `export.not-found` */
  stop(id: string): JobStatus {
    const job = this.#job(id);
    job.stop();
    return job.status;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.end()));
  }

  #job(id: string): ExportJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new AppulseError('export.not-found', `there is no export ${id}`);
    return job;
  }

  #forget(): void {
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= MOST_REMEMBERED) return;
      if (!job.isUnderWay) this.#jobs.delete(id);
    }
  }
}

/** @throws UsageError `usage.export-target` */
function targetOf(dataFolder: string, name: string): string {
  if (!TARGET_NAME.test(name)) {
    throw new UsageError(
      'usage.export-target',
      `'${name}' cannot name an export: one name without folders, of letters, digits, spaces and . _ ( ) + -, up to 128`,
    );
  }
  const target = join(dataFolder, EXPORTS, name);
  for (const path of [join(dataFolder, EXPORTS), target]) {
    // A link would lead out of the data folder.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      throw new UsageError('usage.export-target', `${path} is a link, and nothing is exported through one`);
    }
  }
  return target;
}
