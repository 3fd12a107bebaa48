/** True pixels of a region of a camera's newest frame, from the HTTP API. */
import { api } from '../api-client.js';

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FetchedPixels extends Region {
  readonly frameNumber: number;
  /** Start of the exposure of row 0: nanoseconds since 1970 UTC, as text. */
  readonly startUtcNs: string;
  readonly bitDepth: number;
  readonly pixels: Uint16Array;
}

const LIMIT_MS = 20_000;

/** @throws ApiError; Error for an answer that is not of the length that it tells */
export async function fetchPixels(camera: number, { x, y, width, height }: Region): Promise<FetchedPixels> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { headers, bytes } = await api.bytes(`/cameras/${camera}/pixels`, { x, y, width, height }, signal);
  const told = (name: string, otherwise: number): number => {
    const value = headers.get(`x-appulse-${name}`);
    return value === null ? otherwise : Number(value);
  };
  const got = { x: told('x', x), y: told('y', y), width: told('width', width), height: told('height', height) };
  if (bytes.byteLength !== 2 * got.width * got.height) {
    throw new Error(`${bytes.byteLength} bytes came for ${got.width} x ${got.height} pixels`);
  }
  return {
    ...got,
    frameNumber: told('frame', 0),
    startUtcNs: headers.get('x-appulse-start-utc-ns') ?? '0',
    bitDepth: told('bit-depth', 16),
    pixels: new Uint16Array(bytes),
  };
}
