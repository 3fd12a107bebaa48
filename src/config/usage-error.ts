import { AppulseError } from '#gps/errors.js';

/** What the user typed or wrote cannot be taken: exit code 2. */
export class UsageError extends AppulseError {
  constructor(
    code: `usage.${string}`,
    message: string,
    options: { cause?: unknown; context?: Record<string, unknown> } = {},
  ) {
    super(code, message, options);
  }
}
