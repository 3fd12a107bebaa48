/** The thread that owns raw-socket: takes every UDP datagram of the network namespace and sorts it to its receivers. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import type { HeldPort } from '#pipeline/native/receiver-addon.js';
import { readKernelDrops } from './kernel-drops.js';
import { PacketPump } from './packet-pump.js';
import { type DatagramSink, RawSocket } from './raw-socket.js';
import type { RawReply, RawRequest } from './raw-thread.js';
import { ReceiverError, type ReceiverOptions, socketFailure } from './receiver.js';

const DROPS_EVERY_MS = 1000;
const DRAIN_BATCH = 256;
/** While nobody listens the socket, which cannot be closed before the process ends, shall hold little. */
const IDLE_BUFFER_BYTES = 4096;

/** One receiver: where its packets come from and go to. */
class RawStream {
  readonly port: number;
  readonly pump: PacketPump;
  readonly #deviceAddress: string;
  /** 0 takes every local address. */
  readonly #address: number;
  readonly #held: HeldPort | undefined;
  #dropsBefore = -1;

  constructor(options: ReceiverOptions, onReady: () => void) {
    const { deviceAddress, gvcpPort } = options;
    this.#deviceAddress = deviceAddress;
    this.#address = options.bindAddress.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    // A tap controls nothing: another program holds the port.
    this.#held = gvcpPort > 0 ? holdPort(options) : undefined;
    this.port = this.#held?.port ?? options.port ?? 0;
    const held = this.#held;
    this.pump = new PacketPump(options, held ? (bytes) => held.send(bytes, deviceAddress, gvcpPort) : null, onReady);
  }

  takes(address: number, port: number, source: string): boolean {
    if (port !== this.port || (this.#address !== 0 && address !== this.#address)) return false;
    return this.#deviceAddress === '' || source === this.#deviceAddress;
  }

  setKernelDrops(drops: number): void {
    if (this.#dropsBefore < 0) this.#dropsBefore = drops;
    this.pump.setKernelDrops(drops - this.#dropsBefore);
  }

  stop(): void {
    this.pump.stop();
    this.#held?.close();
  }
}

function holdPort(options: ReceiverOptions): HeldPort {
  const addon = nativeAddon();
  if (addon?.HeldPort === undefined) {
    const reason = nativeAddonReason() || 'it needs Linux';
    throw new ReceiverError('receive.addon-missing', `the raw receiver needs the addon to hold its port (${reason})`);
  }
  try {
    return new addon.HeldPort(options.bindAddress, options.port ?? 0);
  } catch (error) {
    throw socketFailure(error, options);
  }
}

const streams = new Set<RawStream>();

const onDatagram: DatagramSink = (packet, address, port, source) => {
  for (const stream of streams) if (stream.takes(address, port, source)) stream.pump.push(packet);
};

/** Made while the main thread waits (see RawSocket); an error is told to whoever opens a receiver. */
function openSocket(): RawSocket | Error {
  const gate = new Int32Array(workerData as SharedArrayBuffer);
  try {
    const made = new RawSocket(onDatagram);
    made.setBuffer(IDLE_BUFFER_BYTES);
    return made;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  }
}

const socket = openSocket();
let bufferAskedBytes = 0;
let bufferBytes = 0;

/** Makes the socket ready for one more stream. Throws what stood in the way of it. */
function useSocket(wantedBytes: number): void {
  if (socket instanceof Error) throw socket;
  if (streams.size === 0) {
    // What gathered while nobody listened is old.
    while (socket.drain(DRAIN_BATCH)) {}
    bufferAskedBytes = 0;
    setImmediate(drain);
  }
  if (wantedBytes <= bufferAskedBytes) return;
  bufferAskedBytes = wantedBytes;
  bufferBytes = socket.setBuffer(wantedBytes);
}

/** Empties the socket each millisecond; under load at once again, but messages and timers get their turn. */
function drain(): void {
  if (socket instanceof Error) return;
  if (streams.size === 0) {
    socket.setBuffer(IDLE_BUFFER_BYTES);
    return;
  }
  if (socket.drain(DRAIN_BATCH)) setImmediate(drain);
  else setTimeout(drain, 1);
}

setInterval(async () => {
  if (streams.size === 0) return;
  const drops = await readKernelDrops('raw');
  for (const stream of streams) stream.setKernelDrops(drops);
}, DROPS_EVERY_MS).unref();

function serve(client: MessagePort): void {
  const own = new Map<number, RawStream>();
  const say = (reply: RawReply) => client.postMessage(reply);
  const close = (id: number) => {
    const stream = own.get(id);
    if (stream === undefined) return;
    own.delete(id);
    streams.delete(stream);
    stream.stop();
  };
  client.on('message', (request: RawRequest) => {
    const { id } = request;
    if (request.type === 'stop') {
      close(id);
      say({ type: 'stopped', id });
      return;
    }
    try {
      useSocket(request.options.socketBufferBytes);
      const stream = new RawStream(request.options, () => say({ type: 'ready', id }));
      own.set(id, stream);
      streams.add(stream);
      say({ type: 'opened', id, port: stream.port, socketBufferBytes: bufferBytes });
    } catch (error) {
      const known = error instanceof ReceiverError ? error : socketFailure(error, request.options);
      say({ type: 'failed', id, code: known.code, message: known.message });
    }
  });
  // A client that died leaves its streams.
  client.on('close', () => {
    for (const id of [...own.keys()]) close(id);
  });
}

parentPort?.on('message', serve);
