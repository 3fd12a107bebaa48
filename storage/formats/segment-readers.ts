/** The readers of segments by the extension of their files. */
import { closeSync, openSync, readSync } from 'node:fs';
import { advSegmentReader, resumeAdv } from '../adv/adv-segment.js';
import { fitsSegmentReader } from '../fits/fits-segment.js';
import { PART } from '../segments/names.js';
import { resumeSer } from '../ser/ser-body.js';
import { SER_HEADER_BYTES } from '../ser/ser-header.js';
import { serSegmentReader } from '../ser/ser-segment.js';
import type { FormatName, SegmentBody } from './recording-format.js';
import type { ScannedFrame, SegmentReader } from './segment-reader.js';

const READERS: Readonly<Record<string, SegmentReader>> = {
  fits: fitsSegmentReader,
  ser: serSegmentReader,
  adv: advSegmentReader,
};

/** The reader of `file`, a segment with or without `.part`; null for a file of another kind. */
export function segmentReaderOf(file: string): SegmentReader | null {
  const name = file.endsWith(PART) ? file.slice(0, -PART.length) : file;
  const extension = name.slice(name.lastIndexOf('.') + 1);
  return Object.hasOwn(READERS, extension) ? (READERS[extension] ?? null) : null;
}

/** All frames that can be found in `file`, also behind damage; their data are not verified. Throws as `scan`. */
export function* framesOf(file: string, reader: SegmentReader): Generator<ScannedFrame, void> {
  for (let from: number | null = 0; from !== null; ) {
    const end: number = yield* reader.scan(file, from, { verify: false });
    from = reader.findNext?.(file, end) ?? null;
  }
}

/**
 * The body of a segment that was begun before, as its file stands; null for a format that nothing completes. Its frames are to be added
 * again. Throws `storage.scan` for a file of another kind, and the system's errors.
 */
export function resumeBody(file: string, format: FormatName): SegmentBody | null {
  if (format === 'adv') return resumeAdv(file);
  return format === 'ser' ? resumeSer(startOf(file, SER_HEADER_BYTES)) : null;
}

function startOf(file: string, bytes: number): Uint8Array {
  const start = Buffer.alloc(bytes);
  const fd = openSync(file, 'r');
  try {
    return start.subarray(0, readSync(fd, start, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}
