/** Payloads of frames beside which a library tells something: the image as one chunk, what was told as another behind it. */
import { writeU32 } from '#pipeline/wire/big-endian.js';
import { SDK_IMAGE_CHUNK_ID, SDK_INFO_CHUNK_ID, type SdkMode } from './sdk-camera.js';

/** Behind each chunk: its id and its length. */
const TAG_BYTES = 8;

/** Payload bytes of a frame of `pixelBytes`; `infoBytes` 0: the pixels are all. */
export function payloadBytesWith(pixelBytes: number, infoBytes: number): number {
  return infoBytes === 0 ? pixelBytes : pixelBytes + infoBytes + 2 * TAG_BYTES;
}

/** Bytes that a slot needs for frames of a mode: what the library writes, and the chunks. */
export function slotBytesFor({ bufferBytes, infoBytes }: SdkMode, pixelBytes: number): number {
  return payloadBytesWith(Math.max(bufferBytes, pixelBytes), infoBytes);
}

/**
 * Makes a payload of the pixels that stand in `bytes` from the first byte on, and returns its length. With `infoBytes` the chunks are
 * written behind them; what was told is filled with zeros or cut to that length, so that all frames of a stream are as long.
 */
export function writeInfoChunk(
  bytes: Uint8Array,
  pixelBytes: number,
  info: Uint8Array | null,
  infoBytes: number,
): number {
  if (infoBytes === 0) return pixelBytes;
  writeTag(bytes, pixelBytes, SDK_IMAGE_CHUNK_ID, pixelBytes);
  const at = pixelBytes + TAG_BYTES;
  bytes.fill(0, at, at + infoBytes);
  if (info !== null) bytes.set(info.subarray(0, infoBytes), at);
  writeTag(bytes, at + infoBytes, SDK_INFO_CHUNK_ID, infoBytes);
  return payloadBytesWith(pixelBytes, infoBytes);
}

function writeTag(bytes: Uint8Array, at: number, id: number, length: number): void {
  writeU32(bytes, at, id);
  writeU32(bytes, at + 4, length);
}
