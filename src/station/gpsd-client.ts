/** A connection to gpsd that looks after itself: it watches, and comes back when gpsd was away. */
import { connect, type Socket } from 'node:net';
import { type GpsdWitness, NOTHING_KNOWN, withReport } from '#gps/clocks/gpsd-report.js';

export interface GpsdAddress {
  readonly host: string;
  readonly port: number;
}

const WATCH = '?WATCH={"enable":true,"json":true,"pps":true}\n';
/** gpsd's lines have at most some 10 kB (SKY with every satellite). */
const LONGEST_LINE = 65_536;
/** Between two attempts: from one second on, doubling, up to half a minute. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** gpsd speaks once a second; one that is silent for so long is gone. */
const SILENCE_MS = 20_000;

export class GpsdClient {
  readonly #address: GpsdAddress;
  #witness: GpsdWitness = NOTHING_KNOWN;
  #connected = false;
  #socket: Socket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #waitMs = FIRST_WAIT_MS;
  #rest = '';
  #closed = false;

  constructor(address: GpsdAddress) {
    this.#address = address;
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** What it said so far; of a connection that is gone only why. */
  get witness(): GpsdWitness {
    return this.#witness;
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { host, port } = this.#address;
    const socket = connect({ host, port });
    this.#socket = socket;
    this.#rest = '';
    socket.setEncoding('utf8');
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('it fell silent')));
    socket.on('connect', () => {
      this.#connected = true;
      socket.write(WATCH);
    });
    socket.on('data', (chunk: string) => this.#read(chunk));
    let why = 'it closed the connection';
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('close', () => this.#lost(why));
    // The session ends without waiting for gpsd.
    socket.unref();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) {
      this.#socket?.destroy(new Error(`a line of more than ${LONGEST_LINE} characters: this is no gpsd`));
      return;
    }
    for (const line of lines) if (line.trim() !== '') this.#witness = withReport(this.#witness, line);
    if (this.#witness.version !== null) this.#waitMs = FIRST_WAIT_MS;
  }

  #lost(why: string): void {
    const { host, port } = this.#address;
    this.#connected = false;
    this.#socket = null;
    this.#witness = { ...NOTHING_KNOWN, problem: `gpsd at ${host}:${port}: ${why}` };
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.#connect(), this.#waitMs);
    this.#retry.unref();
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
  }
}
