/**
 * Registers that are read many times over in one look at the whole camera are asked for once: hundreds of features hang on the
 * same few (what is locked, what is selected), and a camera answers one question at a time.
 */
import type { RegisterPort } from './genicam/feature-node.js';

export class RememberingPort implements RegisterPort {
  readonly #port: RegisterPort;
  readonly #memory = new Map<string, Promise<Uint8Array>>();
  #looks = 0;

  constructor(port: RegisterPort) {
    this.#port = port;
  }

  /** What is read while `run` runs is remembered until it ends, or until something is written. */
  async look<T>(run: () => Promise<T>): Promise<T> {
    this.#looks++;
    try {
      return await run();
    } finally {
      if (--this.#looks === 0) this.#memory.clear();
    }
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    if (this.#looks === 0) return this.#port.read(address, length);
    const key = `${address}+${length}`;
    const known = this.#memory.get(key) ?? this.#port.read(address, length);
    this.#memory.set(key, known);
    return (await known).slice();
  }

  write(address: number, data: Uint8Array): Promise<void> {
    this.#memory.clear();
    return this.#port.write(address, data).finally(() => this.#memory.clear());
  }
}
