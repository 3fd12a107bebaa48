/** Takes one frame after the other from the library into the memory that it is handed on in. Runs in the library's callback: it does not wait. */
import { decodeToupcamFrameInfo, TOUPCAM_FRAME_INFO_BYTES } from '#gps/header/toupcam-frame-info.js';
import { clockPair } from '../gige-vision/device/frame-sender.js';
import type { FrameSink, FrameSlot } from '../sdk/sdk-camera.js';
import type { ToupcamMode } from './camera-mode.js';
import type { LossAccount } from './loss-account.js';
import type { ToupcamHandle } from './toupcam-handle.js';
import { E_PENDING, resultInWords } from './toupcam-result.js';

/** Told once, then at each power of two, so that no fault floods the log. */
class Repeated {
  #times = 0;
  #next = 1;
  readonly #tell: (times: number, what: string) => void;

  constructor(tell: (times: number, what: string) => void) {
    this.#tell = tell;
  }

  happened(what: string): void {
    this.#times++;
    if (this.#times < this.#next) return;
    this.#next *= 2;
    this.#tell(this.#times, what);
  }
}

/** Bytes behind a frame's place that tell whether the library wrote more than the mode says. */
const GUARD = Uint8Array.from({ length: 64 }, (_, at) => 0xa5 ^ at);

export type Pulled = 'passed' | 'kept' | 'none';

export class FramePuller {
  readonly #sink: FrameSink;
  readonly #mode: ToupcamMode;
  readonly #loss: LossAccount;
  readonly #largestBytes: number;
  #spare: Uint8Array | null = null;
  /** Whether a frame of this stream has had the size of the mode: only then is a frame pulled into memory of that size. */
  #trusted = false;
  readonly #faults: Repeated;
  readonly #full: Repeated;
  readonly #zeros: Repeated;

  /** `largestBytes`: what the library could write at most, whatever the mode says. */
  constructor(sink: FrameSink, mode: ToupcamMode, loss: LossAccount, largestBytes: number) {
    this.#sink = sink;
    this.#mode = mode;
    this.#loss = loss;
    this.#largestBytes = Math.max(largestBytes, mode.bufferBytes + GUARD.byteLength);
    const telling = (level: 'warning' | 'error') =>
      new Repeated((times, what) =>
        sink.event({ kind: 'message', level, text: times === 1 ? what : `${what} (${times} times now)` }),
      );
    this.#faults = telling('error');
    this.#full = telling('warning');
    this.#zeros = telling('warning');
  }

  /** The stream was begun anew: the size of its frames is looked at anew. */
  restarted(): void {
    this.#trusted = false;
  }

  pull(handle: ToupcamHandle): Pulled {
    const arrivedUtcNs = clockPair()[0];
    const slot = this.#sink.take();
    const direct = slot !== null && this.#trusted;
    const place = direct ? slot.bytes : this.#spareMemory();
    if (!direct) place.set(GUARD, this.#mode.frameBytes);
    const info = new Uint8Array(TOUPCAM_FRAME_INFO_BYTES);
    const result = handle.pull(place, this.#mode.pullBits, info);
    if (result < 0) {
      if (slot !== null) this.#sink.giveBack(slot);
      if (result !== E_PENDING) this.#faults.happened(`a frame could not be taken: ${resultInWords(result)}`);
      return 'none';
    }
    const { width, height, sequence } = decodeToupcamFrameInfo(info);
    const mode = this.#mode;
    if (width !== mode.width || height !== mode.height) {
      if (slot !== null) this.#sink.giveBack(slot);
      this.#trusted = false;
      const text = `a frame of ${width} x ${height} pixels came instead of ${mode.width} x ${mode.height}: it is not handed on`;
      this.#faults.happened(text);
      return this.#keep(sequence, 'frames of a wrong size');
    }
    if (!direct && !this.#isGuarded(place)) {
      if (slot !== null) this.#sink.giveBack(slot);
      this.#trusted = false;
      const text = `a frame came with more bytes than ${mode.width} x ${mode.height} ${mode.pixelFormat.name} have: it is not handed on; set PixelFormat again, or plug the camera in again`;
      this.#faults.happened(text);
      return this.#keep(sequence, 'frames of a wrong size');
    }
    this.#trusted = true;
    if (slot === null) {
      this.#full.happened('a frame came with no memory free to take it: it is lost; what takes frames is too slow');
      return this.#keep(sequence, 'no memory free to take it');
    }
    const pixels = slot.bytes.subarray(0, mode.frameBytes);
    if (!direct) pixels.set(place.subarray(0, mode.frameBytes));
    if (isZero(pixels)) {
      this.#zeros.happened(
        'a frame has nothing but zeros, though the library calls it good: check cable and power, lower UsbSpeed; it is handed on',
      );
    }
    this.#hand(slot, { width, height, sequence }, info, arrivedUtcNs);
    return 'passed';
  }

  #hand(
    slot: FrameSlot,
    { width, height, sequence }: { width: number; height: number; sequence: number | null },
    info: Uint8Array,
    arrivedUtcNs: bigint,
  ): void {
    const number = this.#loss.passed(sequence);
    const untold = this.#loss.untold();
    const cause =
      'its exposure was under way when frames ceased to come; how many more there would have been is not known';
    if (untold > 0) this.#sink.event({ kind: 'frames-lost', frames: untold, cause });
    const pixelBytes = this.#mode.frameBytes;
    this.#sink.put(slot, { pixelBytes, width, height, sequence: number, arrivedUtcNs, info });
  }

  #keep(sequence: number | null, cause: string): 'kept' {
    if (this.#loss.kept(sequence)) this.#sink.event({ kind: 'frames-lost', frames: 1, cause });
    return 'kept';
  }

  #isGuarded(place: Uint8Array): boolean {
    const behind = place.subarray(this.#mode.frameBytes, this.#mode.frameBytes + GUARD.byteLength);
    return Buffer.compare(behind, GUARD) === 0;
  }

  /** As large as any frame of the camera; its pages are only there once something is written to them. */
  #spareMemory(): Uint8Array {
    this.#spare ??= Buffer.allocUnsafeSlow(this.#largestBytes);
    return this.#spare;
  }
}

/** No sensor reads so: its noise lies on an offset. Ends at the first pixel that is not, which is the first nearly always. */
function isZero(pixels: Uint8Array): boolean {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.byteLength >> 2);
  for (let at = 0; at < words.length; at++) if (words[at] !== 0) return false;
  return pixels.subarray(words.length * 4).every((byte) => byte === 0);
}
