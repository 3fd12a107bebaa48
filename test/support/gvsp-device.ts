/** The sending half of a GigE Vision device for tests: a stream socket and a control socket that resends. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodePacketResend } from '#pipeline/wire/gvcp.js';

export class TestDevice {
  readonly address: string;
  /** Packets of sent frames by wire block id; what is in it is resent on request. */
  readonly history = new Map<number, Buffer[]>();
  requests = 0;
  readonly #stream: Socket;
  readonly #control: Socket;
  #target = 0;

  private constructor(address: string, stream: Socket, control: Socket) {
    this.address = address;
    this.#stream = stream;
    this.#control = control;
    stream.setSendBufferSize(2 ** 21);
    control.on('message', (message) => {
      if (message.readUInt16BE(2) !== 0x0040) return;
      this.requests += 1;
      const { blockId, firstPacketId, lastPacketId } = decodePacketResend(message.subarray(8), message[1] ?? 0);
      const packets = this.history.get(Number(blockId)) ?? [];
      for (const packet of packets.slice(firstPacketId, lastPacketId + 1)) {
        const again = Buffer.from(packet);
        again.writeUInt16BE(0x0100, 0);
        this.#stream.send(again, this.#target, '127.0.0.1');
      }
    });
  }

  static async open(address = '127.0.0.1'): Promise<TestDevice> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, address);
      await once(socket, 'listening');
    }
    return new TestDevice(address, ...sockets);
  }

  get gvcpPort(): number {
    return this.#control.address().port;
  }

  aim(port: number): void {
    this.#target = port;
  }

  /** Sends in order, a few at a time, so that a slow receiver's socket does not overflow. */
  async send(...packets: readonly (Buffer | undefined)[]): Promise<void> {
    let sent = 0;
    for (const packet of packets) {
      if (packet === undefined) continue;
      await new Promise<void>((resolve, reject) => {
        this.#stream.send(packet, this.#target, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      });
      sent += 1;
      if (sent % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  close(): void {
    this.#stream.close();
    this.#control.close();
  }
}
