/**
 * Takes frames out of the library, straight into a slot where one is free, and judges them: a success of the library is no proof that
 * it wrote a frame.
 */
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import type { FrameSink, FrameSlot, SdkFrame } from '../sdk/sdk-camera.js';
import { hostUtcNs } from './host-utc.js';
import { QHYCCD_SUCCESS } from './qhy-answer.js';
import type { QhyDevice } from './qhy-device.js';

export interface ExpectedFrame {
  readonly width: number;
  readonly height: number;
  /** Depth that the library tells with such frames. */
  readonly bits: readonly number[];
  readonly pixelBytes: number;
  /** Memory that the library may write. */
  readonly bufferBytes: number;
  readonly gpsHeader: boolean;
}

export type Taken =
  /** No frame yet, or a failure: the library answers the same for both. */
  | { readonly kind: 'none'; readonly code: number }
  /** `slot` is null where none was free: the frame is lost. */
  | {
      readonly kind: 'frame';
      readonly slot: FrameSlot | null;
      readonly frame: SdkFrame;
      readonly header: Uint8Array | null;
    }
  /** What the library gave out as a frame and is none. */
  | { readonly kind: 'bad'; readonly cause: string };

/** Written at both ends of a frame's memory before the library gets it: what still stands there was not written. */
const MARK = Uint8Array.of(
  0xa5,
  0x3c,
  0x96,
  0x0f,
  0xe1,
  0x5a,
  0x78,
  0xc3,
  0x2d,
  0xb4,
  0x4b,
  0xd2,
  0x87,
  0x69,
  0xf0,
  0x1e,
);
/** Bytes between the samples of a first look for a frame without content; prime to every row length that matters. */
const SAMPLE_STRIDE = 4093;

export class FrameReader {
  readonly #device: QhyDevice;
  readonly #sink: FrameSink;
  readonly #expected: ExpectedFrame;
  readonly #words = [1, 2, 3, 4].map(() => new Uint32Array(1));
  #slot: FrameSlot | null = null;
  #spare: Uint8Array | null = null;
  #marked = false;

  constructor(device: QhyDevice, sink: FrameSink, expected: ExpectedFrame) {
    this.#device = device;
    this.#sink = sink;
    this.#expected = expected;
  }

  /** Whether the next frame has a slot. */
  hold(): boolean {
    if (this.#slot !== null) return true;
    this.#slot = this.#sink.take();
    if (this.#slot !== null) this.#marked = false;
    return this.#slot !== null;
  }

  /** Calls `name` once. @throws SdkError where it does not return within `limitMs` */
  async read(name: 'GetQHYCCDLiveFrame' | 'GetQHYCCDSingleFrame', limitMs: number): Promise<Taken> {
    this.hold();
    const memory = this.#memory();
    if (!this.#marked) this.#mark(memory);
    const code = await this.#device.library.code(name, limitMs, this.#device.handle, ...this.#words, memory);
    if (code !== QHYCCD_SUCCESS) return { kind: 'none', code };
    const arrivedUtcNs = hostUtcNs();
    this.#marked = false;
    const cause = this.#whatIsWrong(memory);
    if (cause !== null) return { kind: 'bad', cause };
    const { gpsHeader, pixelBytes, width, height } = this.#expected;
    const header = gpsHeader ? Uint8Array.from(memory.subarray(0, QHY_HEADER_BYTES)) : null;
    const frame: SdkFrame = { pixelBytes, width, height, sequence: sequenceOf(header), arrivedUtcNs, info: null };
    const slot = this.#slot;
    this.#slot = null;
    return { kind: 'frame', slot, frame, header };
  }

  /** Gives a slot back that was taken for a frame that does not come; when the library has left it, where a call hangs. */
  release(): void {
    const slot = this.#slot;
    this.#slot = null;
    if (slot !== null) this.#device.library.lane.whenBack(() => this.#sink.giveBack(slot));
  }

  #memory(): Uint8Array {
    if (this.#slot !== null) return this.#slot.bytes;
    this.#spare ??= new Uint8Array(this.#expected.bufferBytes);
    return this.#spare;
  }

  #mark(memory: Uint8Array): void {
    memory.set(MARK);
    memory.set(MARK, this.#expected.pixelBytes - MARK.byteLength);
    this.#marked = true;
  }

  #whatIsWrong(memory: Uint8Array): string | null {
    const { width, height, bits, pixelBytes, gpsHeader } = this.#expected;
    const [w = 0, h = 0, depth = 0, channels = 0] = this.#words.map((word) => word[0] ?? 0);
    if (w !== width || h !== height || !bits.includes(depth) || channels !== 1) {
      return `the library gave ${w} x ${h} pixels of ${depth} bit in ${channels} channels instead of ${width} x ${height} of ${bits[0]} bit`;
    }
    if (stillMarked(memory, 0) || stillMarked(memory, pixelBytes - MARK.byteLength)) {
      return 'the library said that a frame is there, and had not written all of it';
    }
    if (gpsHeader && isZero(memory.subarray(0, QHY_HEADER_BYTES))) return 'empty frame: its GPS header is all zero';
    if (gpsHeader && sequenceOf(memory) === 0) return 'empty frame: its GPS header counts it as number 0';
    if (!gpsHeader && isZeroThroughout(memory.subarray(0, pixelBytes))) return 'empty frame: every pixel is 0';
    return null;
  }
}

function sequenceOf(header: Uint8Array | null): number | null {
  if (header === null) return null;
  return new DataView(header.buffer, header.byteOffset, QHY_HEADER_BYTES).getUint32(0);
}

const stillMarked = (memory: Uint8Array, at: number): boolean => MARK.every((byte, i) => memory[at + i] === byte);
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** A frame with content shows so in its first samples: the whole is only read of one that is empty, or nearly. */
function isZeroThroughout(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.byteLength; at += SAMPLE_STRIDE) if (pixels[at] !== 0) return false;
  return isZero(pixels);
}
