import { STATUS } from './packet-header.js';

/** Where requests go: block id as on the wire, first and last packet. */
export type ResendSink = (wireBlockId: number, firstPacket: number, lastPacket: number) => void;

export interface GapPolicy {
  readonly resend: boolean;
  readonly firstRequestNs: number;
  readonly repeatRequestNs: number;
  readonly requestRatio: number;
}

/** A frame of few packets may be asked for whole. */
export const REQUEST_FLOOR = 32;

/**
 * Which packets of a frame are in, which are missing, and when to ask for those. Packet 0 is the leader, 1..N payload,
 * N + 1 the trailer. The horizon is the highest packet id that is in or known to be missing: everything beyond may
 * simply not have been sent yet.
 */
export class PacketGaps {
  payloadPackets = 0;
  /** Packets in, leader and trailer included. */
  received = 0;
  /** Missing packets up to the horizon, and those of them that may still be asked for. */
  holes = 0;
  askable = 0;
  /** More packets were missing than may be asked for. */
  givenUp = false;
  bitmap: Uint32Array = new Uint32Array(0);
  /** Nothing is due before this. */
  nextAskNs = 0;
  readonly #policy: GapPolicy;
  /** A slot's due times, made when its first gap shows; shared by the frames that pass through the slot. */
  readonly #dueOfSlot: (Float64Array | undefined)[];
  /** When to ask for a packet: 0 never, negative when it was asked for before. */
  #due: Float64Array = NEVER;
  #slot = 0;
  #horizon = -1;
  #scanFrom = 0;
  #requested = 0;

  constructor(policy: GapPolicy, dueOfSlot: (Float64Array | undefined)[]) {
    this.#policy = policy;
    this.#dueOfSlot = dueOfSlot;
  }

  beginGaps(bitmap: Uint32Array, slot: number): void {
    this.bitmap = bitmap;
    this.#slot = slot;
    this.#due = this.#dueOfSlot[slot] ?? NEVER;
    this.#horizon = -1;
    this.#scanFrom = 0;
    this.#requested = 0;
    this.received = 0;
    this.holes = 0;
    this.askable = 0;
    this.givenUp = false;
    this.nextAskNs = Number.POSITIVE_INFINITY;
  }

  has(packetId: number): boolean {
    return ((this.bitmap[packetId >>> 5] as number) & (1 << (packetId & 31))) !== 0;
  }

