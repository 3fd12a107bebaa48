import { readU32 } from './big-endian.js';
import { WireError } from './wire-error.js';

/** A piece of a chunk-mode payload: its id (named in the camera's GenICam XML) and a view of its bytes. */
export interface Chunk {
  readonly id: number;
  readonly data: Uint8Array;
}

/**
 * Splits a chunk-mode payload, in payload order. Each chunk is data followed by a tag {u32 id, u32 length}, big-endian,
 * so the walk goes from the end of the received bytes to their beginning (GigE Vision 2.x, as Aravis reads it).
 * Throws `wire.chunk` when lengths do not add up to the payload.
 */
export function parseChunks(payload: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  let end = payload.length;
  while (end > 0) {
    const length = end >= 8 ? readU32(payload, end - 4) : 0;
    const start = end - 8 - length;
    if (start < 0)
      throw new WireError(
        'wire.chunk',
        `chunk lengths do not fit the payload of ${payload.length} bytes (tag at ${end - 8})`,
      );
    chunks.push({ id: readU32(payload, end - 8), data: payload.subarray(start, end - 8) });
    end = start;
  }
  return chunks.reverse();
}

/** A camera sends some ten chunks; a payload that looks like more of them is none. */
const MOST_CHUNKS = 256;

/**
 * The data of chunk `id`, looked for from the end of the received bytes; null where it is not there or the lengths on the way do
 * not fit. For every frame of a stream: bounded, makes nothing but a view, never throws.
 */
export function findChunk(payload: Uint8Array, id: number): Uint8Array | null {
  let end = payload.length;
  for (let walked = 0; walked < MOST_CHUNKS && end >= 8; walked++) {
    const start = end - 8 - readU32(payload, end - 4);
    if (start < 0) return null;
    if (readU32(payload, end - 8) === id) return payload.subarray(start, end - 8);
    end = start;
  }
  return null;
}

/** Lays out chunks as a payload: the reverse of `parseChunks`. */
export function writeChunks(chunks: readonly Chunk[]): Uint8Array {
  const payload = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.data.length + 8, 0));
  const view = new DataView(payload.buffer);
  let at = 0;
  for (const chunk of chunks) {
    payload.set(chunk.data, at);
    view.setUint32(at + chunk.data.length, chunk.id);
    view.setUint32(at + chunk.data.length + 4, chunk.data.length);
    at += chunk.data.length + 8;
  }
  return payload;
}
