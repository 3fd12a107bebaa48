/** Frames of a camera for a measurement: received and looked at in the ring, not recorded. */
import { AppulseError } from '#gps/errors.js';
import { nativeAddon } from '#pipeline/native/addon.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type Receiver } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { framePeriodNs } from '#src/cameras/camera-region.js';
import { receivedStream } from '#src/cameras/received-stream.js';
import { UsageError } from '#src/config/usage-error.js';

const SLOTS = 8;
/** Large frames get fewer slots, two at least. */
const MEMORY_BYTES = 1024 ** 3;
/** From a setting to the first frame that surely has it: what a camera may have ready to send. */
const SETTLE_NS = 200_000_000n;
/** How long a frame may be overdue. */
const PATIENCE_MS = 5_000;
const UNKNOWN_PERIOD_NS = 100_000_000n;

export class FrameTap {
  readonly #camera: StreamCamera;
  readonly #ring: Ring;
  #receiver: Receiver | null = null;
  #ready: () => void = () => {};
  /** Why no frame will come any more. */
  #over: string | null = null;

  private constructor(camera: StreamCamera) {
    const { mode, source } = camera;
    this.#camera = camera;
    this.#ring = Ring.create({
      payloadBytes: mode.payloadBytes,
      slots: Math.max(2, Math.min(SLOTS, Math.floor(MEMORY_BYTES / mode.payloadBytes))),
      maxPayloadPackets: Math.ceil(mode.payloadBytes / source.packetDataBytes),
    });
    void camera.lost.then((reason) => this.abort(`the camera was lost: ${reason}`));
  }

  /** The camera streams when it resolves. @throws UsageError `usage.pixel-depth`, ReceiverError, and as the camera does */
  static async open(camera: StreamCamera, socketBufferBytes: number): Promise<FrameTap> {
    const { name, bitsPerPixel } = camera.mode.pixelFormat;
    if (bitsPerPixel > 16) {
      throw new UsageError(
        'usage.pixel-depth',
        `${name} has ${bitsPerPixel} bits a pixel, and measurements take 16 at most: choose another, such as --set PixelFormat=Mono16`,
      );
    }
    const tap = new FrameTap(camera);
    const { source } = camera;
    await tap.#ring.prefault();
    tap.#receiver = await openReceiver(
      FrameTap.receiverKind,
      {
        ring: tap.#ring.handle,
        ...receivedStream(camera),
        policy: { ...DEFAULT_POLICY, resend: source.supportsResend },
        socketBufferBytes,
        receiveCpu: null,
        realtimePriority: null,
      },
      () => tap.#ready(),
    );
    try {
      await camera.start(tap.#receiver.port);
    } catch (error) {
      await tap.close();
      throw error;
    }
    return tap;
  }

  static get receiverKind(): 'native' | 'dgram' {
    return process.platform === 'linux' && nativeAddon() !== null ? 'native' : 'dgram';
  }

  /** Ends a look that is under way, and every one after it. */
  abort(reason: string): void {
    this.#over ??= reason;
    this.#ready();
  }

  /**
   * What `look` sees in the next `count` whole frames that were exposed after everything that has been set so far. The
   * payload is only there during the call. `exposureNs`: where it has been set since the camera was opened.
   * @throws AppulseError `calibration.no-frames`
   */
  async look<T>(
    count: number,
    look: (payload: Uint8Array, frame: Pick<SlotInfo, 'blockId' | 'firstPacketNs'>) => T,
    exposureNs = this.#camera.mode.exposureNs,
  ): Promise<T[]> {
    const periodNs = framePeriodNs(this.#camera.mode) ?? UNKNOWN_PERIOD_NS;
    const settledNs = BigInt(Date.now()) * 1_000_000n + SETTLE_NS + exposureNs + periodNs;
    const patienceMs = PATIENCE_MS + Number(SETTLE_NS + 3n * (exposureNs + periodNs)) / 1e6;
    const seen: T[] = [];
    let heardMs = performance.now();
    while (seen.length < count) {
      const event = this.#ring.take();
      if (event === null) {
        const leftMs = heardMs + patienceMs - performance.now();
        if (this.#over !== null || leftMs <= 0) throw this.#noFrames(seen.length, count);
        await this.#wait(Math.min(leftMs, 100));
      } else if (event.type === 'closed') {
        const info = this.#ring.slot(event.slot);
        if (info.complete) heardMs = performance.now();
        if (info.complete && info.firstPacketNs > settledNs)
          seen.push(look(this.#ring.payload(event.slot).subarray(0, info.payloadBytes), info));
        this.#ring.free(event.slot);
      }
    }
    return seen;
  }

  #noFrames(seen: number, count: number): AppulseError {
    const why = this.#over ?? 'no whole frame comes any more';
    return new AppulseError('calibration.no-frames', `${why}; ${seen} of ${count} frames were seen`);
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#ready = () => {
        clearTimeout(timer);
        done();
      };
      if (this.#ring.pending() > 0) this.#ready();
    });
  }

  /** Ends the stream; the camera stays open. */
  async close(): Promise<void> {
    await this.#camera.stopAcquisition();
    await this.#receiver?.stop();
  }
}
