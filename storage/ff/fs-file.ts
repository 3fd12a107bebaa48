/** FS files of RMS (RMS/Formats/FieldIntensities.py): u16 count, then for each frame the sum of its pixels, u32, little-endian. */
import { StorageError } from '../errors.js';

const MOST = 0xffff_ffffn;

/** Sums beyond 32 bits (more than 16.8 million pixels, all at 255) are cut to the largest number; RMS's begin again at 0. */
export function fsBytes(sums: readonly bigint[]): Uint8Array {
  const bytes = Buffer.alloc(2 + 4 * sums.length);
  bytes.writeUInt16LE(sums.length);
  for (const [i, sum] of sums.entries()) bytes.writeUInt32LE(Number(sum < MOST ? sum : MOST), 2 + 4 * i);
  return bytes;
}

/** Throws StorageError `storage.ff-broken` for bytes that are no FS file. */
export function readFs(bytes: Uint8Array): number[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.byteLength >= 2 ? view.readUInt16LE() : 0;
  if (count < 1 || view.byteLength !== 2 + 4 * count) {
    throw new StorageError(
      'storage.ff-broken',
      `${view.byteLength} bytes are no FS file of ${count} sums: copy it again`,
    );
  }
  return Array.from({ length: count }, (_, i) => view.readUInt32LE(2 + 4 * i));
}
