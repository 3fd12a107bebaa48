/**
 * Finds the largest packet that gets from the camera to us whole: writing the packet size register with bit 31 makes a
 * camera send one datagram of that size. The size is read back, since cameras round it, and never exceeds the MTU.
 */
import { createSocket, type Socket } from 'node:dgram';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { PACKET_SIZE, streamChannelAddress } from '#pipeline/wire/registers.js';
import type { GvcpClient } from './gvcp-client.js';
import { interfaceMtu } from './interface-mtu.js';

export interface PacketSizeOptions {
  /** Upper bound in bytes, IP, UDP and GVSP headers included; default 9000. The MTU of our interface is one as well. */
  readonly maximum?: number;
  /** How long one test packet may take, milliseconds. */
  readonly testMs?: number;
}

/** The usual size of jumbo frames; more than the loopback's 65536 would be wrong for every real link. */
const DEFAULT_MAXIMUM = 9000;
/** Every IPv4 link carries this. */
const SMALLEST = 576;
const IP_AND_UDP = 28;
const TRIES = 3;

/**
 * Negotiates on stream channel 0 with a socket of its own on `localAddress`; the channel is closed afterwards. Returns
 * the packet size that the camera now has. A camera that sends no test packets keeps its size, cut to the bound.
 */
export async function negotiatePacketSize(
  client: GvcpClient,
  localAddress: string,
  options: PacketSizeOptions = {},
): Promise<number> {
  const bound = Math.min(interfaceMtu(localAddress), options.maximum ?? DEFAULT_MAXIMUM) & ~3;
  const socket = await bindSocket(localAddress);
  const test = new PacketSizeTest(client, socket, options.testMs ?? 100);
  const port = streamChannelAddress('port');
  const before = await test.currentSize();
  try {
    await client.writeRegister(streamChannelAddress('destinationAddress'), parseIpv4(localAddress));
    await client.writeRegister(port, socket.address().port);
    const largest = await test.largest(bound);
    const size = largest ?? Math.min(before, bound);
    return await test.settle(size, bound);
  } finally {
    await client.writeRegister(port, 0);
    socket.close();
  }
}

class PacketSizeTest {
  readonly #client: GvcpClient;
  readonly #socket: Socket;
  readonly #testMs: number;
  readonly #register = streamChannelAddress('packetSize');
  #arrived: ((bytes: number) => void) | null = null;

  constructor(client: GvcpClient, socket: Socket, testMs: number) {
    this.#client = client;
    this.#socket = socket;
    this.#testMs = testMs;
    this.#socket.on('message', (packet, from) => {
      if (from.address === client.remoteAddress) this.#arrived?.(packet.length + IP_AND_UDP);
    });
    this.#socket.on('error', () => undefined);
  }

  async currentSize(): Promise<number> {
    return (await this.#client.readRegister(this.#register)) & PACKET_SIZE.size;
  }

  /** The largest size up to `bound` whose test packet arrives, or null when none does. */
  async largest(bound: number): Promise<number | null> {
    const whole = await this.#passes(bound, bound);
    if (whole !== null) return whole;
    let good = bound > SMALLEST ? await this.#passes(SMALLEST, bound) : null;
    if (good === null) return null;
    // Links have few sizes: Ethernet's before a search by halves.
    const ethernet = bound > 1500 ? await this.#passes(1500, bound) : null;
    let bad = ethernet === null && bound > 1500 ? 1500 : bound;
    good = ethernet ?? good;
    while (bad - good > 64) {
      const middle = ((good + bad) >> 1) & ~3;
      const passed = await this.#passes(middle, bound);
      if (passed === null) bad = middle;
      else if (passed <= good) break;
      else good = passed;
    }
    return good;
  }

  /** Sets the size for the stream and returns what the camera made of it. */
  async settle(size: number, bound: number): Promise<number> {
    for (const wish of [size, bound, SMALLEST]) {
      await this.#client.writeRegister(this.#register, (PACKET_SIZE.doNotFragment | wish) >>> 0);
      const made = await this.currentSize();
      if (made <= bound) return made;
    }
    return this.currentSize();
  }

  /** Fires test packets of `size`; the size that the camera made of it when one arrived, else null. */
  async #passes(size: number, bound: number): Promise<number | null> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const sizes: number[] = [];
      this.#arrived = (bytes) => sizes.push(bytes);
      const value = (PACKET_SIZE.fireTestPacket | PACKET_SIZE.doNotFragment | size) >>> 0;
      await this.#client.writeRegister(this.#register, value);
      const made = await this.currentSize();
      if (made > bound || made < SMALLEST) return null;
      if (await this.#waitFor(sizes, made)) return made;
    }
    return null;
  }

  #waitFor(sizes: number[], wanted: number): Promise<boolean> {
    if (sizes.includes(wanted)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#testMs, false);
      this.#arrived = (bytes) => {
        if (bytes !== wanted) return;
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

function bindSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, address, () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}