  /** All packets that are not in are known to be missing, and none of them can be asked for any more. */
  get hopeless(): boolean {
    if (!this.#policy.resend || this.givenUp) return true;
    return this.#horizon === this.payloadPackets + 1 && this.askable === 0;
  }

  /** A packet that is not in has come. True when it had been asked for. */
  receive(packetId: number, nowNs: number): boolean {
    const word = packetId >>> 5;
    this.bitmap[word] = (this.bitmap[word] as number) | (1 << (packetId & 31));
    this.received += 1;
    if (packetId > this.#horizon) {
      this.noteGaps(packetId - 1, nowNs);
      this.#horizon = packetId;
      return false;
    }
    this.holes -= 1;
    if (!this.#policy.resend) return false;
    const due = this.#due[packetId] as number;
    if (due !== 0) this.askable -= 1;
    return due < 0;
  }

  /** A packet that was taken turns out to be damaged: it is missing after all. */
  unreceive(packetId: number, nowNs: number): void {
    const word = packetId >>> 5;
    this.bitmap[word] = (this.bitmap[word] as number) & ~(1 << (packetId & 31));
    this.received -= 1;
    if (packetId < this.#scanFrom) this.#scanFrom = packetId;
    this.#missing(packetId, nowNs);
  }

  /** Everything beyond the horizon up to `upTo` is missing. */
  noteGaps(upTo: number, nowNs: number): void {
    for (let packetId = this.#horizon + 1; packetId <= upTo; packetId++) this.#missing(packetId, nowNs);
    if (upTo > this.#horizon) this.#horizon = upTo;
  }

  /** The frame ends earlier than presumed; no payload packet behind the new end is in. */
  shrink(payloadPackets: number): void {
    for (let packetId = payloadPackets + 2; packetId <= this.#horizon; packetId++) {
      this.holes -= 1;
      if (this.#policy.resend && this.#due[packetId] !== 0) this.askable -= 1;
    }
    if (this.#horizon > payloadPackets + 1) this.#horizon = payloadPackets + 1;
    this.payloadPackets = payloadPackets;
  }

  /** Asks for what is due. Returns the packets asked for; gives the frame up when that would be too many. */
  ask(wireBlockId: number, nowNs: number, sink: ResendSink): number {
    if (!this.#policy.resend || this.givenUp || this.askable === 0 || nowNs < this.nextAskNs) return 0;
    const before = this.#requested;
    const lastWord = this.#horizon >>> 5;
    let next = Number.POSITIVE_INFINITY;
    let first = -1;
    let last = -2;
    let scanFrom = -1;
    for (let word = this.#scanFrom >>> 5; word <= lastWord; word++) {
      let missing = ~(this.bitmap[word] as number);
      while (missing !== 0) {
        const bit = 31 - Math.clz32(missing & -missing);
        missing &= missing - 1;
        const packetId = word * 32 + bit;
        if (packetId > this.#horizon) break;
        if (scanFrom < 0) scanFrom = packetId;
        const due = Math.abs(this.#due[packetId] as number);
        if (due === 0) continue;
        if (due > nowNs) {
          if (due < next) next = due;
          continue;
        }
        if (packetId === last + 1) {
          last = packetId;
          continue;
        }
        if (first >= 0 && !this.#request(wireBlockId, first, last, nowNs, sink)) return this.#requested - before;
        first = packetId;
        last = packetId;
      }
    }
    if (first >= 0 && !this.#request(wireBlockId, first, last, nowNs, sink)) return this.#requested - before;
    if (first >= 0 && nowNs + this.#policy.repeatRequestNs < next) next = nowNs + this.#policy.repeatRequestNs;
    this.#scanFrom = scanFrom < 0 ? this.#scanFrom : scanFrom;
    this.nextAskNs = next;
    return this.#requested - before;
  }

  /** The device answered a request without data. */
  answered(status: number, packetId: number, nowNs: number): void {
    if (!this.#policy.resend || packetId > this.#horizon) return;
    if (status === STATUS.packetNotYetAvailable || status === STATUS.packetTemporarilyUnavailable) {
      if (this.has(packetId) || this.#due[packetId] === 0) return;
      const due = nowNs + this.#policy.repeatRequestNs;
      this.#due[packetId] = -due;
      if (due < this.nextAskNs) this.nextAskNs = due;
      return;
    }
    // Gone for good: with all before it, or with the rest of the range that was asked for.
    const all = status === STATUS.packetAndPreviousRemoved;
    const from = all ? 0 : packetId;
    const to = all ? packetId : this.#horizon;
    for (let id = from; id <= to; id++) {
      if (this.has(id)) {
        if (all) continue;
        break;
      }
      if (this.#due[id] === 0) continue;
      this.#due[id] = 0;
      this.askable -= 1;
    }
  }

  #missing(packetId: number, nowNs: number): void {
    this.holes += 1;
    if (!this.#policy.resend) return;
    if (this.#due === NEVER) {
      this.#due = new Float64Array(this.bitmap.length * 32);
      this.#dueOfSlot[this.#slot] = this.#due;
    }
    const due = nowNs + this.#policy.firstRequestNs;
    this.#due[packetId] = due;
    this.askable += 1;
    if (due < this.nextAskNs) this.nextAskNs = due;
  }

  #request(wireBlockId: number, first: number, last: number, nowNs: number, sink: ResendSink): boolean {
    const limit = Math.max(REQUEST_FLOOR, Math.floor(this.#policy.requestRatio * (this.payloadPackets + 2)));
    if (this.#requested + last - first + 1 > limit) {
      this.givenUp = true;
      return false;
    }
    this.#requested += last - first + 1;
    for (let id = first; id <= last; id++) this.#due[id] = -(nowNs + this.#policy.repeatRequestNs);
    sink(wireBlockId, first, last);
    return true;
  }
}

const NEVER = new Float64Array(0);
