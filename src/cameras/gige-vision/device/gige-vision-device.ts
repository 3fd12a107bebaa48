import { type Action, GVCP_STATUS, isMeantBy, type PacketResend } from '#pipeline/wire/gvcp.js';
import { GVSP, payloadDataBytes, writeGvspHeader } from '#pipeline/wire/gvsp.js';
import { formatIpv4, parseIpv4 } from '#pipeline/wire/network-text.js';
import {
  BOOTSTRAP,
  GVSP_EXTENDED_IDS,
  PACKET_SIZE,
  STREAM_CHANNEL,
  TIMESTAMP_CONTROL,
} from '#pipeline/wire/registers.js';
import { type ControlledDevice, ControlPort, type Peer } from './control-port.js';
import type { FrameSender } from './frame-sender.js';
import { BOOTSTRAP_BYTES, type RegisterMemory } from './register-memory.js';

/** Where a stream goes and how. */
export interface StreamTarget {
  readonly address: string;
  readonly port: number;
  readonly packetDataBytes: number;
  readonly extendedIds: boolean;
  readonly segmented: boolean;
  readonly dontFragment: boolean;
  /** Nanoseconds between packets; 0: the device's own pace. */
  readonly packetDelayNs: number;
}

/** What stands behind the registers of the standard. */
export interface DeviceBody {
  readonly streaming: boolean;
  /** Writes one of its own registers, which is writable and whose controller writes; the status, at once or when it is done. */
  writeRegister(address: number, bytes: Buffer): number | Promise<number>;
  /** The tick clock. */
  ticksNow(): bigint;
  /** Ends the stream at once. */
  abortStream(): void;
  /** An action command that is meant, due at a time of the tick clock or at once (null); its status. Left out: it knows none. */
  action?(time: bigint | null): number;
  /** Nobody controls the device any more; the stream has ended. */
  released(): void;
}

export interface DeviceParts {
  /** Filled; see bootstrap.ts. */
  readonly memory: RegisterMemory;
  readonly sender: FrameSender;
  /** Packets are sent again where they are asked for. */
  readonly resend: boolean;
  /** The device has no 64-bit block ids. */
  readonly shortIdsOnly: boolean;
  /** Of the interface. */
  readonly mtu: number;
  readonly log: (message: string) => void;
}

/** The smallest packet that carries all of a leader. */
export const MINIMUM_PACKET_SIZE = 220;
const LARGEST_PACKET = 65000;
const HEARTBEAT_CHECK_MS = 100;
/** What the packet size counts in front of the GVSP header. */
const IP_AND_UDP_BYTES = 28;

/** A packet size that the interface carries. */
export function limitPacketSize(bytes: number, mtu: number): number {
  return Math.max(MINIMUM_PACKET_SIZE, Math.min(bytes, mtu, LARGEST_PACKET));
}

/** A GigE Vision device over UDP: one controller, its heartbeat, the stream channel. What it shows is its body's. */
export class GigeVisionDevice implements ControlledDevice {
  /** True: nothing is answered, as if the device were gone. */
  silent = false;
  readonly #parts: DeviceParts;
  readonly #body: DeviceBody;
  readonly #heartbeat: NodeJS.Timeout;
  #control: ControlPort | null = null;
  #controller: Peer | null = null;
  #heardMs = 0;
  /** Writes of the controller that are not done yet. */
  #pending = 0;

  constructor(parts: DeviceParts, body: DeviceBody) {
    this.#parts = parts;
    this.#body = body;
    this.#heartbeat = setInterval(() => this.#checkHeartbeat(), HEARTBEAT_CHECK_MS);
  }

  /** Answers from then on. Throws AppulseError `device.…`. */
  async listen(address: string, port: number): Promise<void> {
    this.#control = await ControlPort.open(this, address, port);
  }

  /** The control port; null before `listen`. */
  get port(): number | null {
    return this.#control?.port ?? null;
  }

