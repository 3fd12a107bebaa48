/** Finished frames that wait for the next write, in order, their buffers taken. */
import { lengthOf } from './recorded-frame.js';
import type { RecordedFrame } from './recorder-types.js';

export class PendingFrames {
  #frames: RecordedFrame[] = [];
  #bytes = 0;

  get frames(): readonly RecordedFrame[] {
    return this.#frames;
  }

  get count(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: RecordedFrame): void {
    this.#frames.push(frame);
    this.#bytes += lengthOf(frame);
  }

  /** Takes the first `count` off. */
  take(count: number): readonly RecordedFrame[] {
    const taken = this.#frames.slice(0, count);
    this.#frames = this.#frames.slice(count);
    for (const frame of taken) this.#bytes -= lengthOf(frame);
    return taken;
  }
}
