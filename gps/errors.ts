/**
 * The base of every error that Appulse raises. `code` is stable and meant for programs, the message is meant for people:
 * it says what happened, to what, and what to do. Values that belong to it are in `context`.
 */
export class AppulseError extends Error {
  readonly code: string;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { cause?: unknown; context?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.context = options.context ?? {};
  }
}

/** What a thrown value says: an error's message, or the value as text. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
