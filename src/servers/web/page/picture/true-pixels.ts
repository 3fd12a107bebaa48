/** Pixels of the frame itself for the part that is seen, once the zoom is beyond what the preview tells. Fetched at a bounded rate. */
import { effect, signal } from '@preact/signals';
import { frame, holdSeconds, watched } from '../live/connection.js';
import type { TruePixels } from './painter.js';
import { frameHeight, frameWidth } from './planes.js';
import { area, placement } from './view.js';

export interface FetchedPixels extends TruePixels {
  readonly camera: number;
  readonly frameNumber: number;
  readonly startUtcNs: bigint;
}

/** How many device pixels a pixel of the preview must cover before its parts are asked for. */
const PREVIEW_PIXEL_LIMIT = 1.5;
/** 4 MiB a request. */
const MOST_PIXELS = 2 ** 21;
const INTERVAL_MS = 250;
const RETRY_MS = 5_000;

/** What is seen of the newest frame that was fetched; null where the preview is all there is to show. */
export const truePixels = signal<FetchedPixels | null>(null);
/** Why there are none, in the station's words; null where there are, or none are wanted. */
export const truePixelsRefusal = signal<string | null>(null);

let underWay = false;
/** Whether another part or frame was wanted meanwhile. */
let again = false;
let notBeforeMs = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of the frame that is seen; null where the preview is fine enough, or the part too large. */
function wantedRegion(): Region | null {
  const newest = frame.value;
  if (newest === null || holdSeconds.value > 0) return null;
  const { scale, left, top } = placement.value;
  if ((scale * newest.frameWidth) / newest.width < PREVIEW_PIXEL_LIMIT || newest.width === newest.frameWidth)
    return null;
  const x = Math.max(0, Math.floor(left));
  const y = Math.max(0, Math.floor(top));
  const width = Math.min(frameWidth.value, Math.ceil(left + area.value.width / scale)) - x;
  const height = Math.min(frameHeight.value, Math.ceil(top + area.value.height / scale)) - y;
  return width > 0 && height > 0 && width * height <= MOST_PIXELS ? { x, y, width, height } : null;
}

/** Keeps `truePixels` to what is seen until the returned function is called. */
export function followTruePixels(): () => void {
  const stop = effect(() => {
    const region = wantedRegion();
    const held = truePixels.peek();
    const stale = held !== null && (held.camera !== watched.value || outside(held));
    if (region === null || stale) truePixels.value = null;
    if (region === null) truePixelsRefusal.value = null;
    else later();
  });
  return () => {
    stop();
    clearTimeout(timer);
    timer = undefined;
    again = false;
    truePixels.value = null;
  };
}

/** Whether the frames have another shape now. */
function outside({ x, y, width, height }: Region): boolean {
  return x + width > frameWidth.value || y + height > frameHeight.value;
}

function later(): void {
  if (underWay) again = true;
  if (underWay || timer !== undefined) return;
  timer = setTimeout(
    () => {
      timer = undefined;
      void fetchNewest();
    },
    Math.max(0, notBeforeMs - performance.now()),
  );
}

async function fetchNewest(): Promise<void> {
  const region = wantedRegion();
  if (region === null) return;
  const camera = watched.peek();
  const begunMs = performance.now();
  underWay = true;
  try {
    const fetched = await fetchRegion(camera, region);
    if (camera === watched.peek() && wantedRegion() !== null) truePixels.value = fetched;
    truePixelsRefusal.value = null;
    // A line that is slow is not filled by this alone.
    notBeforeMs = begunMs + Math.max(INTERVAL_MS, 2 * (performance.now() - begunMs));
  } catch (error) {
    truePixels.value = null;
    truePixelsRefusal.value = error instanceof Error ? error.message : String(error);
    notBeforeMs = begunMs + RETRY_MS;
  } finally {
    underWay = false;
    if (again) later();
    again = false;
  }
}

async function fetchRegion(camera: number, region: Region): Promise<FetchedPixels> {
  const query = new URLSearchParams(Object.entries(region).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`./api/v1/cameras/${camera}/pixels?${query}`);
  if (!response.ok) {
    const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    throw new Error(answer?.error?.message ?? `the station answered ${response.status}`);
  }
  const number = (name: string, otherwise: number) => Number(response.headers.get(name) ?? otherwise);
  const width = number('x-appulse-width', region.width);
  const height = number('x-appulse-height', region.height);
  const pixels = new Uint16Array(await response.arrayBuffer());
  if (pixels.length !== width * height) throw new Error(`${pixels.length} pixels came, ${width} x ${height} were told`);
  return {
    x: region.x,
    y: region.y,
    width,
    height,
    pixels,
    camera,
    frameNumber: number('x-appulse-frame', 0),
    startUtcNs: BigInt(response.headers.get('x-appulse-start-utc-ns') ?? 0),
  };
}
