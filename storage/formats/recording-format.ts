/**
 * What a file format has to offer so that sessions can be recorded in it: how the bytes of one frame stand in a record buffer, and
 * what a segment's file has before and behind its frames. Writing, syncing and renaming are the same for all of them.
 */
import type { FramePlace, FrameRecord, SampleBytes } from '../frame-record.js';
import type { SegmentHeader } from './segment-header.js';

/** `fits`: Rice-compressed images. `fits-raw`: plain ones. */
export const RECORDING_FORMATS = ['fits', 'fits-raw', 'ser', 'adv'] as const;
export type FormatName = (typeof RECORDING_FORMATS)[number];

/** How pixels are coded by the frame pass: `rice`, big-endian as FITS has them, or little-endian as they are. */
export type PixelEncoding = 'rice' | 'raw' | 'little-endian';

export interface FrameShape {
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: SampleBytes;
  /** Samples of a pixel, red, green and blue; left out: one. */
  readonly planes?: 1 | 3;
}

export interface FrameLayout {
  /** Bytes of the frame's own header in its file. */
  readonly headerBytes: number;
  /** Where the code or the pixels begin in a record buffer: behind all that stands before them in the file. */
  readonly dataOffset: number;
  /**
   * Bytes kept for a row's code or pixels: row `n` is written at or before `dataOffset + n * rowBound`. Colours that are not `interleaved`
   * have rows of their own, those of green behind those of red.
   */
  readonly rowBound: number;
  /** What a record buffer must hold. */
  readonly bufferBytes: number;
}

/** The pixels of a frame, as the frame pass left them in the record buffer. */
export interface CodedImage {
  /** `rice`: the length of each row's code, rows in order; else null. */
  readonly rowBytes: Uint32Array | null;
  /** Bytes of code or pixels, all rows together. */
  readonly bytes: number;
  /** Where in the record buffer that goes which stands behind the last row in the file. */
  readonly tailOffset: number;
  /** The ones' complement sum of the code or pixels (FITS 4.0, appendix J) as if they began at a multiple of four; null: not known. */
  readonly sum: number | null;
}

/** What completes a segment's file. */
export interface SegmentEnd {
  /** Appended behind the last frame. */
  readonly tail: Uint8Array;
  /** Bytes further up that are only known now. */
  readonly patches: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** One file while it is written; it holds what the file's end needs to know of its frames. */
export interface SegmentBody {
  /** The bytes that the file begins with. */
  readonly start: Uint8Array;
  /** What the list of frames beside the file says of the file itself, in its first line. */
  readonly listHead?: Readonly<Record<string, string>>;
  /** The frame stands in the file now. Frames come in the order of the file. */
  added(record: FrameRecord, place: Omit<FramePlace, 'segment'>): void;
  /** What completes a file of `bytes` bytes; null where nothing does. */
  end(bytes: number): SegmentEnd | null;
}

export interface RecordingFormat {
  readonly name: FormatName;
  /** Of file names, without a dot. */
  readonly extension: string;
  readonly encoding: PixelEncoding;
  /** Whether the samples of a pixel of several colours stand side by side, as they come; else colours are planes: red, green, blue. */
  readonly interleaved: boolean;
  /** A frame's bytes are a multiple of this. */
  readonly blockBytes: number;
  /** Whether its files cannot hold what the index knows of a frame, so that a list of the frames stands beside each. */
  readonly needsFrameList: boolean;
  /** Frames that a file of it takes at most; left out: as many as there is room for. */
  readonly mostFrames?: number;
  /** Throws StorageError `storage.format-shape` where the format has no such pixels. */
  layout(shape: FrameShape): FrameLayout;
  /**
   * Writes what stands before and behind the pixels in the file into `target`, from its start and from `image.tailOffset` on.
   * Returns the bytes of the latter, and the sum of the frame's data (`FramePlace.dataSum`).
   */
  writeFrame(target: Uint8Array, record: FrameRecord, image: CodedImage): FrameEnds;
  /** A new file whose first frame is `first`; all others of it have the same camera, shape, pixel format and type. */
  begin(segment: SegmentHeader, first: FrameRecord): SegmentBody;
}

export interface FrameEnds {
  readonly tailBytes: number;
  /** See `FramePlace.dataSum`. */
  readonly dataSum: number | null;
}
