import { createRequire } from 'node:module';
import { ReceiverError } from './receiver.js';

/** What is used of the package raw-socket, which has no types. */
interface RawSocketPackage {
  createSocket(options: { protocol: number; bufferSize: number }): RawSocketHandle;
  readonly Protocol: { readonly UDP: number };
  readonly SocketLevel: { readonly SOL_SOCKET: number };
  readonly SocketOption: { readonly SO_RCVBUF: number };
}
interface RawSocketHandle {
  /** The socket itself: reads one datagram and calls back before it returns; throws when there is none. */
  readonly wrap: { recv(buffer: Buffer, take: (buffer: Buffer, bytes: number, source: string) => void): void };
  pauseRecv(): void;
  setOption(level: number, option: number, value: number): void;
  getOption(level: number, option: number, value: Buffer, length: number): number;
}

/** Linux, asm-generic/socket.h: as SO_RCVBUF, past net.core.rmem_max with CAP_NET_ADMIN. */
const SO_RCVBUFFORCE = 33;
const DATAGRAM_BYTES = 65536;
const UDP_HEADER_BYTES = 8;

/**
 * Gets a UDP payload, valid only until it returns, its destination (IPv4 address as a number, port), and its source.
 */
export type DatagramSink = (payload: Uint8Array, address: number, port: number, source: string) => void;

/**
 * Every UDP datagram that reaches this network namespace, taken below the UDP layer by npm raw-socket.
 *
 * The package watches its socket on libuv's default loop, which is the main thread's, whatever thread made it. So that
 * no stall of the main thread can lose a packet, the watch is switched off at once and the owner drains the socket by
 * itself. Made in another thread than the main one, that thread must not run meanwhile: the loop has no lock.
 * Whoever makes one must keep a reference: the package does not, and a collected socket falls silent without a word.
 */
export class RawSocket {
  readonly #handle: RawSocketHandle;
  readonly #raw: RawSocketPackage;
  readonly #buffer = Buffer.alloc(DATAGRAM_BYTES);
  readonly #take: (buffer: Buffer, bytes: number, source: string) => void;

  constructor(onDatagram: DatagramSink) {
    try {
      this.#raw = createRequire(import.meta.url)('raw-socket') as RawSocketPackage;
    } catch (cause) {
      throw new ReceiverError('receive.raw-socket-missing', 'the package raw-socket does not load: run npm install', {
        cause,
      });
    }
    try {
      this.#handle = this.#raw.createSocket({ protocol: this.#raw.Protocol.UDP, bufferSize: 4 });
    } catch (cause) {
      throw new ReceiverError(
        'receive.permission',
        'no permission for a raw socket: run as root or give node CAP_NET_RAW, or use --receiver native',
        { cause },
      );
    }
    this.#handle.pauseRecv();
    this.#take = (buffer, bytes, source) => {
      // The IP header is there: its length in words is the low half of the first byte.
      const udp = ((buffer[0] as number) & 0x0f) * 4;
      if (bytes < udp + UDP_HEADER_BYTES) return;
      const end = Math.min(udp + buffer.readUInt16BE(udp + 4), bytes);
      if (end < udp + UDP_HEADER_BYTES) return;
      const payload = buffer.subarray(udp + UDP_HEADER_BYTES, end);
      onDatagram(payload, buffer.readUInt32BE(16), buffer.readUInt16BE(udp + 2), source);
    };
  }

  /** Asks for a receive buffer; returns what the kernel gave. */
  setBuffer(bytes: number): number {
    const level = this.#raw.SocketLevel.SOL_SOCKET;
    const wanted = Math.min(bytes, 2 ** 30);
    try {
      this.#handle.setOption(level, SO_RCVBUFFORCE, wanted);
    } catch {
      this.#handle.setOption(level, this.#raw.SocketOption.SO_RCVBUF, wanted);
    }
    const got = Buffer.alloc(4);
    this.#handle.getOption(level, this.#raw.SocketOption.SO_RCVBUF, got, got.length);
    // The kernel doubles what it is asked for, and reads the double back.
    return got.readUInt32LE(0) / 2;
  }

  /** Takes what has arrived, at most `most` datagrams; false when nothing is left. */
  drain(most: number): boolean {
    const { wrap } = this.#handle;
    try {
      for (let taken = 0; taken < most; taken++) wrap.recv(this.#buffer, this.#take);
    } catch {
      // "Resource temporarily unavailable", which is how the package says that the socket is empty.
      return false;
    }
    return true;
  }
}
