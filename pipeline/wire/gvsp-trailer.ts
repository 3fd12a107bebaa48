/** Trailers: the last packet of a block. Layouts as read by Wireshark's GVSP dissector. */
import { readU16, readU32, writeU16, writeU32 } from './big-endian.js';
import { IMAGE_TRAILER_BYTES, PAYLOAD_TYPE } from './gvsp-header.js';
import { requireBytes } from './wire-error.js';

export interface Trailer {
  /** PAYLOAD_TYPE, with its flags. */
  readonly payloadType: number;
  /** Lines really sent (a triggered line camera sends fewer than the leader says); null where the type has no lines. */
  readonly sizeY: number | null;
  /** Length of the chunk part of the payload, null without chunks. */
  readonly chunkBytes: number | null;
  /** Changes when the layout of the chunks changes; null without. */
  readonly chunkLayoutId: number | null;
}

/** Reads a trailer; `bytes` is the whole datagram. Throws `wire.short`. */
export function parseTrailer(bytes: Uint8Array, headerBytes: number): Trailer {
  const data = bytes.subarray(headerBytes);
  requireBytes(data, 4, 'a GVSP trailer');
  const payloadType = readU16(data, 2);
  const base = payloadType & ~PAYLOAD_TYPE.withChunks;
  if (base === PAYLOAD_TYPE.chunkData) {
    requireBytes(data, 8, 'a chunk data trailer');
    return { payloadType, sizeY: null, chunkBytes: readU32(data, 4), chunkLayoutId: null };
  }
  if (base === PAYLOAD_TYPE.extendedChunkData) {
    requireBytes(data, 16, 'an extended chunk trailer');
    return { payloadType, sizeY: readU32(data, 8), chunkBytes: readU32(data, 4), chunkLayoutId: readU32(data, 12) };
  }
  const hasLines = base === PAYLOAD_TYPE.image || base === PAYLOAD_TYPE.multiZoneImage;
  const own = hasLines ? IMAGE_TRAILER_BYTES : 4;
  requireBytes(data, own, 'a GVSP trailer with lines');
  const sizeY = hasLines ? readU32(data, 4) : null;
  if ((payloadType & PAYLOAD_TYPE.withChunks) === 0)
    return { payloadType, sizeY, chunkBytes: null, chunkLayoutId: null };
  requireBytes(data, own + 8, 'a GVSP trailer with chunks');
  return { payloadType, sizeY, chunkBytes: readU32(data, own), chunkLayoutId: readU32(data, own + 4) };
}

export interface ImageTrailerFields {
  readonly sizeY: number;
  /** Present when the payload carries chunks; sets the 0x4000 flag of the payload type. */
  readonly chunks?: { readonly bytes: number; readonly layoutId: number };
}

/** Writes an image trailer behind a header; returns its length, 8 or, with chunks, 16. Throws `wire.short`. */
export function writeImageTrailer(target: Uint8Array, headerBytes: number, trailer: ImageTrailerFields): number {
  const length = trailer.chunks ? 16 : 8;
  requireBytes(target, headerBytes + length, 'the target of an image trailer');
  const data = target.subarray(headerBytes);
  writeU16(data, 0, 0);
  writeU16(data, 2, trailer.chunks ? PAYLOAD_TYPE.image | PAYLOAD_TYPE.withChunks : PAYLOAD_TYPE.image);
  writeU32(data, 4, trailer.sizeY);
  if (trailer.chunks) {
    writeU32(data, 8, trailer.chunks.bytes);
    writeU32(data, 12, trailer.chunks.layoutId);
  }
  return length;
}
