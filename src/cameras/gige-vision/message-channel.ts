/** The message channel of a camera: its events, received, acknowledged, each handed on once. */
import { createSocket, type Socket } from 'node:dgram';
import * as gvcp from '#pipeline/wire/gvcp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import type { GvcpClient } from './gvcp-client.js';

/** A camera that gets no acknowledge sends again, under the same request id. */
const REMEMBERED_IDS = 64;

export class MessageChannel {
  readonly #client: GvcpClient;
  readonly #socket: Socket;
  readonly #handle: (event: gvcp.GvcpEvent) => void;
  readonly #seen: number[] = [];

  private constructor(client: GvcpClient, socket: Socket, handle: (event: gvcp.GvcpEvent) => void) {
    this.#client = client;
    this.#socket = socket;
    this.#handle = handle;
    socket.on('message', (bytes, from) => {
      if (from.address === client.remoteAddress) this.#receive(bytes, from.port);
    });
    socket.on('error', () => {});
  }

  /** Points the camera's events at a socket of ours, for as long as we control it. @throws GvcpError */
  static async open(client: GvcpClient, handle: (event: gvcp.GvcpEvent) => void): Promise<MessageChannel> {
    const socket = createSocket('udp4');
    const channel = new MessageChannel(client, socket, handle);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(0, client.localAddress, () => {
          socket.removeListener('error', reject);
          resolve();
        });
      });
      await client.writeRegister(BOOTSTRAP.messageChannelAddress.address, parseIpv4(client.localAddress));
      await client.writeRegister(BOOTSTRAP.messageChannelPort.address, socket.address().port);
      return channel;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The camera tells nothing any more. Does not throw. */
  async close(): Promise<void> {
    const quick = { attempts: 2, attemptMs: 200 };
    await this.#client.writeRegister(BOOTSTRAP.messageChannelPort.address, 0, quick).catch(() => undefined);
    this.#socket.close();
  }

  #receive(bytes: Uint8Array, port: number): void {
    try {
      const command = gvcp.parseGvcpCommand(bytes);
      const { command: code, requestId, flags } = command;
      if (code !== gvcp.GVCP_COMMAND.event && code !== gvcp.GVCP_COMMAND.eventData) return;
      const events = gvcp.decodeEvents(command);
      if ((flags & gvcp.GVCP_FLAG.acknowledgeRequired) !== 0) {
        const acknowledge = gvcp.encodeAcknowledge(code + 1, requestId);
        this.#socket.send(acknowledge, port, this.#client.remoteAddress, () => {});
      }
      if (this.#seen.includes(requestId)) return;
      this.#seen.push(requestId);
      if (this.#seen.length > REMEMBERED_IDS) this.#seen.shift();
      for (const event of events) this.#handle(event);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
}
