import { UsageError } from '#src/config/usage-error.js';

/** An option of the simulator that cannot be what it is: wrong usage. */
export class SimulatorOptionError extends UsageError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('usage.simulator', message, options);
  }
}
