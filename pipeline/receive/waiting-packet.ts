import type { PacketHeader } from './packet-header.js';

/**
 * A packet from outside the open blocks, kept until a second one agrees with it: one header alone may be damaged.
 */
export class WaitingPacket {
  /** 0: nothing waits. */
  bytes = 0;
  /** Block id as on the wire. */
  wireBlockId = 0;
  extended = false;
  sinceNs = 0;
  readonly #packet = Buffer.alloc(65536);

  keep(packet: Uint8Array, header: PacketHeader, nowNs: number): void {
    this.#packet.set(packet);
    this.bytes = packet.length;
    this.wireBlockId = header.blockId;
    this.extended = header.extended;
    this.sinceNs = nowNs;
  }

  /** The packet, which waits no longer. */
  take(): Uint8Array {
    const packet = this.#packet.subarray(0, this.bytes);
    this.bytes = 0;
    return packet;
  }
}
