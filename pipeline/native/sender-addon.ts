/** Where and how a stream goes out. */
export interface NativeStreamSettings {
  readonly address: string;
  readonly port: number;
  /** Payload bytes in each full packet: the stream packet size less the headers. */
  readonly packetDataBytes: number;
  /** 64-bit block ids. */
  readonly extendedIds: boolean;
  /** Let the kernel cut datagrams from larger pieces (UDP_SEGMENT). */
  readonly segmented: boolean;
  readonly dontFragment: boolean;
  /** Frames kept for packet resend beside the one on its way. */
  readonly historyFrames: number;
  /** Probability that a resent packet is lost. */
  readonly resendLoss: number;
  readonly seed: number;
  /** All prepared frames; must not change while the stream runs. */
  readonly payloads: Uint8Array;
}

/** One frame to send, or a rest of earlier frames (no leader, a plan that refers back only). */
export interface NativeSenderFrame {
  /** As on the wire. */
  readonly blockId: bigint;
  readonly payloadOffset: number;
  readonly payloadBytes: number;
  /** Replaces the first payload bytes of this frame; at most 64. */
  readonly header: Uint8Array | null;
  /** Bodies of leader and trailer, without the GVSP header. */
  readonly leader: Uint8Array | null;
  readonly trailer: Uint8Array | null;
  /** CLOCK_MONOTONIC of the first packet. */
  readonly dueNs: bigint;
  readonly packetIntervalNs: number;
  /** Four words a range: first packet, last packet, mode, frames back. Null: every packet once, in order. */
  readonly plan: Uint32Array | null;
}

/** Counters since `start`; `planIndex` and `planPackets` say where a frame on its way stands in its plan. */
export interface NativeSenderProgress {
  readonly framesSent: number;
  readonly packetsSent: number;
  readonly packetsResent: number;
  readonly resendsRefused: number;
  readonly sendErrors: number;
  readonly sending: boolean;
  readonly planIndex: number;
  readonly planPackets: number;
}

/** A stream socket with its sending thread. Closed by `close()`, by the collector, or with the environment. */
export interface NativeSender {
  /** The bound source port. */
  readonly port: number;
  sendOne(datagram: Uint8Array, address: string, port: number, dontFragment: boolean): boolean;
  start(settings: NativeStreamSettings): void;
  submit(frame: NativeSenderFrame): void;
  resend(blockId: bigint, firstPacket: number, lastPacket: number): void;
  /** Forgets the frames that have not begun and returns how many; the one on its way is finished. */
  cancelQueued(): number;
  /** Joins the thread at once, in mid-frame if need be; progress can still be read. */
  stop(): void;
  progress(): NativeSenderProgress;
  close(): void;
}

/** What the sender area of the addon offers. */
export interface SenderAddon {
  /** Opens a socket on `address`:`port` (0: any port); throws with the reason when it cannot be bound. */
  readonly NativeSender: new (
    address: string,
    port: number,
  ) => NativeSender;
  /** CLOCK_REALTIME and CLOCK_MONOTONIC of the same moment, in nanoseconds. */
  clockPair(): [bigint, bigint];
}
