/** Takes the frames of a driver as the bridge does: slots of shared memory, given back as soon as a frame was looked at. */
import { decodeToupcamFrameInfo, type ToupcamFrameInfo } from '#gps/header/toupcam-frame-info.js';
import type { FrameSink, FrameSlot, SdkCamera, SdkEvent, SdkFrame } from '#src/cameras/sdk/sdk-camera.js';

export interface CollectedFrame extends SdkFrame {
  readonly told: ToupcamFrameInfo;
  /** Of the pixels. */
  readonly head: Uint8Array;
}

export class FrameCollector implements FrameSink {
  readonly frames: CollectedFrame[] = [];
  readonly events: SdkEvent[] = [];
  /** No slot is free while this is set. */
  isFull = false;
  /** Slots that are taken and neither put nor given back. */
  taken = 0;
  readonly #free: FrameSlot[];
  #waiting: { readonly isMet: () => boolean; readonly met: () => void }[] = [];

  constructor(camera: SdkCamera, slots = 8) {
    const { bufferBytes, infoBytes } = camera.mode();
    this.#free = Array.from({ length: slots }, (_, index) => ({
      index,
      bytes: new Uint8Array(new SharedArrayBuffer(bufferBytes + infoBytes)),
    }));
  }

  take(): FrameSlot | null {
    const slot = this.isFull ? undefined : this.#free.pop();
    if (slot === undefined) return null;
    this.taken++;
    return slot;
  }

  put(slot: FrameSlot, frame: SdkFrame): void {
    const told = decodeToupcamFrameInfo(frame.info ?? new Uint8Array(0));
    this.frames.push({ ...frame, told, head: slot.bytes.slice(0, 4096) });
    this.giveBack(slot);
    this.#look();
  }

  giveBack(slot: FrameSlot): void {
    this.taken--;
    this.#free.push(slot);
  }

  event(event: SdkEvent): void {
    this.events.push(event);
    this.#look();
  }

  /** Resolves when `isMet` says so after a frame or an event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((met) => {
      this.#waiting.push({ isMet, met });
    });
  }

  frameCount(count: number): Promise<void> {
    return this.until(() => this.frames.length >= count);
  }

  /** What was said to people. */
  get messages(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []));
  }

  /** Frames told as lost beside the numbers. */
  get toldLost(): number {
    return this.events.reduce((sum, event) => sum + (event.kind === 'frames-lost' ? event.frames : 0), 0);
  }

  /** Frames missing in the numbers. */
  get gaps(): number {
    return this.frames.reduce((sum, { sequence }, at) => {
      const before = this.frames[at - 1]?.sequence ?? null;
      return sequence === null || before === null ? sum : sum + sequence - before - 1;
    }, 0);
  }

  #look(): void {
    const met = this.#waiting.filter(({ isMet }) => isMet());
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const one of met) one.met();
  }
}
