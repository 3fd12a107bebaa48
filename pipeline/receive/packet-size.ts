import { FORMAT, type PacketHeader } from './packet-header.js';

/** Largest UDP payload. */
const DATAGRAM_BYTES = 65507;

/**
 * How many data bytes a full payload packet carries: given by the control channel, or learnt from a stream that someone
 * else controls, where two payload packets of one block with the same length settle it. After learning a frame is only
 * begun at its leader.
 */
export class PacketSize {
  dataBytes = 0;
  /** The most payload of a frame, in bytes and packets of this size. */
  frameBytes = 0;
  framePackets = 0;
  /** Data bytes that a packet may have. */
  limit = DATAGRAM_BYTES;
  awaitLeader = false;
  readonly #capacity: number;
  readonly #maxPackets: number;
  #block = 0;
  #packet = 0;
  #length = 0;

  constructor(dataBytes: number, capacity: number, maxPackets: number) {
    this.#capacity = capacity;
    this.#maxPackets = maxPackets;
    if (dataBytes > 0) this.#settle(dataBytes);
  }

  get known(): boolean {
    return this.dataBytes > 0;
  }

  /** Looks at a well-formed packet of `length` data bytes. */
  learn(header: PacketHeader, length: number): void {
    const { format, blockId, packetId } = header;
    const same = this.#block === blockId && this.#length > 0;
    if (format === FORMAT.payload) {
      if (same && packetId !== this.#packet && length === this.#length) this.#learnt(length);
      this.#block = blockId;
      this.#packet = packetId;
      this.#length = length;
    } else if (format === FORMAT.trailer && same && packetId === 2 && this.#packet === 1) {
      this.#learnt(this.#length);
    }
  }

  #learnt(dataBytes: number): void {
    this.#settle(dataBytes);
    this.awaitLeader = true;
  }

  #settle(dataBytes: number): void {
    this.dataBytes = dataBytes;
    this.limit = dataBytes;
    this.frameBytes = Math.min(this.#capacity, this.#maxPackets * dataBytes);
    this.framePackets = Math.ceil(this.frameBytes / dataBytes);
  }
}
