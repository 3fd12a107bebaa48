/** A very small GigE Vision device for tests of the control side: registers, memory, test packets, and odd behaviour. */
import { createSocket, type Socket } from 'node:dgram';
import { encodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import * as gvcp from '#pipeline/wire/gvcp.js';
import { formatIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, CONTROL_PRIVILEGE, PACKET_SIZE, streamChannelAddress } from '#pipeline/wire/registers.js';

const XML_ADDRESS = 0x10000;
const PRIVILEGE = BOOTSTRAP.controlChannelPrivilege.address;
const SIZE = streamChannelAddress('packetSize');

export interface DeviceBehaviour {
  /** Commands left without an answer before the first is answered, each time a new one comes. */
  ignoreFirst?: number;
  /** Milliseconds announced in a PENDING_ACK, after which the real answer comes. */
  pendingMs?: number;
  /** It asks for that many milliseconds more, and does so again and again instead of an answer. */
  pendingForEverMs?: number;
  /** Bytes added to (or, below 0, taken from) what is read, from this address on. */
  wrongLength?: { readonly from: number; readonly bytes: number };
  /** Datagrams sent in front of each answer. */
  noise?: readonly Uint8Array[];
  silent?: boolean;
  /** Largest test packet that gets through, 0 for a device that sends none. */
  linkBytes?: number;
  /** The device rounds packet sizes down to multiples of this. */
  sizeStep?: number;
  heartbeatMs?: number;
  xml?: string;
  /** Its own registers (from 0xA000 on) are little-endian in memory, as its device mode says; READREG and WRITEREG turn them round. */
  littleEndian?: boolean;
  /** Knows no WRITEMEM. */
  registersOnly?: boolean;
}

export class GvcpDevice {
  readonly behaviour: DeviceBehaviour;
  readonly memory = new Uint8Array(0x100000);
  /** Every command that came, repeated ones included. */
  readonly commands: gvcp.GvcpCommand[] = [];
  readonly #socket: Socket = createSocket('udp4');
  readonly #view = new DataView(this.memory.buffer);
  #repeats = 0;
  #lastId = 0;
  #controller = '';
  #stopped = false;

  private constructor(behaviour: DeviceBehaviour) {
    this.behaviour = behaviour;
  }

  static async start(behaviour: DeviceBehaviour = {}): Promise<GvcpDevice> {
    const device = new GvcpDevice(behaviour);
    await new Promise<void>((resolve) => device.#socket.bind(0, '127.0.0.1', resolve));
    device.#socket.on('message', (bytes, from) => device.#command(Uint8Array.from(bytes), from.port));
    device.#fill();
    return device;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  register(address: number, value?: number): number {
    const little = this.behaviour.littleEndian === true && address >= 0xa000;
    if (value !== undefined) this.#view.setUint32(address, value, little);
    return this.#view.getUint32(address, little);
  }

  stop(): void {
    this.#stopped = true;
    this.#socket.close();
  }

  #fill(): void {
    const text = { vendor: 'Appulse', model: 'Test', deviceVersion: '1', vendorInfo: '', userName: 'bench' };
    const network = { mac: '02:00:00:00:00:01', address: '127.0.0.1', subnetMask: '255.0.0.0', gateway: '0.0.0.0' };
    const deviceMode = this.behaviour.littleEndian === true ? 1 : 0x80000001;
    const numbers = { deviceMode, supportedIpConfiguration: 4, currentIpConfiguration: 4 };
    const version = { versionMajor: 2, versionMinor: 0 };
    this.memory.set(encodeDiscoveryAck({ ...version, ...numbers, ...network, ...text, serial: 'T1' }));
    const xml = Buffer.from(this.behaviour.xml ?? '<RegisterDescription/>');
    const url = `Local:test.xml;${XML_ADDRESS.toString(16)};${xml.length.toString(16)}`;
    this.memory.set(Buffer.from(url), BOOTSTRAP.firstUrl.address);
    this.memory.set(xml, XML_ADDRESS);
    this.register(BOOTSTRAP.heartbeatTimeout.address, this.behaviour.heartbeatMs ?? 3000);
    this.register(BOOTSTRAP.timestampTickFrequencyLow.address, 1_000_000_000);
    this.register(BOOTSTRAP.gvcpCapability.address, 0x4);
    this.register(BOOTSTRAP.streamChannelsCapability.address, 0x40000000);
    this.register(SIZE, 1400);
  }

  #command(bytes: Uint8Array, port: number): void {
    const command = gvcp.parseGvcpCommand(bytes);
    this.commands.push(command);
    if (this.behaviour.silent) return;
    if (command.requestId !== this.#lastId) this.#repeats = 0;
    this.#lastId = command.requestId;
    if (this.#repeats++ < (this.behaviour.ignoreFirst ?? 0)) return;
    const send = (answer: Uint8Array) => this.#socket.send(answer, port, '127.0.0.1');
    for (const noise of this.behaviour.noise ?? []) send(noise);
    const answer = this.#answer(command, String(port));
    const { pendingMs, pendingForEverMs } = this.behaviour;
    if (pendingForEverMs !== undefined) this.#pendForEver(command.requestId, pendingForEverMs, send);
    else if (pendingMs === undefined) send(answer);
    else {
      send(gvcp.encodePendingAck(command.requestId, pendingMs));
      setTimeout(send, pendingMs * 0.9, answer);
    }
  }

  #pendForEver(requestId: number, ms: number, send: (answer: Uint8Array) => void): void {
    if (this.#stopped || requestId !== this.#lastId) return;
    send(gvcp.encodePendingAck(requestId, ms));
    setTimeout(() => this.#pendForEver(requestId, ms, send), ms / 2);
  }

  /** What is read, longer or shorter than it was asked for where the device is to be wrong. */
  #read(address: number, count: number): Uint8Array {
    const { wrongLength } = this.behaviour;
    const more = wrongLength !== undefined && address >= wrongLength.from ? wrongLength.bytes : 0;
    return this.memory.subarray(address, address + count + more);
  }

  #answer(command: gvcp.GvcpCommand, from: string): Uint8Array {
    const { requestId, payload } = command;
    switch (command.command) {
      case gvcp.GVCP_COMMAND.discovery:
        return gvcp.encodeAcknowledge(3, requestId, this.memory.subarray(0, 248));
      case gvcp.GVCP_COMMAND.readReg:
        return gvcp.encodeReadRegAck(
          requestId,
          gvcp.decodeReadReg(payload).map((address) => this.register(address)),
        );
      case gvcp.GVCP_COMMAND.readMem: {
        const { address, count } = gvcp.decodeReadMem(payload);
        return gvcp.encodeReadMemAck(requestId, address, this.#read(address, count));
      }
      case gvcp.GVCP_COMMAND.writeMem: {
        if (this.behaviour.registersOnly === true)
          return gvcp.encodeErrorAck(command.command, requestId, gvcp.GVCP_STATUS.notImplemented);
        const { address, data } = gvcp.decodeWriteMem(payload);
        this.memory.set(data, address);
        return gvcp.encodeWriteMemAck(requestId, data.length);
      }
      case gvcp.GVCP_COMMAND.writeReg: {
        const [write] = gvcp.decodeWriteReg(payload);
        if (write === undefined || !this.#mayWrite(write, from))
          return gvcp.encodeErrorAck(command.command, requestId, gvcp.GVCP_STATUS.accessDenied);
        this.#write(write);
        return gvcp.encodeWriteRegAck(requestId, 1);
      }
      default:
        return gvcp.encodeErrorAck(command.command, requestId, gvcp.GVCP_STATUS.notImplemented);
    }
  }

  #mayWrite({ address, value }: gvcp.RegisterWrite, from: string): boolean {
    const held = (this.register(PRIVILEGE) & CONTROL_PRIVILEGE.control) !== 0;
    if (held && from !== this.#controller) return false;
    if (address === PRIVILEGE && value !== 0) this.#controller = from;
    return true;
  }

  #write({ address, value }: gvcp.RegisterWrite): void {
    if (address !== SIZE) {
      this.register(address, value);
      return;
    }
    const step = this.behaviour.sizeStep ?? 1;
    const size = Math.floor((value & PACKET_SIZE.size) / step) * step;
    this.register(SIZE, size);
    const wanted = (value & PACKET_SIZE.fireTestPacket) !== 0 && size <= (this.behaviour.linkBytes ?? 0);
    const port = this.register(streamChannelAddress('port')) & 0xffff;
    const target = formatIpv4(this.register(streamChannelAddress('destinationAddress')));
    if (wanted && port !== 0) this.#socket.send(new Uint8Array(size - 28), port, target);
  }
}
