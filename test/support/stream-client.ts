/** A small GigE Vision client for tests of devices: control by single messages, and every datagram that arrives kept. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  decodeReadMemAck,
  decodeReadRegAck,
  encodePacketResend,
  encodeReadMem,
  encodeReadReg,
  encodeWriteMem,
  encodeWriteReg,
  GVCP_STATUS,
  type GvcpAcknowledge,
  parseGvcpAcknowledge,
} from '#pipeline/wire/gvcp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { CAMERA } from '#src/cameras/simulator/camera-registers.js';

export interface Place {
  readonly address: string;
  readonly port: number;
}

async function boundSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

export class StreamClient {
  /** Datagrams as they came. */
  readonly datagrams: Buffer[] = [];
  readonly control: Socket;
  readonly stream: Socket;
  readonly #device: Place;
  #requestId = 0;

  private constructor(device: Place, control: Socket, stream: Socket) {
    this.#device = device;
    this.control = control;
    this.stream = stream;
    stream.setRecvBufferSize(4 << 20);
    stream.on('message', (bytes) => this.datagrams.push(Buffer.from(bytes)));
  }

  static async open(device: Place): Promise<StreamClient> {
    return new StreamClient(device, await boundSocket(device.address), await boundSocket(device.address));
  }

  get requestId(): number {
    this.#requestId++;
    return this.#requestId;
  }

  /** Sends `message` and returns the answer; null after half a second without one. */
  async ask(message: Uint8Array): Promise<GvcpAcknowledge | null> {
    const answer = once(this.control, 'message', { signal: AbortSignal.timeout(500) });
    this.control.send(message, this.#device.port, this.#device.address);
    try {
      return parseGvcpAcknowledge((await answer)[0] as Buffer);
    } catch {
      return null;
    }
  }

  async read(address: number): Promise<number> {
    const answer = await this.ask(encodeReadReg(this.requestId, [address]));
    if (answer?.status !== GVCP_STATUS.success) throw new Error(`read ${address}: ${answer?.status}`);
    return decodeReadRegAck(answer.payload)[0] as number;
  }

  async readMemory(address: number, count: number): Promise<Buffer> {
    const answer = await this.ask(encodeReadMem(this.requestId, address, count));
    if (answer?.status !== GVCP_STATUS.success) throw new Error(`read ${address}: ${answer?.status}`);
    return Buffer.from(decodeReadMemAck(answer.payload).data);
  }

  /** The status of the answer; null without one. */
  async write(address: number, value: number): Promise<number | null> {
    return (await this.ask(encodeWriteReg(this.requestId, [{ address, value }])))?.status ?? null;
  }

  async writeDouble(address: number, value: number): Promise<number | null> {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return (await this.ask(encodeWriteMem(this.requestId, address, bytes)))?.status ?? null;
  }

  takeControl(): Promise<number | null> {
    return this.write(BOOTSTRAP.controlChannelPrivilege.address, 2);
  }

  /** Takes control and starts the stream towards this client. */
  async start(packetSize = 1500): Promise<void> {
    await this.takeControl();
    await this.write(STREAM_CHANNEL.packetSize.address, packetSize);
    await this.aim();
    await this.write(CAMERA.acquisitionStart, 1);
  }

  /** Makes this client's stream socket the destination. */
  async aim(): Promise<void> {
    const { address, port } = this.stream.address();
    await this.write(STREAM_CHANNEL.destinationAddress.address, parseIpv4(address));
    await this.write(STREAM_CHANNEL.port.address, port);
  }

  /** Asks for packets again, from the stream socket. */
  askAgain(blockId: bigint, firstPacketId: number, lastPacketId: number, extendedIds = false): void {
    const request = { streamChannel: 0, blockId, firstPacketId, lastPacketId, extendedIds };
    this.stream.send(encodePacketResend(this.requestId, request), this.#device.port, this.#device.address);
  }

  /** Waits until `enough` of the datagrams, at most `milliseconds`. */
  async until(enough: (datagrams: readonly Buffer[]) => boolean, milliseconds = 10_000): Promise<void> {
    const end = performance.now() + milliseconds;
    while (!enough(this.datagrams) && performance.now() < end) await delay(10);
  }

  /** Waits until no datagram has come for `milliseconds`. */
  async quiet(milliseconds = 300): Promise<void> {
    for (let before = -1; before !== this.datagrams.length; ) {
      before = this.datagrams.length;
      await delay(milliseconds);
      // A read keeps the control privilege alive.
      await this.read(BOOTSTRAP.controlChannelPrivilege.address);
    }
  }

  close(): void {
    this.control.close();
    this.stream.close();
  }
}
