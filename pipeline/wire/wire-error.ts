import { AppulseError } from '#gps/errors.js';

/**
 * Bytes from the network that do not say what they should: too short, a wrong key, a length that contradicts the
 * packet. Decoders throw this and nothing else, whatever the bytes are. Codes begin with `wire.`.
 */
export class WireError extends AppulseError {}

/** Throws `wire.short` unless `bytes` holds at least `length` bytes. */
export function requireBytes(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length < length)
    throw new WireError('wire.short', `${what} needs ${length} bytes, the packet holds ${bytes.length}; drop it`, {
      context: { needed: length, held: bytes.length },
    });
}
