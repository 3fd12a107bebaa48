/** The frames of one file, whoever wrote it. */
import type { FoundTime } from '#gps/found/found-time.js';
import type { FrameTime } from '#gps/frame-time.js';
import type { Pixels } from '#storage/formats/segment-reader.js';
import type { FrameRecord } from '#storage/frame-record.js';

export interface FileFrame {
  readonly pixels: Pixels;
  /** All that this program knew of the frame; null in files of others. */
  readonly record: FrameRecord | null;
  /** Where there is no record; null where the file has no time for it. */
  readonly time: FoundTime | FrameTime | null;
}

export interface FileFrames {
  /** Significant bits of a pixel. */
  readonly bitDepth: number;
  /** Colours of the first two pixels of the first row, as `RG`; null of a grey camera. */
  readonly bayer: string | null;
  /** Format of frames of three colours, whose pixels are planes; left out: frames of one sample a pixel. */
  readonly colorFormat?: 'RGB8' | 'BGR8' | null;
  readonly cameraName: string | null;
  /** In order. Throws StorageError and AppulseError that name the file and the byte. */
  frames(): Generator<FileFrame, void>;
  close(): void;
}
