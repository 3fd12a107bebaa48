/**
 * What the SDK of ToupTek and its brands tells beside a frame: `ToupcamFrameInfoV4` of toupcam.h (versions 53 to 59; 104
 * bytes by compiling it), little-endian as on every machine that the SDK is made for. A field means something only where its
 * flag is set; it is null here where it is not.
 */
import { AppulseError } from '../errors.js';

export const TOUPCAM_FRAME_INFO_BYTES = 104;

/** Bits of `flag`, TOUPCAM_FRAMEINFO_FLAG_... */
export const TOUPCAM_FLAG = {
  sequence: 0x01,
  timestamp: 0x02,
  exposure: 0x04,
  gain: 0x08,
  blackLevel: 0x10,
  shutterSequence: 0x20,
  gps: 0x40,
  count: 0x100,
} as const;

export interface ToupcamGps {
  /** Of the exposure, nanoseconds since 1970-01-01 UTC. */
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** Millionths of a degree, east and north. */
  readonly longitudeMicroDeg: number;
  readonly latitudeMicroDeg: number;
  readonly altitudeMm: number;
  readonly satellites: number;
}

export interface ToupcamFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly flag: number;
  readonly sequence: number | null;
  /** Of the camera's clock, microseconds. */
  readonly timestampUs: bigint | null;
  readonly shutterSequence: number | null;
  readonly exposureUs: number | null;
  /** Per cent. */
  readonly gain: number | null;
  readonly blackLevel: number | null;
  readonly timeCount: bigint | null;
  readonly frameCount: number | null;
  readonly triggerCount: number | null;
  readonly gps: ToupcamGps | null;
}

const GPS_AT = 72;

/** Reads the first 104 of `bytes`. Throws AppulseError `gps.frame-info-short` when there are fewer. */
export function decodeToupcamFrameInfo(bytes: Uint8Array): ToupcamFrameInfo {
  if (bytes.byteLength < TOUPCAM_FRAME_INFO_BYTES) {
    throw new AppulseError(
      'gps.frame-info-short',
      `a Toupcam frame info has ${TOUPCAM_FRAME_INFO_BYTES} bytes, got ${bytes.byteLength}; pull frames with a V4 call`,
      { context: { bytes: bytes.byteLength } },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, TOUPCAM_FRAME_INFO_BYTES);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const u64 = (at: number): bigint => view.getBigUint64(at, true);
  const flag = u32(8);
  const where = <T>(bit: keyof typeof TOUPCAM_FLAG, value: () => T): T | null =>
    (flag & TOUPCAM_FLAG[bit]) === 0 ? null : value();
  return {
    width: u32(0),
    height: u32(4),
    flag,
    sequence: where('sequence', () => u32(12)),
    timestampUs: where('timestamp', () => u64(16)),
    shutterSequence: where('shutterSequence', () => u32(24)),
    exposureUs: where('exposure', () => u32(28)),
    gain: where('gain', () => u16(32)),
    blackLevel: where('blackLevel', () => u16(34)),
    // Bytes 36 to 55 hold brightness and focus values, which no time depends on.
    timeCount: where('count', () => u64(56)),
    frameCount: where('count', () => u32(64)),
    triggerCount: where('count', () => u32(68)),
    gps: where('gps', () => ({
      startUtcNs: u64(GPS_AT),
      endUtcNs: u64(GPS_AT + 8),
      longitudeMicroDeg: view.getInt32(GPS_AT + 16, true),
      latitudeMicroDeg: view.getInt32(GPS_AT + 20, true),
      altitudeMm: view.getInt32(GPS_AT + 24, true),
      satellites: u16(GPS_AT + 28),
    })),
  };
}
