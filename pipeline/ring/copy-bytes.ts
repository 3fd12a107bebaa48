import { nativeAddon } from '#pipeline/native/addon.js';

/**
 * Copies `source` to `target` from `offset` on. Between shared memory that lies differently within a word, Node's own `set`
 * copies byte by byte: frames of SER and ADV took as long to copy as to write.
 */
export function copyBytes(source: Uint8Array, target: Uint8Array, offset: number): void {
  const native = nativeAddon();
  if (native === null) target.set(source, offset);
  else native.copyBytes(source, target, offset);
}
