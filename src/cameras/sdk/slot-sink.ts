/** Frames of a driver into slots of which each is announced by a message. */
import type { FrameSink, FrameSlot, SdkEvent, SdkFrame } from './sdk-camera.js';
import type { FromSdkThread } from './sdk-messages.js';
import type { SlotMemory } from './slot-memory.js';

export class SlotSink implements FrameSink {
  readonly #memory: SlotMemory;
  readonly #post: (message: FromSdkThread) => void;

  constructor(memory: SlotMemory, post: (message: FromSdkThread) => void) {
    this.#memory = memory;
    this.#post = post;
  }

  take(): FrameSlot | null {
    return this.#memory.take();
  }

  put({ index }: FrameSlot, frame: SdkFrame): void {
    this.#post({ kind: 'frame', slot: index, frame });
  }

  giveBack({ index }: FrameSlot): void {
    this.#memory.free(index);
  }

  event(event: SdkEvent): void {
    this.#post({ kind: 'event', event });
  }
}
