/**
 * The registers of a camera, remembered as its description allows: what was read once is not read again until something is written
 * that it depends on, or its PollingTime has passed. Descriptions forget to name a PollingTime, as cameras' own tools look seldom: a
 * register without one is remembered for a second, long enough to look at a whole camera.
 */
import { FeatureError } from './feature-error.js';
import type { NodeLinks } from './node-links.js';

/** Reads and writes the camera's memory; any address, any length. */
export interface RegisterPort {
  read(address: number, length: number): Promise<Uint8Array>;
  write(address: number, data: Uint8Array): Promise<void>;
}

/** One register of the camera's memory, as its node describes it. */
export interface RegisterPlace {
  /** Name of the node. */
  readonly name: string;
  readonly address: number;
  readonly length: number;
  /**
   * `NoCache`: asked each time. `WriteAround`: after a write the camera is asked what came of it. `WriteThrough`: what was written is
   * taken for what is there; only where the description says so. A register that says nothing is treated as `WriteAround`: the schema's
   * default is WriteThrough, but then nobody has promised that the camera keeps what it is given, and a rounded exposure time matters.
   */
  readonly caching: 'NoCache' | 'WriteAround' | 'WriteThrough';
}

/** PollingTime of a register whose description names none. */
const UNTOLD_POLLING_MS = 1000;

interface Remembered {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly readNs: bigint;
}

export class RegisterMemory {
  readonly #port: RegisterPort;
  readonly #links: NodeLinks;
  readonly #nowNs: () => bigint;
  readonly #remembered = new Map<string, Remembered>();
  /** Bytes written last to registers that cannot be read, by place: their other bits, when some are written. */
  readonly #written = new Map<string, Uint8Array>();
  /** Grows with each write: what was read meanwhile is not remembered. */
  #generation = 0;
  #changes: Promise<unknown> = Promise.resolve();

  /** `nowNs`: a clock that only grows. */
  constructor(port: RegisterPort, links: NodeLinks, nowNs: () => bigint) {
    this.#port = port;
    this.#links = links;
    this.#nowNs = nowNs;
  }

  async read(place: RegisterPlace): Promise<Uint8Array> {
    const known = this.#known(place);
    if (known !== undefined) return known;
    const generation = this.#generation;
    const readNs = this.#nowNs();
    const bytes = await this.#port.read(place.address, place.length);
    if (bytes.length !== place.length)
      throw new FeatureError(
        'feature.access',
        `the camera answers ${bytes.length} bytes for ${place.name}, which is ${place.length} bytes long`,
      );
    if (place.caching !== 'NoCache' && generation === this.#generation)
      this.#remembered.set(place.name, { address: place.address, bytes, readNs });
    return bytes;
  }

  async write(place: RegisterPlace, bytes: Uint8Array): Promise<void> {
    this.#forgetAround(place);
    try {
      await this.#port.write(place.address, bytes);
    } finally {
      // Also where it failed: part of it may have arrived. And once more, for what was read while it was written.
      this.#forgetAround(place);
    }
    this.#written.set(keyOf(place), Uint8Array.from(bytes));
    if (place.caching === 'WriteThrough')
      this.#remembered.set(place.name, {
        address: place.address,
        bytes: Uint8Array.from(bytes),
        readNs: this.#nowNs(),
      });
  }

  /** What was written last to a register that cannot be read; zeros before the first time. */
  lastWritten(place: RegisterPlace): Uint8Array {
    return this.#written.get(keyOf(place)) ?? new Uint8Array(place.length);
  }

  /** Runs changes that read before they write one after the other, so that two of them to one register do not undo each other. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(change);
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  /** A value that is kept outside of the camera has changed: what is read with its help is read anew. */
  forgetAfter(name: string): void {
    this.#generation++;
    for (const stale of this.#links.staleAfter(name)) this.#remembered.delete(stale);
  }

  /** These registers are read anew. */
  forget(names: Iterable<string>): void {
    this.#generation++;
    for (const name of names) this.#remembered.delete(name);
  }

  /** The camera's memory was written by somebody else, in part or (no address given) perhaps everywhere. */
  forgetWritten(address?: number, length = 0): void {
    this.#generation++;
    if (address === undefined) this.#remembered.clear();
    else for (const name of this.#overlapping(address, length)) this.forgetAfter(name);
  }

  #known({ name, address, length, caching }: RegisterPlace): Uint8Array | undefined {
    const known = this.#remembered.get(name);
    if (caching === 'NoCache' || known?.address !== address || known.bytes.length !== length) return undefined;
    const pollingMs = this.#links.pollingMsOf(name) ?? UNTOLD_POLLING_MS;
    if (this.#nowNs() - known.readNs < BigInt(pollingMs) * 1_000_000n) return known.bytes;
    this.#remembered.delete(name);
    return undefined;
  }

  #forgetAround({ name, address, length }: RegisterPlace): void {
    this.forgetAfter(name);
    for (const other of this.#overlapping(address, length)) this.forgetAfter(other);
  }

  /** Registers that have bytes in common with a place and are remembered. */
  #overlapping(address: number, length: number): string[] {
    const names: string[] = [];
    for (const [name, known] of this.#remembered)
      if (known.address < address + length && address < known.address + known.bytes.length) names.push(name);
    return names;
  }
}

function keyOf({ address, length }: RegisterPlace): string {
  return `${address} ${length}`;
}
