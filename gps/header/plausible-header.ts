/** Whether 44 bytes can be a GPS header at all, before anything of it is believed. */
import { decodeQhyHeader, PPS_SENTINEL, QHY_EPOCH_UNIX_S, QHY_HEADER_BYTES, type QhyHeader } from './qhy-header.js';

/** Years 2015 to 2100. */
const FIRST_SECOND = 1_420_070_400 - QHY_EPOCH_UNIX_S;
const LAST_SECOND = 4_102_444_800 - QHY_EPOCH_UNIX_S;

/**
 * Whether the bytes of a camera that announced a header can be one at all. An image that is nearly even can pass; where nobody
 * announced one, `headerDoubt` asks for more.
 */
export function canBeHeader(header: QhyHeader): boolean {
  const { start, end, now, ppsCount } = header;
  const seconds = [start.seconds, end.seconds, now.seconds];
  return (
    seconds.every((s) => s >= FIRST_SECOND && s < LAST_SECOND) &&
    Math.max(...seconds) - Math.min(...seconds) <= 7200 &&
    [start, end, now].every((s) => s.ticks <= PPS_SENTINEL) &&
    ppsCount > 9_000_000 &&
    ppsCount < 11_000_000
  );
}

/** Whether bytes that something says are a GPS header can be one. Equal bytes are an even image, whatever date they spell. */
export function looksLikeGpsHeader(bytes: Uint8Array): boolean {
  if (bytes.byteLength < QHY_HEADER_BYTES) return false;
  const even = bytes.subarray(0, QHY_HEADER_BYTES).every((byte) => byte === bytes[0]);
  return !even && canBeHeader(decodeQhyHeader(bytes));
}
