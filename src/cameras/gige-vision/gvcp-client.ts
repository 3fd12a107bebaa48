/**
 * The controller's side of GVCP: one UDP socket to one device, one command at a time, repeated until its acknowledge
 * comes. Timing as Aravis has it: 500 ms an attempt, 5 attempts; PENDING_ACK prolongs the attempt.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { AppulseError, reasonOf } from '#gps/errors.js';
import * as gvcp from '#pipeline/wire/gvcp.js';
import { WireError } from '#pipeline/wire/wire-error.js';

/**
 * `gvcp.no-answer`: the device is silent. `gvcp.status`: it refused (context: status, command). `gvcp.closed`: the
 * client is closed. `gvcp.socket`: the host cannot send there. `gvcp.answer`: an answer that does not fit the question.
 */
export class GvcpError extends AppulseError {}

export interface RequestTiming {
  readonly attempts: number;
  readonly attemptMs: number;
  /** A device that asks for more time (PENDING_ACK) again and again gets this much for one command, all attempts together; 10 s. */
  readonly pendingMs?: number;
}

const PENDING_LIMIT_MS = 10_000;
const DEFAULT_TIMING: RequestTiming = { attempts: 5, attemptMs: 500 };

/** Of one command; `used` once the device has asked for more time. */
interface Patience {
  readonly endsMs: number;
  used: boolean;
}

interface Waiting {
  readonly requestId: number;
  readonly answer: number;
  readonly acknowledge: (acknowledge: gvcp.GvcpAcknowledge) => void;
  readonly pending: (milliseconds: number) => void;
}

export class GvcpClient {
  readonly host: string;
  readonly port: number;
  /** Told of each place in the device's memory that was written, or may have been. */
  onWritten: (address: number, bytes: number) => void = () => undefined;
  readonly #socket: Socket;
  #requestId = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: Waiting | null = null;
  #closed = false;
  #refused = false;
  #lastAnswerMs = performance.now();

