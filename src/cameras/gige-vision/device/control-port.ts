import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { AppulseError } from '#gps/errors.js';
import { DISCOVERY_ACK_BYTES } from '#pipeline/wire/discovery-ack.js';
import {
  type Action,
  decodeAction,
  decodePacketResend,
  decodeReadMem,
  decodeReadReg,
  decodeWriteMem,
  decodeWriteReg,
  encodeAcknowledge,
  encodeErrorAck,
  encodePendingAck,
  encodeReadMemAck,
  encodeReadRegAck,
  encodeWriteMemAck,
  encodeWriteRegAck,
  GVCP_COMMAND,
  GVCP_DATA_BYTES,
  GVCP_FLAG,
  GVCP_STATUS,
  type GvcpCommand,
  type PacketResend,
  parseGvcpCommand,
} from '#pipeline/wire/gvcp.js';
import { isLocalAddress, localNetwork } from './network.js';

/** Who sent a command. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** What stands behind the control port: the register space and the stream. Statuses are GVCP's. */
export interface ControlledDevice {
  /** True: nothing is answered, as if the device were gone. */
  readonly silent: boolean;
  /** Bytes, or the status that refuses them. */
  read(address: number, count: number): Uint8Array | number;
  /** Writes and acts on it; the status, at once or when it is done. */
  write(address: number, bytes: Uint8Array, from: Peer): number | Promise<number>;
  /** Any command of the controller keeps its control alive. */
  heard(from: Peer): void;
  resend(request: PacketResend, from: Peer): void;
  /** The status that answers it; null: it is meant for others. */
  action(action: Action): number | null;
}

/** How often a controller is asked for patience, and how much of it. */
const PENDING_EVERY_MS = 400;
const PENDING_MS = 1_000;
/** Controllers repeat themselves for some seconds. */
const FORGOTTEN_MS = 10_000;

/** A command that takes its time: who asked, and the answer once it is there. */
interface SlowCommand {
  readonly requestId: number;
  answer: Uint8Array | null;
}

/** The GVCP socket of a device, and the sockets on which it hears broadcasts. */
export class ControlPort {
  readonly #device: ControlledDevice;
  readonly #socket: Socket;
  readonly #broadcast: Socket[] = [];
  readonly #address: string;
  /** The newest slow command of each peer: it is not done again for a controller that repeats itself. */
  readonly #slow = new Map<string, SlowCommand>();

  #closed = false;

