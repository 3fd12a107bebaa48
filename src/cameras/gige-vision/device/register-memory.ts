import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { BOOTSTRAP, STREAM_CHANNEL } from '#pipeline/wire/registers.js';

/** Bytes that may be written: a register, or a text of which a part may be. */
export interface WritableRegister {
  readonly address: number;
  readonly bytes: number;
}

/** What may be written, beyond what stands in the standard's table as writable and makes sense here. */
const writableBootstrap: readonly WritableRegister[] = [
  BOOTSTRAP.userDefinedName,
  BOOTSTRAP.heartbeatTimeout,
  BOOTSTRAP.timestampControl,
  BOOTSTRAP.discoveryAckDelay,
  BOOTSTRAP.gvcpConfiguration,
  BOOTSTRAP.gvspConfiguration,
  BOOTSTRAP.controlSwitchoverKey,
  BOOTSTRAP.controlChannelPrivilege,
  BOOTSTRAP.messageChannelPort,
  BOOTSTRAP.messageChannelAddress,
  BOOTSTRAP.messageChannelTimeout,
  BOOTSTRAP.messageChannelRetries,
  STREAM_CHANNEL.port,
  STREAM_CHANNEL.packetSize,
  STREAM_CHANNEL.packetDelay,
  STREAM_CHANNEL.destinationAddress,
  STREAM_CHANNEL.configuration,
].map(({ address, bytes }) => ({ address, bytes }));

/** Bytes of the bootstrap area that exist: 64 KiB, as in real devices. */
export const BOOTSTRAP_BYTES = 0x10000;

/** Registers of a device beside the standard's, and its description. */
export interface DeviceSpace {
  /** First byte and the byte behind the last of its own registers, from `BOOTSTRAP_BYTES` on. */
  readonly begin: number;
  readonly end: number;
  readonly writable: readonly WritableRegister[];
  readonly xml: Uint8Array;
  /** Where the XML is read. */
  readonly xmlAddress: number;
}

/** The address space of a device: bootstrap registers, its own registers, XML. All big-endian. */
export class RegisterMemory {
  readonly #space: DeviceSpace;
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #writable: readonly WritableRegister[];

  constructor(space: DeviceSpace) {
    this.#space = space;
    this.#end = space.xmlAddress + Math.ceil(space.xml.length / 4) * 4;
    this.#bytes = Buffer.alloc(this.#end);
    this.#bytes.set(space.xml, space.xmlAddress);
    this.#writable = [...writableBootstrap, ...space.writable];
  }

  u32(address: number): number {
    return this.#bytes.readUInt32BE(address);
  }
  setU32(address: number, value: number): void {
    this.#bytes.writeUInt32BE(value >>> 0, address);
  }
  double(address: number): number {
    return this.#bytes.readDoubleBE(address);
  }
  setDouble(address: number, value: number): void {
    this.#bytes.writeDoubleBE(value, address);
  }
  set(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address);
  }
  setText(address: number, text: string, bytes: number): void {
    this.#bytes.fill(0, address, address + bytes);
    this.#bytes.write(text, address, bytes - 1, 'utf8');
  }

  /** A view of `count` bytes, or the status that refuses them. */
  read(address: number, count: number): Uint8Array | number {
    if (address % 4 !== 0 || count % 4 !== 0) return GVCP_STATUS.badAlignment;
    if (!this.#exists(address, count)) return GVCP_STATUS.invalidAddress;
    return this.#bytes.subarray(address, address + count);
  }

  /** Whether `count` bytes may be written at `address`: success or the status that refuses. One register at a time. */
  checkWrite(address: number, count: number): number {
    if (address % 4 !== 0 || count % 4 !== 0) return GVCP_STATUS.badAlignment;
    if (!this.#exists(address, count)) return GVCP_STATUS.invalidAddress;
    const register = this.#writable.find((range) => address >= range.address && address < range.address + range.bytes);
    if (!register) return GVCP_STATUS.writeProtect;
    const text = register.address === BOOTSTRAP.userDefinedName.address;
    const whole = address === register.address && count === register.bytes;
    const fits = whole || (text && address + count <= register.address + register.bytes);
    return fits ? GVCP_STATUS.success : GVCP_STATUS.invalidParameter;
  }

  #exists(address: number, count: number): boolean {
    const end = address + count;
    const { begin, end: spaceEnd, xmlAddress } = this.#space;
    return (
      end <= BOOTSTRAP_BYTES || (address >= begin && end <= spaceEnd) || (address >= xmlAddress && end <= this.#end)
    );
  }
}
