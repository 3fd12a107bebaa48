/** The exports of a station's page: a few at a time, into the data folder's `exports` and nowhere else, over nothing that is there. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { ExportRequest } from '#storage/export/export-types.js';
import { makeFolder } from '#storage/make-folder.js';
import { ExportJob, type JobStatus } from './export-job.js';
import { type ExportPlace, placeOf } from './exported-files.js';

/** Of a data folder. */
export const EXPORTS = 'exports';
const MOST_RUNNING = 2;
/** Jobs that ended are forgotten, the oldest first. */
const MOST_REMEMBERED = 50;
/** The disk has frames to take meanwhile. */
const MOST_FETCHED = 4;
const TARGET_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._()+-]{0,127}$/u;

export class ExportJobs {
  readonly #jobs = new Map<string, ExportJob>();
  #fetched = 0;

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

  /**
   * Where the files of an export stand that has ended. @throws AppulseError `export.not-found`, `export.under-way`, and `export.failed` for
   * one whose target may be what somebody else has put there
   */
  placeOf(id: string): ExportPlace {
    const { isUnderWay, status, request } = this.#job(id);
    if (isUnderWay) {
      throw new AppulseError(
        'export.under-way',
        `the export into ${status.target} is under way: wait for its end, or stop it`,
      );
    }
    if (status.state === 'failed') {
      throw new AppulseError('export.failed', `the export into ${status.target} failed, and has no files to fetch`);
    }
    return placeOf(request);
  }

  /** One more file is being fetched, until what is returned is called. @throws AppulseError `api.busy` */
  beginFetch(): () => void {
    if (this.#fetched >= MOST_FETCHED) {
      throw new AppulseError('api.busy', `${MOST_FETCHED} files are being fetched already: ask again later`);
    }
    this.#fetched++;
    return () => {
      this.#fetched--;
    };
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