  private constructor(device: ControlledDevice, socket: Socket, address: string) {
    this.#device = device;
    this.#socket = socket;
    this.#address = address;
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    socket.on('error', () => {});
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Binds `address`:`port`. Throws AppulseError `device.port-in-use`, `device.address`, `device.bind`. */
  static async open(device: ControlledDevice, address: string, port: number): Promise<ControlPort> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause: NodeJS.ErrnoException) => reject(bindError(address, port, cause)));
      socket.bind(port, address, () => resolve());
    });
    socket.removeAllListeners('error');
    const control = new ControlPort(device, socket, address);
    await control.#hearBroadcasts();
    return control;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [this.#socket, ...this.#broadcast.splice(0)];
    await Promise.all(all.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  /** Where an address cannot be bound (another system, no rights), discovery by that broadcast is not heard. */
  async #hearBroadcasts(): Promise<void> {
    const port = this.port;
    for (const address of new Set(['255.255.255.255', localNetwork(this.#address).broadcast])) {
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      const bound = await new Promise<boolean>((resolve) => {
        socket.once('error', () => resolve(false));
        socket.bind(port, address, () => resolve(true));
      });
      if (!bound) {
        socket.close();
        continue;
      }
      socket.on('error', () => {});
      socket.on('message', (bytes, from) => {
        // A device on loopback is of no use to another machine.
        if (this.#address.startsWith('127.') && !isLocalAddress(from.address)) return;
        this.#receive(bytes, from, true);
      });
      this.#broadcast.push(socket);
    }
  }

  #receive(bytes: Uint8Array, from: RemoteInfo, broadcast = false): void {
    if (this.#device.silent) return;
    let command: GvcpCommand;
    try {
      command = parseGvcpCommand(bytes);
    } catch {
      return; // not GVCP: someone else's packet
    }
    if (broadcast && command.command !== GVCP_COMMAND.discovery && command.command !== GVCP_COMMAND.action) return;
    if (command.requestId === 0) return;
    const key = `${from.address}:${from.port}`;
    const slow = this.#slow.get(key);
    if (slow?.requestId === command.requestId) {
      this.#send(slow.answer ?? encodePendingAck(command.requestId, PENDING_MS), from);
      return;
    }
    const wanted = (command.flags & GVCP_FLAG.acknowledgeRequired) !== 0;
    const refuse = () => encodeErrorAck(command.command, command.requestId, GVCP_STATUS.invalidHeader);
    try {
      const answer = this.#answer(command, from);
      if (answer instanceof Promise) void this.#answerLater(answer.catch(refuse), command.requestId, key, from, wanted);
      else if (answer && wanted) this.#send(answer, from);
    } catch {
      if (wanted) this.#send(refuse(), from);
    }
  }

  async #answerLater(
    answer: Promise<Uint8Array | null>,
    requestId: number,
    key: string,
    from: RemoteInfo,
    wanted: boolean,
  ): Promise<void> {
    const slow: SlowCommand = { requestId, answer: null };
    this.#slow.set(key, slow);
    const patience = setInterval(() => this.#send(encodePendingAck(requestId, PENDING_MS), from), PENDING_EVERY_MS);
    slow.answer = await answer;
    clearInterval(patience);
    if (slow.answer !== null && wanted) this.#send(slow.answer, from);
    // A peer that is gone is not remembered for ever.
    setTimeout(() => {
      if (this.#slow.get(key) === slow) this.#slow.delete(key);
    }, FORGOTTEN_MS).unref();
  }

  #send(answer: Uint8Array, { port, address }: RemoteInfo): void {
    if (!this.#closed) this.#socket.send(answer, port, address, () => {});
  }

  #answer(
    { command, requestId, payload, flags }: GvcpCommand,
    from: RemoteInfo,
  ): Uint8Array | null | Promise<Uint8Array> {
    const refuse = (status: number) => encodeErrorAck(command, requestId, status);
    if (command !== GVCP_COMMAND.discovery) this.#device.heard(from);
    switch (command) {
      case GVCP_COMMAND.discovery: {
        const registers = this.#device.read(0, DISCOVERY_ACK_BYTES);
        return typeof registers === 'number' ? null : encodeAcknowledge(command + 1, requestId, registers);
      }
      case GVCP_COMMAND.readReg: {
        const values: number[] = [];
        for (const address of decodeReadReg(payload)) {
          const bytes = this.#device.read(address, 4);
          if (typeof bytes === 'number') return refuse(bytes);
          values.push(Buffer.from(bytes).readUInt32BE(0));
        }
        return encodeReadRegAck(requestId, values);
      }
      case GVCP_COMMAND.writeReg:
        return this.#writeRegisters(requestId, decodeWriteReg(payload), from);
      case GVCP_COMMAND.readMem: {
        const { address, count } = decodeReadMem(payload);
        if (count > GVCP_DATA_BYTES) return refuse(GVCP_STATUS.invalidParameter);
        const bytes = this.#device.read(address, count);
        return typeof bytes === 'number' ? refuse(bytes) : encodeReadMemAck(requestId, address, bytes);
      }
      case GVCP_COMMAND.writeMem: {
        const { address, data } = decodeWriteMem(payload);
        const written = (status: number) =>
          encodeWriteMemAck(requestId, status === GVCP_STATUS.success ? data.length : 0, status);
        const status = this.#device.write(address, data, from);
        return typeof status === 'number' ? written(status) : status.then(written);
      }
      case GVCP_COMMAND.packetResend:
        this.#device.resend(decodePacketResend(payload, flags), from);
        return null;
      case GVCP_COMMAND.action: {
        const status = this.#device.action(decodeAction(payload, flags));
        return status === null ? null : encodeAcknowledge(command + 1, requestId, new Uint8Array(0), status);
      }
      default:
        // FORCEIP too: the addresses of the device are those of the machine.
        return refuse(GVCP_STATUS.notImplemented);
    }
  }

  /** One after the other until one is refused; at once as long as none takes its time. */
  #writeRegisters(
    requestId: number,
    writes: readonly { readonly address: number; readonly value: number }[],
    from: RemoteInfo,
    index = 0,
  ): Uint8Array | Promise<Uint8Array> {
    for (let at = index; ; at++) {
      const next = writes[at];
      if (next === undefined) return encodeWriteRegAck(requestId, at);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(next.value);
      const status = this.#device.write(next.address, bytes, from);
      const refused = (why: number) => encodeWriteRegAck(requestId, at, why);
      if (typeof status !== 'number') {
        return status.then((later) =>
          later === GVCP_STATUS.success ? this.#writeRegisters(requestId, writes, from, at + 1) : refused(later),
        );
      }
      if (status !== GVCP_STATUS.success) return refused(status);
    }
  }
}

function bindError(address: string, port: number, cause: NodeJS.ErrnoException): AppulseError {
  const where = `${address}:${port}`;
  const context = { address, port };
  if (cause.code === 'EADDRINUSE') {
    const message = `UDP port ${where} is in use: end the program that holds it, or choose another --port`;
    return new AppulseError('device.port-in-use', message, { cause, context });
  }
  if (cause.code === 'EADDRNOTAVAIL') {
    const message = `${address} is not an address of this machine: choose one of its own, such as 127.0.0.1`;
    return new AppulseError('device.address', message, { cause, context });
  }
  return new AppulseError('device.bind', `cannot listen on ${where}: ${cause.message}`, { cause, context });
}
