import { AppulseError } from '#gps/errors.js';

/** A kernel was called with buffers that do not fit together. */
export class KernelError extends AppulseError {
  constructor(code: `kernel.${string}`, message: string, context: Record<string, unknown>) {
    super(code, message, { context });
  }
}
