/** An imitated camera: how it can be set up, and what its frames, headers and frame infos are, byte by byte. */
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';

export interface ImitatedCamera {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly fps: number;
  readonly gpsHeader: boolean;
  /** A Toupcam frame info with GPS times behind each frame. */
  readonly info: boolean;
  /** Bytes that the library wants beyond a frame. */
  readonly spareBytes: number;
  /** A file that is made when a fault happens, and keeps it from happening again. */
  readonly faultOnce: string | null;
  /** The library's own count of frames is told. */
  readonly counts: boolean;
  /** The library lost the last frames of a stream, and tells so at its end. */
  readonly lostAtEnd: number;
  /** A file to which a line is added for each frame that is handed over: an `ImitatedTruth`. */
  readonly truth: string | null;
}

/** What the camera knows of a frame; instants are decimal strings, the header is hexadecimal. */
export interface ImitatedTruth {
  readonly n: number;
  readonly endUtcNs: string;
  readonly arrivedUtcNs: string;
  readonly header: string;
}

export const IMITATED: ImitatedCamera = {
  width: 64,
  height: 48,
  format: 'Mono8',
  fps: 100,
  gpsHeader: true,
  info: false,
  spareBytes: 0,
  faultOnce: null,
  counts: true,
  lostAtEnd: 0,
  truth: null,
};

export const MODEL = 'Imitated 100M';
export const SERIAL = 'IMI-0042';

export const imitatedSettings = (): ImitatedCamera => ({
  ...IMITATED,
  ...(JSON.parse(process.env.IMITATED_CAMERA ?? '{}') as Partial<ImitatedCamera>),
});

/** Frames look alike every so many, but for the number that each page of them bears. */
const PATTERNS = 4;
const PAGE_BYTES = 4_096;
/** Where in a page the numbers of its frame and of itself stand, behind a header: two words of 32 bits. */
const MARK_AT = 64;
const MARK_BYTES = 8;

/** The pixel at byte `i` of frame `n`, behind the header. */
export function pixelByte(n: number, i: number): number {
  const inMark = (i % PAGE_BYTES) - MARK_AT;
  if (inMark < 0 || inMark >= MARK_BYTES) return patternByte(n, i);
  const word = inMark < 4 ? n : Math.floor(i / PAGE_BYTES);
  return (word >>> (8 * (inMark % 4))) & 0xff;
}

const patternByte = (n: number, i: number): number => (i * 7 + (i >> 8) + (n % PATTERNS) * 31) & 0xff;

/** Makes frames of `pixelBytes` faster than byte by byte; `pixelByte` says what they are. */
export class ImitatedFrames {
  readonly #patterns: readonly Uint8Array[];

  constructor(pixelBytes: number) {
    this.#patterns = Array.from({ length: PATTERNS }, (_, n) => {
      const pattern = new Uint8Array(pixelBytes);
      for (let i = 0; i < pixelBytes; i++) pattern[i] = patternByte(n, i);
      return pattern;
    });
  }

  /** Frame `n` without a header, in memory that the next call may use again. */
  frame(n: number): Uint8Array {
    const pattern = this.#patterns[n % PATTERNS] as Uint8Array;
    const view = new DataView(pattern.buffer);
    for (let page = 0, at = MARK_AT; at + MARK_BYTES <= pattern.length; page++, at += PAGE_BYTES) {
      view.setUint32(at, n, true);
      view.setUint32(at + 4, page, true);
    }
    return pattern;
  }
}

/** Exposure of frame `n`, whose end was at `endUtcNs`. */
export function headerOf(
  n: number,
  endUtcNs: bigint,
  { width, height }: ImitatedCamera,
  exposureNs: bigint,
): Uint8Array {
  const stamp = (utcNs: bigint) => utcNsToStamp(utcNs, 0x33);
  return encodeQhyHeader({
    ...{ sequence: n, reserved: 0, width, height, latitudeRaw: 411_026_600, longitudeRaw: 1_073_196_500 },
    start: stamp(endUtcNs - exposureNs),
    end: stamp(endUtcNs),
    now: stamp(endUtcNs),
    ppsCount: 10_000_000,
  });
}

/** ToupcamFrameInfoV4 of frame `n`. */
export function infoOf(n: number, endUtcNs: bigint, camera: ImitatedCamera, exposureNs: bigint): Uint8Array {
  const info = new Uint8Array(104);
  const view = new DataView(info.buffer);
  view.setUint32(0, camera.width, true);
  view.setUint32(4, camera.height, true);
  // sequence, time stamp, exposure, GPS
  view.setUint32(8, 0x01 | 0x02 | 0x04 | 0x40, true);
  view.setUint32(12, n, true);
  view.setBigUint64(16, BigInt(n) * 10_000n, true);
  view.setUint32(28, Number(exposureNs / 1_000n), true);
  view.setBigUint64(72, endUtcNs - exposureNs, true);
  view.setBigUint64(80, endUtcNs, true);
  view.setInt32(88, 11_000_000, true);
  view.setInt32(92, 48_000_000, true);
  view.setInt32(96, 520_000, true);
  view.setUint16(100, 9, true);
  return info;
}
