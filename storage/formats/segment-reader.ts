/** Reading a segment's file without the index: what a crash left, and the pixels of a frame. */
import type { FramePlace, FrameRecord } from '../frame-record.js';

/** A frame that stands whole in a file. */
export interface ScannedFrame {
  readonly record: FrameRecord;
  readonly place: Omit<FramePlace, 'segment'>;
}

/**
 * Pixels as they were recorded: rows in the file's order, samples without sign. Frames of RGB have three planes of them in `data`, those of
 * red, green and blue one behind the other, whatever their order in the file.
 */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array | Uint32Array;
}

export interface SegmentReader {
  /**
   * The whole frames of `file` from byte `from` on, where a frame begins (0: from the first), as far as they follow each other
   * without damage. With `verify`, frames whose data do not have the sum that was recorded with them count as damaged. Returns the
   * byte behind the last of them. Throws the system's errors, and StorageError `storage.scan` for a file of another kind.
   */
  scan(file: string, from: number, options: { readonly verify: boolean }): Generator<ScannedFrame, number>;
  /** Whether the data of the frame at `place` have the sum `place.dataSum`; true where that is null. */
  verify(file: string, place: Omit<FramePlace, 'segment'>): boolean;
  /** Throws StorageError `storage.pixels` for damaged ones. */
  readPixels(file: string, place: Pick<FramePlace, 'byteOffset' | 'byteLength' | 'headerBytes'>): Pixels;
  /**
   * Where the next whole frame begins behind damage at byte `from`, its data verified; null where none does. Left out of formats whose
   * frames cannot be told from what stands around them.
   */
  findNext?(file: string, from: number): number | null;
}
