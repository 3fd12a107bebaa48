/**
 * How long a frame may take before something is wrong: its exposure and what its readout has been measured to take. A multiple of the
 * exposure alone, which other drivers use, is too short for a large sensor at short exposures (a frame of 42 MB takes 0.4 to 0.9 s to come).
 */

const KEPT = 64;
const ENOUGH = 3;
/** Times the readout that 95 of 100 frames have stayed below. */
const SLACK = 3;
/** Before anything is measured: what a slow USB 2 connection carries, and the wait of the first frame after a start. */
const SLOWEST_BYTES_A_MS = 15_000;
const FIRST_FRAME_MS = 2_000;

export interface TimeLimitSettings {
  /** Least allowance beside the exposure. */
  readonly minimumMs: number;
  /** Of the exposure, as an allowance beside it; 0: none. */
  readonly factor: number;
}

export class FrameTimeLimit {
  readonly #readoutsMs: number[] = [];
  #next = 0;

  /** A frame came `tookMs` after its exposure was begun. */
  measured(tookMs: number, exposureMs: number): void {
    this.#readoutsMs[this.#next] = Math.max(0, tookMs - exposureMs);
    this.#next = (this.#next + 1) % KEPT;
  }

  /** Frames have another size or speed now. */
  forget(): void {
    this.#readoutsMs.length = 0;
    this.#next = 0;
  }

  /** 95th percentile of the last readouts; null before three frames. */
  readoutMs(): number | null {
    if (this.#readoutsMs.length < ENOUGH) return null;
    const sorted = [...this.#readoutsMs].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? null;
  }

  /** From the start of an exposure to the last moment at which its frame is not late. */
  limitMs(exposureMs: number, frameBytes: number, { minimumMs, factor }: TimeLimitSettings): number {
    const readoutMs = this.readoutMs();
    const expectedMs = readoutMs === null ? FIRST_FRAME_MS + frameBytes / SLOWEST_BYTES_A_MS : readoutMs * SLACK;
    return exposureMs + Math.max(minimumMs, exposureMs * factor, expectedMs);
  }
}