  private constructor(socket: Socket, host: string, port: number) {
    this.host = host;
    this.port = port;
    this.#socket = socket;
    socket.on('message', (bytes) => this.#receive(bytes));
    // A refused datagram (nothing listens there) shows up here; the attempt runs on, the camera may be starting.
    socket.on('error', () => {
      this.#refused = true;
    });
  }

  /** For commands that name no other limit: what a device that asks for more time gets. */
  pendingMs = PENDING_LIMIT_MS;

  /** Opens a socket towards the device. Nothing is sent; a name is looked up. Throws GvcpError `gvcp.socket`. */
  static async connect(host: string, port: number = gvcp.GVCP_PORT): Promise<GvcpClient> {
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        // Not connect's callback: errors would go there, and its type does not say so.
        socket.once('connect', () => {
          socket.removeListener('error', reject);
          resolve();
        });
        socket.connect(port, host);
      });
    } catch (cause) {
      socket.close();
      const why = reasonOf(cause);
      const hint = isIPv4(host) ? 'check the address and the network interface' : 'check the name';
      throw new GvcpError('gvcp.socket', `cannot reach ${host}:${port}: ${why}; ${hint}`, { cause });
    }
    return new GvcpClient(socket, host, port);
  }

  /** Our address on the route to the device. */
  get localAddress(): string {
    return this.#socket.address().address;
  }

  /** The device's address, also where `host` is a name. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress().address;
  }

  /** Milliseconds since the device last answered anything (since connect, before the first answer). */
  get silentMs(): number {
    return performance.now() - this.#lastAnswerMs;
  }

  /** Asks the device for its description. It answers whoever controls it. Payload of the DISCOVERY_ACK. */
  async discover(timing?: RequestTiming): Promise<Uint8Array> {
    return this.#request((id) => gvcp.encodeDiscovery(id), gvcp.GVCP_COMMAND.discovery, 'DISCOVERY', timing);
  }

  /** Unsigned value of a 4-byte register. */
  async readRegister(address: number, timing?: RequestTiming): Promise<number> {
    const what = `READREG ${hex(address)}`;
    const encode = (id: number) => gvcp.encodeReadReg(id, [address]);
    const payload = await this.#request(encode, gvcp.GVCP_COMMAND.readReg, what, timing);
    const value = gvcp.decodeReadRegAck(payload)[0];
    if (value === undefined) throw this.#misfit(what, payload);
    return value;
  }

  async writeRegister(address: number, value: number, timing?: RequestTiming): Promise<void> {
    const encode = (id: number) => gvcp.encodeWriteReg(id, [{ address, value }]);
    const what = `WRITEREG ${hex(address)} = ${hex(value)}`;
    const request = this.#request(encode, gvcp.GVCP_COMMAND.writeReg, what, timing);
    await request.finally(() => this.onWritten(address, 4));
  }

  /** Reads `length` bytes; address and length are multiples of 4. Split into pieces of at most 512 bytes. */
  async readMemory(address: number, length: number): Promise<Uint8Array> {
    const memory = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = Math.min(gvcp.GVCP_DATA_BYTES, length - at);
      const what = `READMEM ${hex(address + at)} (${count} bytes)`;
      const encode = (id: number) => gvcp.encodeReadMem(id, address + at, count);
      const payload = await this.#request(encode, gvcp.GVCP_COMMAND.readMem, what);
      const piece = payload.length >= 4 ? gvcp.decodeReadMemAck(payload) : null;
      if (piece === null || piece.address !== address + at || piece.data.length < count)
        throw this.#misfit(what, payload);
      memory.set(piece.data.subarray(0, count), at);
      at += count;
    }
    return memory;
  }

  /** Writes memory; address and length are multiples of 4. */
  async writeMemory(address: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += gvcp.GVCP_DATA_BYTES) {
      const piece = data.subarray(at, at + gvcp.GVCP_DATA_BYTES);
      const what = `WRITEMEM ${hex(address + at)} (${piece.length} bytes)`;
      const encode = (id: number) => gvcp.encodeWriteMem(id, address + at, piece);
      const request = this.#request(encode, gvcp.GVCP_COMMAND.writeMem, what);
      await request.finally(() => this.onWritten(address + at, piece.length));
    }
  }

  /** Closes the socket; commands that still wait end with `gvcp.closed`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#waiting?.pending(-1);
  }

  #misfit(what: string, payload: Uint8Array): GvcpError {
    return new GvcpError('gvcp.answer', `${this.host}:${this.port} answered ${what} with ${payload.length} odd bytes`);
  }

  /** Sends a command and returns the payload of its acknowledge. Commands queue up: devices take one at a time. */
  #request(
    encode: (requestId: number) => Uint8Array,
    command: number,
    what: string,
    timing: RequestTiming = DEFAULT_TIMING,
  ): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#ask(encode, command, what, timing));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #ask(
    encode: (requestId: number) => Uint8Array,
    command: number,
    what: string,
    timing: RequestTiming,
  ): Promise<Uint8Array> {
    this.#requestId = (this.#requestId % 0xffff) + 1;
    const bytes = encode(this.#requestId);
    this.#refused = false;
    const patience: Patience = { endsMs: performance.now() + (timing.pendingMs ?? this.pendingMs), used: false };
    for (let attempt = 0; attempt < timing.attempts; attempt++) {
      if (patience.used && performance.now() >= patience.endsMs) break;
      const acknowledge = await this.#attempt(bytes, command, what, timing.attemptMs, patience);
      if (acknowledge === null) continue;
      if (acknowledge.status < 0x8000) return acknowledge.payload;
      throw new GvcpError(
        'gvcp.status',
        `${this.host}:${this.port} refused ${what}: ${gvcp.statusText(acknowledge.status)}`,
        { context: { status: acknowledge.status, command } },
      );
    }
    const why = patience.used
      ? 'it asks for more time and does not come to an end; switch it off and on'
      : this.#refused
        ? 'nothing listens on that port'
        : 'check cable, address and firewall';
    throw new GvcpError('gvcp.no-answer', `no answer from ${this.host}:${this.port} to ${what}: ${why}`, {
      context: { host: this.host, port: this.port },
    });
  }

  /** One datagram and its acknowledge, or null after `waitMs`. */
  #attempt(
    bytes: Uint8Array,
    command: number,
    what: string,
    waitMs: number,
    patience: Patience,
  ): Promise<gvcp.GvcpAcknowledge | null> {
    const closed = () => new GvcpError('gvcp.closed', `${what}: the connection to ${this.host} is closed`);
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const finish = (acknowledge: gvcp.GvcpAcknowledge | null) => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve(acknowledge);
      };
      let timer = setTimeout(finish, waitMs, null);
      this.#waiting = {
        requestId: this.#requestId,
        answer: command + 1,
        acknowledge: finish,
        pending: (milliseconds) => {
          clearTimeout(timer);
          if (milliseconds < 0) return reject(closed());
          patience.used = true;
          const leftMs = Math.max(0, patience.endsMs - performance.now());
          timer = setTimeout(finish, Math.min(milliseconds + waitMs, leftMs), null);
        },
      };
      this.#socket.send(bytes, (error) => {
        if (error) this.#refused = true;
      });
    });
  }

  #receive(bytes: Uint8Array): void {
    try {
      const acknowledge = gvcp.parseGvcpAcknowledge(bytes);
      this.#lastAnswerMs = performance.now();
      const waiting = this.#waiting;
      if (waiting === null || acknowledge.acknowledgeId !== waiting.requestId) return;
      if (acknowledge.answer === gvcp.GVCP_COMMAND.pendingAck)
        waiting.pending(gvcp.decodePendingAck(acknowledge.payload));
      else if (acknowledge.answer === waiting.answer) waiting.acknowledge(acknowledge);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
