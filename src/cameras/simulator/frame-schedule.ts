import { encodeQhyHeader, PPS_SENTINEL, QHY_HEADER_BYTES, RECEIVER_STATUS, utcNsToStamp } from '#gps/qhy-header.js';
import type { ShutterModel } from '#gps/shutter.js';
import type { GpsState } from './options.js';

/** When a frame was exposed, in nanoseconds of UTC; all are whole GPS ticks of 100 ns. */
export interface FrameInstants {
  /** Row 0. */
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** What the GPS header says: for rolling shutters the VSYNC pulse, for global ones the exposure. */
  readonly headerStartUtcNs: bigint;
  readonly headerEndUtcNs: bigint;
}

/** The VSYNC pulse of rolling models: ShutterMeasure is low for 400 ns. */
const PULSE_NS = 400n;

/** Start of frame `n` after `originUtcNs` at `fps`. */
export function frameStartUtcNs(originUtcNs: bigint, n: number, fps: number): bigint {
  return originUtcNs + BigInt(Math.floor((n * 1e7) / fps)) * 100n;
}

export function frameInstants(startUtcNs: bigint, exposureNs: bigint, shutter: ShutterModel): FrameInstants {
  const endUtcNs = startUtcNs + exposureNs;
  if (shutter.kind !== 'rolling') {
    return { startUtcNs, endUtcNs, headerStartUtcNs: startUtcNs, headerEndUtcNs: endUtcNs };
  }
  const pulseEnd = endUtcNs - (shutter.rowZeroEndOffsetNs ?? 0n);
  return { startUtcNs, endUtcNs, headerStartUtcNs: pulseEnd - PULSE_NS, headerEndUtcNs: pulseEnd };
}

/** Low nibble of the flags as in a real header (0x33 locked): PPS seen, second locked. */
const LOW_NIBBLE: Record<GpsState, number> = { locked: 3, unlocked: 0, searching: 0, off: 0 };
const STATUS: Record<GpsState, number> = {
  locked: RECEIVER_STATUS.locked,
  unlocked: RECEIVER_STATUS.unlockedValid,
  searching: RECEIVER_STATUS.searching,
  off: RECEIVER_STATUS.off,
};

/** Position of the simulated station, words as in the header: 41.1711 N, 73.3275 W. */
const LATITUDE_RAW = 411_026_600;
const LONGITUDE_RAW = 1_073_196_500;

/** The 44 bytes that the camera writes over the first of the payload. */
export function gpsHeaderBytes(
  frame: FrameInstants,
  sequence: number,
  size: { readonly width: number; readonly height: number },
  gps: GpsState,
): Uint8Array {
  const flag = (STATUS[gps] << 4) | LOW_NIBBLE[gps];
  const positioned = gps === 'locked' || gps === 'unlocked';
  const bytes = encodeQhyHeader({
    sequence: sequence >>> 0,
    reserved: 0,
    width: size.width,
    height: size.height,
    latitudeRaw: positioned ? LATITUDE_RAW : 0,
    longitudeRaw: positioned ? LONGITUDE_RAW : 0,
    start: utcNsToStamp(frame.headerStartUtcNs, flag),
    end: utcNsToStamp(frame.headerEndUtcNs, flag),
    now: utcNsToStamp(frame.headerEndUtcNs, flag),
    // A perfect oscillator, so that a tick is 100 ns exactly; without lock the count that says "no PPS".
    ppsCount: gps === 'locked' ? 10_000_000 : PPS_SENTINEL,
  });
  return bytes.subarray(0, QHY_HEADER_BYTES);
}
