/** True pixels of a region of a camera's newest frame, from the HTTP API. */

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

/** @throws Error with the station's own words */
export async function fetchPixels(camera: number, { x, y, width, height }: Region): Promise<FetchedPixels> {
  const query = new URLSearchParams(
    Object.entries({ x, y, width, height }).map(([name, value]) => [name, String(value)]),
  );
  let response: Response;
  try {
    response = await fetch(`./api/v1/cameras/${camera}/pixels?${query}`, { signal: AbortSignal.timeout(LIMIT_MS) });
  } catch {
    throw new Error('the station does not answer');
  }
  if (!response.ok) {
    const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    throw new Error(answer?.error?.message ?? `the station answered ${response.status}`);
  }
  const told = (name: string, otherwise: number): number => {
    const value = response.headers.get(`x-appulse-${name}`);
    return value === null ? otherwise : Number(value);
  };
  const got = { x: told('x', x), y: told('y', y), width: told('width', width), height: told('height', height) };
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength !== 2 * got.width * got.height) {
    throw new Error(`${bytes.byteLength} bytes came for ${got.width} x ${got.height} pixels`);
  }
  return {
    ...got,
    frameNumber: told('frame', 0),
    startUtcNs: response.headers.get('x-appulse-start-utc-ns') ?? '0',
    bitDepth: told('bit-depth', 16),
    pixels: new Uint16Array(bytes),
  };
}
