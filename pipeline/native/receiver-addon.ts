import type { AssemblerOptions } from '#pipeline/receive/assembler.js';
import type { ReceiverOptions } from '#pipeline/receive/receiver.js';

/** The assembler without a socket, for the corpus that holds it to its twin in TypeScript. */
export interface NativeAssembler {
  push(packet: Uint8Array, nowNs: number, utcNs: bigint): void;
  tick(nowNs: number): void;
  end(): void;
  restsUntilNs(): number;
  /** Flat: wire block id, first packet, last packet, and so on. */
  takeRequests(): number[];
}

/** A receive thread. It keeps itself and the ring's memory alive until `stop()` or the end of its Node thread. */
export interface NativeReceiver {
  readonly port: number;
  readonly socketBufferBytes: number;
  readonly gro: boolean;
  /** errno of what was asked for the thread, 0 where it was granted or not asked. */
  readonly cpuError: number;
  readonly realtimeError: number;
  stop(): void;
}

/** A bound UDP port whose datagrams are all dropped unseen. */
export interface HeldPort {
  readonly port: number;
  send(bytes: Uint8Array, address: string, port: number): boolean;
  close(): void;
}

/** What the receiver area of the addon offers. Native constructors throw an Error with `errno`. */
export interface ReceiverAddon {
  /** The addon's idea of RING_LAYOUT, and the number of counters. */
  ringLayout(): Record<string, number>;
  readonly NativeAssembler: new (
    control: Uint8Array,
    blocks: readonly Uint8Array[],
    options: AssemblerOptions,
  ) => NativeAssembler;
  /** Linux only. */
  readonly NativeReceiver?: new (
    control: Uint8Array,
    blocks: readonly Uint8Array[],
    options: ReceiverOptions,
    onReady: () => void,
  ) => NativeReceiver;
  /** Linux only. */
  readonly HeldPort?: new (
    address: string,
    port: number,
  ) => HeldPort;
}
