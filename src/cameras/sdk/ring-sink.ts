/**
 * Frames of a driver straight into the ring of the engine, which sees them as if they had come in one packet each. A frame whose
 * memory the library wants larger than a slot goes through memory of its own, and is copied once.
 */
import { RingProducer } from '#pipeline/receive/ring-producer.js';
import { RING_LAYOUT as L, RING_EVENT, SLOT_FLAG } from '#pipeline/ring/layout.js';
import type { RingHandle } from '#pipeline/ring/ring.js';
import { PAYLOAD_TYPE } from '#pipeline/wire/gvsp.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { BlockNumbers } from './block-numbers.js';
import { slotBytesFor, writeInfoChunk } from './info-chunk.js';
import type { FrameSink, FrameSlot, SdkEvent, SdkFrame, SdkMode } from './sdk-camera.js';
import type { FromSdkThread } from './sdk-messages.js';

export class RingSink implements FrameSink {
  readonly #producer: RingProducer;
  readonly #mode: SdkMode;
  readonly #post: (message: FromSdkThread) => void;
  readonly #blocks = new BlockNumbers();
  /** Memory beside the ring; null where the slots are large enough. */
  readonly #aside: Uint8Array | null;
  /** `eventsPut` when the engine was woken last. */
  #told = 0;
  #waking = false;

  constructor(ring: RingHandle, mode: SdkMode, post: (message: FromSdkThread) => void) {
    this.#producer = new RingProducer(ring);
    this.#mode = mode;
    this.#post = post;
    const { strideBytes } = this.#producer.ring.geometry;
    const needed = slotBytesFor(mode, payloadBytesOf(mode.pixelFormat, mode.width, mode.height));
    this.#aside = needed > strideBytes ? new Uint8Array(needed) : null;
  }

  /** Whether pixels are copied once on their way. */
  get copies(): boolean {
    return this.#aside !== null;
  }

  take(): FrameSlot | null {
    const index = this.#producer.allocate();
    if (index < 0) return null;
    return { index, bytes: this.#aside ?? this.#whole(index) };
  }

  put(slot: FrameSlot, frame: SdkFrame): void {
    const producer = this.#producer;
    const { width, height, infoBytes, pixelFormat } = this.#mode;
    const pixelBytes = payloadBytesOf(pixelFormat, width, height);
    if (frame.width !== width || frame.height !== height || frame.pixelBytes !== pixelBytes) {
      this.giveBack(slot);
      this.#blocks.leaveOut(frame.sequence);
      this.#post({ kind: 'event', event: wrongSize(frame, this.#mode) });
      return;
    }
    const target = this.#whole(slot.index);
    if (this.#aside !== null) target.set(this.#aside.subarray(0, pixelBytes));
    const payloadBytes = writeInfoChunk(target, pixelBytes, frame.info, infoBytes);
    const before = this.#blocks.last;
    const blockId = this.#blocks.next(frame.sequence);
    const skipped = Number(blockId - before) - 1;
    if (before > 0n && skipped > 0) this.#lose(before + 1n, skipped, 0n);
    this.#fillHeader(slot.index, blockId, frame, payloadBytes);
    producer.clearBehind(slot.index, payloadBytes);
    producer.count('framesComplete');
    producer.count('packetsReceived');
    producer.count('bytesReceived', payloadBytes);
    producer.putClosed(slot.index, Number(blockId));
    this.#wake();
  }

  giveBack({ index }: FrameSlot): void {
    this.#producer.giveBack(index);
  }

  event(event: SdkEvent): void {
    if (event.kind === 'frames-lost') this.#blocks.lose(event.frames);
    this.#post({ kind: 'event', event });
  }

  /** The stream has ended. */
  end(): void {
    const unshown = lostAtEnd(this.#blocks.takeUnshown());
    if (unshown !== null) this.#post({ kind: 'event', event: unshown });
    this.#producer.settle(true);
    this.#producer.flush();
    this.#post({ kind: 'ring' });
  }

  #lose(firstBlock: bigint, count: number, timeNs: bigint): void {
    this.#producer.count('framesSkipped', count);
    this.#producer.putLost(RING_EVENT.skipped, Number(firstBlock), count, timeNs);
    this.#wake();
  }

  /** One message for all that is put before the thread comes to rest. */
  #wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      const producer = this.#producer;
      producer.settle();
      producer.count('wakeups');
      producer.flush();
      if (producer.eventsPut === this.#told) return;
      this.#told = producer.eventsPut;
      this.#post({ kind: 'ring' });
    });
  }

  /** A slot with its spare tail. */
  #whole(index: number): Uint8Array {
    const payload = this.#producer.ring.payload(index);
    return new Uint8Array(payload.buffer, payload.byteOffset, this.#producer.ring.geometry.strideBytes);
  }

  #fillHeader(slot: number, blockId: bigint, frame: SdkFrame, payloadBytes: number): void {
    const { view, ring } = this.#producer;
    const at = this.#producer.headerOf(slot);
    const { offsetX, offsetY, pixelFormat, infoBytes } = this.#mode;
    const packets = ring.geometry.maxPayloadPackets;
    ring.bitmap(slot).fill(0xffffffff);
    const words = {
      'slot.flags': SLOT_FLAG.complete | SLOT_FLAG.leaderSeen | SLOT_FLAG.trailerSeen,
      'slot.payloadPackets': packets,
      'slot.packetsMissing': 0,
      'slot.pixelFormat': pixelFormat.code,
      'slot.width': frame.width,
      'slot.height': frame.height,
      'slot.offsetX': offsetX,
      'slot.offsetY': offsetY,
      'slot.paddingX': 0,
      'slot.paddingY': 0,
      'slot.payloadType': infoBytes === 0 ? PAYLOAD_TYPE.image : PAYLOAD_TYPE.image | PAYLOAD_TYPE.withChunks,
      'slot.packetDataBytes': payloadBytes,
      'slot.chunkBytes': infoBytes === 0 ? 0 : payloadBytes,
      'slot.chunkLayoutId': 0,
      'slot.packetsResent': 0,
    } as const;
    for (const [name, value] of Object.entries(words)) view.setUint32(at + L[name as keyof typeof words], value, true);
    const longs = {
      'slot.blockId': blockId,
      'slot.cameraTimestamp': frame.arrivedUtcNs,
      'slot.firstPacketNs': frame.arrivedUtcNs,
      'slot.lastPacketNs': frame.arrivedUtcNs,
      'slot.payloadBytes': BigInt(payloadBytes),
      'slot.receivedBytes': BigInt(payloadBytes),
    } as const;
    for (const [name, value] of Object.entries(longs))
      view.setBigUint64(at + L[name as keyof typeof longs], value, true);
  }
}

/** Frames that are lost behind the last one of a stream; null for none. */
export function lostAtEnd(frames: number): SdkEvent | null {
  if (frames === 0) return null;
  return { kind: 'frames-lost', frames, cause: 'no frame came behind them before the stream ended', atEnd: true };
}

/** A frame that is not what the camera is set to give. */
export function wrongSize(frame: SdkFrame, mode: SdkMode): SdkEvent {
  const { width, height, pixelBytes } = frame;
  const wanted = payloadBytesOf(mode.pixelFormat, mode.width, mode.height);
  return {
    kind: 'frames-lost',
    frames: 1,
    cause: `the library gave ${width} x ${height} pixels in ${pixelBytes} bytes instead of ${mode.width} x ${mode.height} in ${wanted}`,
  };
}
