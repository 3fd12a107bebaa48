/**
 * The previews of a station for all who show them: each is read once, packed once for all clients that see the same of it, and goes into
 * every hold that somebody watches, whether a client is ready for it or not.
 */
import { pack } from 'msgpackr';
import type { Preview } from '#pipeline/stages/preview-board.js';
import type { StationFace } from '#src/station/station-face.js';
import { HOLD_SECONDS } from './hold-seconds.js';
import { liveFrameOf } from './live-frame.js';
import type { PreviewPlane } from './live-protocol.js';
import { MaximumHold } from './maximum-hold.js';

/** What a client sees. */
export interface Watched {
  readonly camera: number;
  readonly plane: PreviewPlane;
  /** 0: the newest preview alone. Above, `plane` is the maximum. */
  readonly holdSeconds: number;
}

interface Seen {
  readonly count: number;
  readonly preview: Preview;
  /** By plane and hold. */
  readonly packed: Map<string, Uint8Array>;
}

interface Hold {
  readonly camera: number;
  readonly maximum: MaximumHold;
}

export class PreviewFeed {
  readonly #station: StationFace;
  /** By camera. */
  readonly #seen = new Map<number, Seen>();
  readonly #holds = new Map<string, Hold>();

  constructor(station: StationFace) {
    this.#station = station;
  }

  /** Takes what is new of the cameras that are watched; holds that nobody watches end. */
  look(watched: Iterable<Watched>): void {
    const cameras = new Set<number>();
    const wanted = new Map<string, Watched>();
    for (const each of watched) {
      cameras.add(each.camera);
      if (each.holdSeconds > 0) wanted.set(holdKey(each), each);
    }
    for (const key of this.#holds.keys()) if (!wanted.has(key)) this.#holds.delete(key);
    for (const [key, each] of wanted) if (!this.#holds.has(key)) this.#begin(key, each);
    for (const camera of cameras) this.newest(camera);
  }

  /** Cameras of which each preview is wanted, whether a client is ready for it or not. */
  heldCameras(): Set<number> {
    return new Set(Array.from(this.#holds.values(), ({ camera }) => camera));
  }

  /** The number of a camera's newest preview, and that preview; null before the first. */
  newest(camera: number): { readonly count: number; readonly preview: Preview } | null {
    const count = this.#station.previewCount(camera);
    const known = this.#seen.get(camera);
    if (known?.count === count) return known;
    const preview = this.#station.preview(camera);
    if (preview === null) return null;
    const seen = { count, preview, packed: new Map<string, Uint8Array>() };
    this.#seen.set(camera, seen);
    for (const hold of this.#holds.values()) {
      if (hold.camera === camera) hold.maximum.add(preview.maximum, performance.now());
    }
    return seen;
  }

  /** The newest preview as it goes to a page; null before the first. */
  packed(watched: Watched): { readonly count: number; readonly bytes: Uint8Array } | null {
    const { camera, plane, holdSeconds } = watched;
    const seen = this.#seen.get(camera);
    if (seen === undefined) return null;
    const { count, preview } = seen;
    const key = holdSeconds > 0 ? holdKey(watched) : plane;
    const known = seen.packed.get(key);
    if (known !== undefined) return { count, bytes: known };
    const held = holdSeconds > 0 ? this.#holds.get(key)?.maximum.plane() : undefined;
    const shown = held?.length === preview.maximum.length ? { ...preview, maximum: held } : preview;
    const frame = liveFrameOf(this.#station, camera, shown, holdSeconds > 0 ? 'maximum' : plane);
    if (frame === null) return null;
    const bytes = pack(frame);
    seen.packed.set(key, bytes);
    return { count, bytes };
  }

  /** A hold begins with the preview that is on the screen. */
  #begin(key: string, { camera, holdSeconds }: Watched): void {
    const maximum = new MaximumHold(spanOf(holdSeconds));
    const seen = this.#seen.get(camera);
    if (seen !== undefined) maximum.add(seen.preview.maximum, performance.now());
    this.#holds.set(key, { camera, maximum });
  }
}

function spanOf(holdSeconds: number): number {
  return HOLD_SECONDS.find((seconds) => seconds >= holdSeconds) ?? 3_600;
}

function holdKey({ camera, holdSeconds }: Watched): string {
  return `${camera} ${spanOf(holdSeconds)}`;
}
