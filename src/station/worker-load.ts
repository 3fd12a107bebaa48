/** Which share of the frame workers' time a camera's frames take, over the last seconds. */
import { STAGES, type Stage } from '#pipeline/stages/steps.js';

const WINDOW_MS = 3_000;

export class WorkerLoad {
  readonly #workers: number;
  #samples: { readonly atMs: number; readonly seconds: number }[] = [];

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** `spent`: seconds of all workers in each stage so far; null: no stream runs. Returns 0 to 1. */
  add(spent: Readonly<Record<Stage, number>> | null): number {
    const atMs = performance.now();
    const seconds = spent === null ? 0 : STAGES.reduce((sum, stage) => sum + spent[stage], 0);
    // Another stream counts anew.
    if (seconds < (this.#samples.at(-1)?.seconds ?? 0)) this.#samples = [];
    this.#samples.push({ atMs, seconds });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0] ?? { atMs, seconds };
    const passed = (atMs - first.atMs) / 1_000;
    return passed <= 0 ? 0 : Math.min(1, (seconds - first.seconds) / passed / this.#workers);
  }
}
