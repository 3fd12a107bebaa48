/**
 * FT files of RMS (RMS/Formats/FTfile.py): u32 count, then for each frame u32 counter and f64 seconds since 1970, little-endian. A
 * double of today's seconds has steps of 0.24 us.
 */
import { StorageError } from '../errors.js';

const ENTRY_BYTES = 12;
const SECOND_NS = 1_000_000_000n;

export interface FtEntry {
  readonly counter: number;
  readonly utcNs: bigint;
}

/** The double that is nearest to an instant, in seconds. */
function secondsOf(utcNs: bigint): number {
  // Whole and fraction are exact or nearly so; only their sum is rounded.
  return Number(utcNs / SECOND_NS) + Number(utcNs % SECOND_NS) / 1e9;
}

export function ftBytes(entries: readonly FtEntry[]): Uint8Array {
  const bytes = Buffer.alloc(4 + ENTRY_BYTES * entries.length);
  bytes.writeUInt32LE(entries.length);
  for (const [i, { counter, utcNs }] of entries.entries()) {
    bytes.writeUInt32LE(counter, 4 + ENTRY_BYTES * i);
    bytes.writeDoubleLE(secondsOf(utcNs), 8 + ENTRY_BYTES * i);
  }
  return bytes;
}

/** Throws StorageError `storage.ff-broken` for bytes that are no FT file, or whose times are none. */
export function readFt(bytes: Uint8Array): FtEntry[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.byteLength >= 4 ? view.readUInt32LE() : 0;
  if (count < 1 || view.byteLength !== 4 + ENTRY_BYTES * count) {
    throw new StorageError(
      'storage.ff-broken',
      `${view.byteLength} bytes are no FT file of ${count} times: copy it again`,
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const seconds = view.readDoubleLE(8 + ENTRY_BYTES * i);
    if (!(Math.abs(seconds) < 1e11)) {
      throw new StorageError('storage.ff-broken', `time ${i} of the FT file is none: ${seconds}`);
    }
    const whole = Math.floor(seconds);
    const utcNs = BigInt(whole) * SECOND_NS + BigInt(Math.round((seconds - whole) * 1e9));
    return { counter: view.readUInt32LE(4 + ENTRY_BYTES * i), utcNs };
  });
}
