/** A station whose previews come when a test says so, with the pixels that it gives: `ImitatedStation` for pictures that stand still. */
import type { Preview } from '#pipeline/stages/preview-board.js';
import { HISTOGRAM_BINS } from '#pipeline/stages/steps.js';
import type { PixelRegion, RegionPixels } from '#src/station/station-face.js';
import type { CameraState } from '#src/station/station-state.js';
import { ImitatedStation } from './imitated-station.js';

export const STILL = { width: 60, height: 40, bitDepth: 12, frameWidth: 120, frameHeight: 80 } as const;
export const STILL_START_NS = 1_795_834_800_123_456_789n;
export const STILL_LAST_PACKET_NS = STILL_START_NS + 60_000_000n;

export class StillStation extends ImitatedStation {
  /** How often a preview was read. */
  reads = 0;
  /** How often one was asked for. */
  asked = 0;
  #preview: Preview | null = null;
  #count = 0;

  override get cameras(): readonly CameraState[] {
    return super.cameras.map((state) => ({ ...state, width: STILL.frameWidth, height: STILL.frameHeight }));
  }

  /** A sky of 200 with some noise, and `stars`: values by index of the preview's pixel. */
  show(frameNumber: number, stars: Readonly<Record<number, number>> = {}): void {
    const { width, height, bitDepth } = STILL;
    const mean = Uint16Array.from({ length: width * height }, (_, i) => stars[i] ?? 200 + ((i * 7919) % 17));
    const histogram = new Uint32Array(HISTOGRAM_BINS);
    for (const value of mean) histogram[value] = (histogram[value] ?? 0) + 4;
    this.#preview = {
      width,
      height,
      bitDepth,
      frameNumber,
      mean,
      maximum: mean.slice(),
      histogram,
      lastPacketUtcNs: STILL_LAST_PACKET_NS,
      time: {
        startUtcNs: STILL_START_NS,
        leapSecond: false,
        exposureNs: 49_000_000n,
        uncertaintyNs: 120n,
        grade: 'locked',
        source: 'gps-header',
        lastRowOffsetNs: 7_900_000n,
        rowPairs: null,
      },
    };
    this.#count++;
  }

  override askPreview(): void {
    this.asked++;
  }

  override preview(camera: number): Preview | null {
    this.reads++;
    return camera === 0 ? this.#preview : null;
  }

  override previewCount(): number {
    return this.#count;
  }

  /** Each pixel of the frame tells its place: 1000 + column + row. */
  override async pixels(_: number, { x, y, width, height }: PixelRegion): Promise<RegionPixels> {
    const at = (i: number) => 1_000 + x + (i % width) + y + Math.floor(i / width);
    return {
      x,
      y,
      width,
      height,
      frameNumber: this.#preview?.frameNumber ?? 0,
      startUtcNs: STILL_START_NS,
      bitDepth: STILL.bitDepth,
      pixels: Uint16Array.from({ length: width * height }, (_, i) => at(i)),
    };
  }
}
