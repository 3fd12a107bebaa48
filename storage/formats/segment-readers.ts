/** The readers of segments by the extension of their files. */
import { fitsSegmentReader } from '../fits/fits-segment.js';
import { PART } from '../segments/names.js';
import type { SegmentReader } from './segment-reader.js';

const READERS: Readonly<Record<string, SegmentReader>> = { fits: fitsSegmentReader };

/** The reader of `file`, a segment with or without `.part`; null for a file of another kind. */
export function segmentReaderOf(file: string): SegmentReader | null {
  const name = file.endsWith(PART) ? file.slice(0, -PART.length) : file;
  const extension = name.slice(name.lastIndexOf('.') + 1);
  return Object.hasOwn(READERS, extension) ? (READERS[extension] ?? null) : null;
}
