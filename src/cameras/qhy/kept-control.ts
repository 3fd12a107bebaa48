/** A control whose value the driver keeps and tells the camera by a function of the library, or by nothing at all. */
import type { ControlDeclaration, ControlValue } from '../controls.js';
import type { QhyControl } from './qhy-control.js';

export interface KeptOptions<V extends ControlValue> {
  readonly value: V;
  /** Why it cannot be used now; left out: it can. */
  readonly unavailable?: () => string | null;
  /** Tells the camera; throws where it refuses. Left out: nothing needs to be told. */
  readonly tell?: (value: V) => Promise<void>;
  /** Whether it is told again after the camera was initialised. */
  readonly again?: boolean;
}

export class KeptControl<V extends ControlValue> implements QhyControl {
  readonly declaration: ControlDeclaration;
  readonly #options: KeptOptions<V>;
  #value: V;
  #told = false;

  constructor(declaration: ControlDeclaration, options: KeptOptions<V>) {
    this.declaration = declaration;
    this.#options = options;
    this.#value = options.value;
  }

  get value(): V {
    return this.#value;
  }

  get unavailable(): string | null {
    return this.#options.unavailable?.() ?? null;
  }

  async set(value: ControlValue): Promise<void> {
    await this.#options.tell?.(value as V);
    this.#value = value as V;
    this.#told = true;
  }

  async apply(): Promise<void> {
    if (this.unavailable !== null || this.#options.again === false || this.declaration.type === 'command') return;
    // What was never set is left as the camera has it.
    if (this.#told || this.#options.again === true) await this.#options.tell?.(this.#value);
  }

  /** Keeps a value that was set by other means. */
  keep(value: V): void {
    this.#value = value;
  }
}

/** A command: executing it calls `run`. */
export function commandControl(
  declaration: ControlDeclaration,
  run: () => Promise<void>,
  unavailable: () => string | null = () => null,
): QhyControl {
  return {
    declaration,
    value: null,
    get unavailable() {
      return unavailable();
    },
    set: run,
  };
}

/** A reading: what `read` gives at each poll, null where there is nothing. */
export function readingControl(
  declaration: ControlDeclaration,
  read: () => Promise<ControlValue>,
  unavailable: () => string | null = () => null,
): QhyControl {
  let value: ControlValue = null;
  const poll = async () => {
    if (unavailable() === null) value = await read();
  };
  return {
    declaration,
    get value() {
      return value;
    },
    get unavailable() {
      return unavailable();
    },
    probe: poll,
    poll,
  };
}
