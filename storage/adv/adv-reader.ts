/** Any program's ADV version 2 file with times and pixels, for replay and export. */
import type { FoundTime } from '#gps/found/found-time.js';
import { StorageError } from '../errors.js';
import type { Pixels } from '../formats/segment-reader.js';
import type { FrameRecord } from '../frame-record.js';
import { FileBytes } from '../times/file-bytes.js';
import { type AdvFile, openAdv, readSystemMetadata } from './adv-file.js';
import { type AdvFrame, advFrames } from './adv-frames.js';
import { type AdvImage, framePixels, readImageConfiguration } from './adv-image.js';
import { recordOf } from './adv-record.js';
import { advFrameTime } from './adv-times.js';

/** A frame of the stream MAIN. */
export interface AdvPicture extends AdvFrame {
  /** Count in the file, from 1. */
  readonly number: number;
  /** Null where it has none; `reasons` say why. */
  readonly time: FoundTime | null;
  readonly reasons: readonly string[];
  /** All that this program knew of the frame; null in files of others. */
  readonly record: FrameRecord | null;
}

export class AdvReader {
  readonly file: string;
  readonly #bytes: FileBytes;
  readonly #adv: AdvFile;
  readonly #image: AdvImage;
  /** System metadata: CAMERA-MODEL, OBJNAME and others. */
  readonly tags: ReadonlyMap<string, string>;

  /**
   * Opens `file`. Throws StorageError `storage.adv-unsupported` for version 1, drafts of version 2 and what else is not read,
   * `storage.adv-broken` for a damaged file, `storage.times-file` for what is no regular file, and the system's errors.
   */
  constructor(file: string) {
    this.file = file;
    this.#bytes = new FileBytes(file);
    try {
      this.#adv = openAdv(this.#bytes);
      this.#image = readImageConfiguration(this.#bytes, this.#adv);
      this.tags = readSystemMetadata(this.#bytes, this.#adv).tags;
    } catch (error) {
      this.close();
      throw asAdvError(error);
    }
  }

  get width(): number {
    return this.#image.width;
  }

  get height(): number {
    return this.#image.height;
  }

  /** Significant bits of a pixel. */
  get bitDepth(): number {
    return this.#image.bitDepth;
  }

  /** The colours of the first two pixels of the first two rows, as `RGGB`; null of a grey camera. */
  get bayerPattern(): string | null {
    const pattern = this.#image.tags.get('IMAGE-BAYER-PATTERN') ?? 'MONOCHROME';
    return /^[RGB]{4}$/.test(pattern) ? pattern : null;
  }

  /** Frames of MAIN in the order of the file; returns what is to be said of the file. */
  *frames(): Generator<AdvPicture, readonly string[]> {
    const frames = advFrames(this.#bytes, this.#adv);
    let before: bigint | null = null;
    for (let number = 1; ; number++) {
      let next: ReturnType<typeof frames.next>;
      try {
        next = frames.next();
      } catch (error) {
        throw asAdvError(error);
      }
      if (next.done) return next.value;
      const { time, reasons } = advFrameTime(this.#adv, next.value, before);
      if (time !== null) before = time.midUtcNs;
      yield { ...next.value, number, time, reasons, record: recordOf(next.value) };
    }
  }

  /**
   * The pixels of a frame of `frames`. Throws `storage.adv-unsupported` for compressed pixels and other layouts, by their
   * names, and `storage.adv-broken` for damaged ones.
   */
  pixels(frame: AdvFrame): Pixels {
    try {
      return framePixels(this.#bytes, this.#image, frame);
    } catch (error) {
      throw asAdvError(error);
    }
  }

  close(): void {
    this.#bytes.close();
  }
}

function asAdvError(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  const code = { 'storage.times-unsupported': 'storage.adv-unsupported', 'storage.times-broken': 'storage.adv-broken' }[
    error.code
  ];
  return code === undefined ? error : new StorageError(code, error.message, { cause: error, context: error.context });
}