  /** Where the controller wants the stream; null while no one has said it. */
  streamTarget(segmented: boolean): StreamTarget | null {
    const destination = this.#destination();
    if (destination === null) return null;
    const extendedIds = this.extendedIds;
    const { bytes, dontFragment } = this.#packets();
    const packetDelayNs = this.#memory.u32(STREAM_CHANNEL.packetDelay.address);
    const packetDataBytes = payloadDataBytes(bytes, extendedIds);
    return { ...destination, packetDataBytes, extendedIds, segmented, dontFragment, packetDelayNs };
  }

  get extendedIds(): boolean {
    return (this.#memory.u32(BOOTSTRAP.gvspConfiguration.address) & GVSP_EXTENDED_IDS) !== 0;
  }

  /** Without a controller nothing streams and nothing stays set that belongs to the connection. */
  releaseControl(): void {
    this.#body.abortStream();
    this.#controller = null;
    const cleared = [
      BOOTSTRAP.controlChannelPrivilege,
      BOOTSTRAP.primaryApplicationPort,
      BOOTSTRAP.primaryApplicationAddress,
      STREAM_CHANNEL.port,
      STREAM_CHANNEL.destinationAddress,
    ];
    for (const register of cleared) this.#memory.setU32(register.address, 0);
    this.#body.released();
  }

  /** Closes the control port; sender and body are their owner's. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#control?.close();
    this.#control = null;
  }

  get #memory(): RegisterMemory {
    return this.#parts.memory;
  }

  // ControlledDevice

  read(address: number, count: number): Uint8Array | number {
    return this.#memory.read(address, count);
  }

  heard(from: Peer): void {
    if (this.#isController(from)) this.#heardMs = performance.now();
  }

  write(address: number, bytes: Uint8Array, from: Peer): number | Promise<number> {
    const status = this.#memory.checkWrite(address, bytes.length);
    if (status !== GVCP_STATUS.success) return status;
    if (address === BOOTSTRAP.controlChannelPrivilege.address) return this.#writePrivilege(bytes, from);
    if (!this.#isController(from)) return GVCP_STATUS.accessDenied;
    const written = this.#writeRegister(address, Buffer.from(bytes));
    return typeof written === 'number' ? written : this.#whenWritten(written);
  }

  /** A controller that waits for us is not silent. */
  async #whenWritten(written: Promise<number>): Promise<number> {
    this.#pending++;
    try {
      return await written;
    } finally {
      this.#pending--;
      this.#heardMs = performance.now();
    }
  }

