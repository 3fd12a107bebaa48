import { encodePacketResend } from '#pipeline/wire/gvcp.js';
import { Assembler } from './assembler.js';
import type { ReceiverOptions } from './receiver.js';

const TICK_MS = 1;
const IDLE_TICK_MS = 20;
/** Longer without a packet or a tick than this, and the loop was held up. */
const LOOK_LIMIT_NS = (IDLE_TICK_MS + 5) * 1e6;
/** The wall clock is only read to the millisecond: smaller differences from the run of the monotonic one are its noise. */
const CLOCK_STEP_MS = 2;

/** Host UTC less the monotonic clock, ns, as well as Node tells it. */
function realtimeOffsetNs(): bigint {
  const drift = Date.now() - (performance.timeOrigin + performance.now());
  const originMs = performance.timeOrigin + (Math.abs(drift) > CLOCK_STEP_MS ? drift : 0);
  return BigInt(Math.round(originMs * 1000)) * 1000n;
}

/**
 * Drives an assembler in TypeScript: gives it the time, sends its requests, wakes the consumer at most once a
 * millisecond. What differs between receivers is where the packets come from and by which socket requests go out.
 */
export class PacketPump {
  readonly #assembler: Assembler;
  readonly #onReady: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #lastTickNs = 0;
  #lastWakeNs = 0;
  #eventsTold = 0;
  #kernelDrops = 0;
  #lookedNs = Math.floor(performance.now() * 1e6);
  #heldUpNs = 0;

  /** `send` puts a GVCP message on its way to the device's control port; null where nothing may be asked. */
  constructor(options: ReceiverOptions, send: ((message: Uint8Array) => void) | null, onReady: () => void) {
    let requestId = 0;
    this.#onReady = onReady;
    this.#assembler = new Assembler(options, (wireBlockId, firstPacketId, lastPacketId) => {
      requestId = requestId === 65535 ? 1 : requestId + 1;
      const resend = {
        streamChannel: options.streamChannel,
        blockId: BigInt(wireBlockId),
        firstPacketId,
        lastPacketId,
        extendedIds: this.#assembler.extended,
      };
      send?.(encodePacketResend(requestId, resend));
    });
    this.#schedule();
  }

  /**
   * The time by which frames age. While the event loop was held up nobody looked at the socket, whose packets wait there
   * still: that time does not count.
   */
  #now(): number {
    const nowNs = Math.floor(performance.now() * 1e6);
    const unseenNs = nowNs - this.#lookedNs - LOOK_LIMIT_NS;
    if (unseenNs > 0) this.#heldUpNs += unseenNs;
    this.#lookedNs = nowNs;
    return nowNs - this.#heldUpNs;
  }

  /** Takes one GVSP packet; the bytes are copied before it returns. */
  push(packet: Uint8Array): void {
    const nowNs = this.#now();
    this.#assembler.push(packet, nowNs);
    if (nowNs - this.#lastTickNs >= 1e6) this.#tick(nowNs);
  }

  /** Datagrams that the kernel had no room for, since the socket was made. */
  setKernelDrops(drops: number): void {
    if (drops <= this.#kernelDrops) return;
    this.#assembler.producer.count('kernelDrops', drops - this.#kernelDrops);
    this.#kernelDrops = drops;
  }

  /** Closes what is open and wakes the consumer a last time. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#assembler.end();
    this.#wake(this.#now());
  }

  #tick(nowNs: number): void {
    this.#lastTickNs = nowNs;
    this.#assembler.realtimeOffsetNs = realtimeOffsetNs() + BigInt(this.#heldUpNs);
    this.#assembler.tick(nowNs);
    if (this.#assembler.producer.eventsPut !== this.#eventsTold && nowNs - this.#lastWakeNs >= 1e6) this.#wake(nowNs);
  }

  #schedule(): void {
    const waiting =
      this.#assembler.restsUntilNs !== Number.POSITIVE_INFINITY ||
      this.#assembler.producer.eventsPut !== this.#eventsTold;
    this.#timer = setTimeout(
      () => {
        this.#tick(this.#now());
        if (!this.#stopped) this.#schedule();
      },
      waiting ? TICK_MS : IDLE_TICK_MS,
    );
  }

  #wake(nowNs: number): void {
    this.#lastWakeNs = nowNs;
    this.#eventsTold = this.#assembler.producer.eventsPut;
    this.#assembler.producer.count('wakeups');
    this.#assembler.producer.flush();
    this.#onReady();
  }
}
