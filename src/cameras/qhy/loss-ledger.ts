/** Frames that were lost before they reached the sink, told together about once a second, so that a flood of them floods nobody. */
import type { FrameSink } from '../sdk/sdk-camera.js';

const EVERY_MS = 1000;

export class LossLedger {
  readonly #sink: FrameSink;
  /** Frames bring a count: whoever takes them sees the gap, and counting here as well would count twice. */
  readonly #counted: boolean;
  readonly #open = new Map<string, number>();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(sink: FrameSink, counted: boolean) {
    this.#sink = sink;
    this.#counted = counted;
  }

  add(frames: number, cause: string): void {
    this.#open.set(cause, (this.#open.get(cause) ?? 0) + frames);
    if (performance.now() - this.#toldMs >= EVERY_MS) this.flush();
  }

  /** To be called now and then, and at the end. */
  tick(): void {
    if (this.#open.size > 0 && performance.now() - this.#toldMs >= EVERY_MS) this.flush();
  }

  flush(): void {
    if (this.#open.size > 0) this.#toldMs = performance.now();
    for (const [cause, frames] of this.#open) {
      if (this.#counted) {
        const text = `${frames === 1 ? 'a frame is' : `${frames} frames are`} lost: ${cause}`;
        this.#sink.event({ kind: 'message', level: 'warning', text });
      } else this.#sink.event({ kind: 'frames-lost', frames, cause });
    }
    this.#open.clear();
  }
}