  resend(request: PacketResend, from: Peer): void {
    if (!this.#parts.resend || request.streamChannel !== 0) return;
    // The address alone would let any program of the receiver's host draw on the stream.
    const receiver = this.#destination();
    const isReceiver = from.address === receiver?.address && from.port === receiver.port;
    if (!isReceiver && !this.#isController(from)) return;
    if (request.extendedIds !== this.extendedIds) return;
    this.#parts.sender.resend(request.blockId, request.firstPacketId, request.lastPacketId);
  }

  /** As the standard has it: without a controller nothing is done. */
  action(action: Action): number | null {
    if (this.#body.action === undefined) return GVCP_STATUS.notImplemented;
    const own = {
      deviceKey: this.#memory.u32(BOOTSTRAP.actionDeviceKey.address),
      groupKey: this.#memory.u32(BOOTSTRAP.actionGroupKey.address),
      groupMask: this.#memory.u32(BOOTSTRAP.actionGroupMask.address),
    };
    return this.#controller !== null && isMeantBy(action, own) ? this.#body.action(action.time) : null;
  }

  // Control privilege

  #isController(from: Peer): boolean {
    return this.#controller?.address === from.address && this.#controller.port === from.port;
  }

  #writePrivilege(bytes: Uint8Array, from: Peer): number {
    const value = Buffer.from(bytes).readUInt32BE(0);
    if (this.#controller && !this.#isController(from)) return GVCP_STATUS.accessDenied;
    if (value === 0) {
      this.releaseControl();
      return GVCP_STATUS.success;
    }
    this.#controller = { address: from.address, port: from.port };
    this.#heardMs = performance.now();
    this.#memory.setU32(BOOTSTRAP.controlChannelPrivilege.address, value);
    this.#memory.setU32(BOOTSTRAP.primaryApplicationPort.address, from.port);
    this.#memory.setU32(BOOTSTRAP.primaryApplicationAddress.address, parseIpv4(from.address));
    return GVCP_STATUS.success;
  }

  #checkHeartbeat(): void {
    if (!this.#controller || this.silent || this.#pending > 0) return;
    const timeoutMs = Math.max(500, this.#memory.u32(BOOTSTRAP.heartbeatTimeout.address));
    if (performance.now() - this.#heardMs < timeoutMs) return;
    this.#parts.log(`the controller at ${this.#controller.address} fell silent: control released`);
    this.releaseControl();
  }

  // Registers of the standard

  #writeRegister(address: number, bytes: Buffer): number | Promise<number> {
    const value = bytes.readUInt32BE(0);
    switch (address) {
      case STREAM_CHANNEL.packetSize.address:
        return this.#writePacketSize(value);
      case STREAM_CHANNEL.port.address:
        this.#memory.setU32(address, value & 0xffff);
        if ((value & 0xffff) === 0) this.#body.abortStream();
        return GVCP_STATUS.success;
      case BOOTSTRAP.gvspConfiguration.address:
        if (this.#body.streaming) return GVCP_STATUS.busy;
        this.#memory.setU32(address, this.#parts.shortIdsOnly ? 0 : value & GVSP_EXTENDED_IDS);
        return GVCP_STATUS.success;
      case BOOTSTRAP.timestampControl.address:
        if (value & TIMESTAMP_CONTROL.latch) this.#latchTime(this.#body.ticksNow());
        return GVCP_STATUS.success;
      default:
        if (address >= BOOTSTRAP_BYTES) return this.#body.writeRegister(address, bytes);
        this.#memory.set(address, bytes);
        return GVCP_STATUS.success;
    }
  }

  #latchTime(ticks: bigint): void {
    this.#memory.setU32(BOOTSTRAP.timestampValueHigh.address, Number((ticks >> 32n) & 0xffffffffn));
    this.#memory.setU32(BOOTSTRAP.timestampValueLow.address, Number(ticks & 0xffffffffn));
  }

  #writePacketSize(value: number): number {
    const size = limitPacketSize(value & PACKET_SIZE.size, this.#parts.mtu);
    this.#memory.setU32(STREAM_CHANNEL.packetSize.address, (value & PACKET_SIZE.doNotFragment) | size);
    const destination = this.#destination();
    // Sent only where it fits: a size above the MTU is cut down in the register, and the asker waits in vain.
    if (value & PACKET_SIZE.fireTestPacket && destination && size === (value & PACKET_SIZE.size)) {
      const packet = new Uint8Array(size - IP_AND_UDP_BYTES);
      writeGvspHeader(packet, { extended: this.extendedIds, format: GVSP.payload, blockId: 0n, packetId: 0 });
      this.#parts.sender.sendOne(packet, destination.address, destination.port, this.#packets().dontFragment);
    }
    return GVCP_STATUS.success;
  }

  #destination(): { readonly address: string; readonly port: number } | null {
    const port = this.#memory.u32(STREAM_CHANNEL.port.address) & 0xffff;
    const address = this.#memory.u32(STREAM_CHANNEL.destinationAddress.address);
    return port === 0 || address === 0 ? null : { address: formatIpv4(address), port };
  }

  #packets(): { readonly bytes: number; readonly dontFragment: boolean } {
    const register = this.#memory.u32(STREAM_CHANNEL.packetSize.address);
    return { bytes: register & PACKET_SIZE.size, dontFragment: (register & PACKET_SIZE.doNotFragment) !== 0 };
  }
}
