/** A frame as a viewer takes it, from the live stream or from the archive: its preview, and what is known of the whole of it. */
import type { RowPairs } from '#gps/rows/row-model.js';
import type { PreviewPlane } from '#src/servers/web/live/live-protocol.js';
import type { Levels } from '#src/servers/web/live/stretch.js';

/** When rows were exposed. */
export interface RowTimes {
  /** Start of exposure of row 0. */
  readonly startUtcNs: bigint;
  /** From row 0 to the last one. */
  readonly lastRowOffsetNs: bigint;
  readonly rowPairs: RowPairs | null;
  readonly leapSecond: boolean;
}

export interface ShownFrame {
  readonly number: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bitDepth: number;
  /** Of the preview. */
  readonly width: number;
  readonly height: number;
  /** Columns and rows of the frame that the preview's stand for, boxes of as even a size as can be. Boxes at the edge may reach beyond the frame. */
  readonly coveredWidth: number;
  readonly coveredHeight: number;
  readonly plane: PreviewPlane;
  readonly pixels: Uint16Array;
  /** Of the whole frame; of the preview's pixels where the frame's was not made. */
  readonly histogram: Uint32Array;
  /** Of the whole frame; null where its pixels were not counted. */
  readonly frameLevels: Levels | null;
  readonly time: RowTimes;
}

/** Where a viewer's pictures come from. */
export interface PictureSource {
  /** Null before the first. */
  readonly shown: { readonly value: ShownFrame | null };
  /** Which frames the pixels of `fetchRegion` are of: what was fetched before it changed is not shown any more. Null: there are none to be had. */
  readonly pixelsOf: { readonly value: string | null };
  /** Pixels of the frame itself. @throws Error with the station's own words */
  fetchRegion(region: Region): Promise<FetchedPixels>;
}

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FetchedPixels extends Region {
  readonly pixels: Uint16Array;
  /** Start of exposure of row 0 of their frame. */
  readonly startUtcNs: bigint;
}
