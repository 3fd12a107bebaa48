/** Packet formats of the GigE Vision 2.x streaming protocol that carry an image. */
export const FORMAT = { leader: 1, trailer: 2, payload: 3 } as const;

/** Status of a packet that was sent again, and a device's answers to a request it cannot meet (GigE Vision 2.x). */
export const STATUS = {
  success: 0x0000,
  packetResend: 0x0100,
  packetUnavailable: 0x800c,
  packetNotYetAvailable: 0x8010,
  packetAndPreviousRemoved: 0x8011,
  packetRemoved: 0x8012,
  packetTemporarilyUnavailable: 0x8014,
} as const;

const FLAG_RESEND = 0x0001;
/** Ids from 2^53 on are no ids a camera reaches; numbers stay exact below. */
const BLOCK_ID_HIGH_LIMIT = 2 ** 21;

/**
 * The header of the packet in hand. One instance is read into over and over: the hot path makes no objects.
 * The codec in wire/gvsp.ts says the same with names and errors; this one only says yes or no.
 */
export class PacketHeader {
  status = 0;
  extended = false;
  format = 0;
  /** As on the wire. */
  blockId = 0;
  packetId = 0;
  /** Where the data begin: 8 or 20. */
  dataOffset = 8;
  /** The device says that it sends this packet again. */
  resent = false;

  /** Reads `packet`; false when it is too short or names an impossible block. */
  read(packet: Uint8Array): boolean {
    if (packet.length < 8) return false;
    const status = u16(packet, 0);
    const kind = packet[4] as number;
    this.status = status;
    this.format = kind & 0x7f;
    this.extended = (kind & 0x80) !== 0;
    if (!this.extended) {
      this.dataOffset = 8;
      this.blockId = u16(packet, 2);
      this.packetId = u32(packet, 4) & 0x00ffffff;
      this.resent = status === STATUS.packetResend;
      return this.blockId !== 0;
    }
    if (packet.length < 20) return false;
    this.dataOffset = 20;
    const high = u32(packet, 8);
    if (high >= BLOCK_ID_HIGH_LIMIT) return false;
    this.blockId = high * 2 ** 32 + u32(packet, 12);
    this.packetId = u32(packet, 16);
    this.resent = status === STATUS.packetResend || (u16(packet, 2) & FLAG_RESEND) !== 0;
    return this.blockId !== 0;
  }
}

/** Big-endian reads; the caller has checked the length. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 65536 + u16(bytes, at + 2);
}
