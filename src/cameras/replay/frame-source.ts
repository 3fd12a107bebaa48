/** Where the frames of a replay come from. */
import type { FrameTime } from '#gps/frame-time.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import type { Pixels } from '#storage/formats/segment-reader.js';
import type { CaptureState } from '#storage/frame-record.js';

/** What all frames have in common. */
export interface SourceDescription {
  /** For people, and for the serial number: what is played. */
  readonly name: string;
  readonly cameraName: string;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly pixelFormat: PixelFormat;
  /** Significant bits of a pixel, which may be fewer than the format has. */
  readonly bitDepth: number;
  readonly frameRate: number | null;
  /** How the camera was set, as far as the recording tells. */
  readonly capture: Partial<CaptureState>;
  /** Of the first frame. */
  readonly time: FrameTime;
}

export interface SourceFrame {
  /** As recorded; null: the source has none. */
  readonly blockId: bigint | null;
  readonly time: FrameTime;
  /** Valid until the next frame is asked for. */
  readonly pixels: Pixels;
}

export interface FrameSource {
  readonly description: SourceDescription;
  /** From the first frame on, as often as it is asked. Throws AppulseError for what cannot be read, with file and place. */
  frames(): AsyncGenerator<SourceFrame, void>;
  close(): Promise<void>;
}
