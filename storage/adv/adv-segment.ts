/**
 * Reading the ADV files that this program recorded: the frames that a crash left, with all that the index knows of them, their
 * pixels, and what completes such a file.
 */
import { addOnesSums, onesSum } from '#pipeline/kernels/ones-sum.js';
import { StorageError } from '../errors.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { Pixels, ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { fromTaggedJson } from '../tagged-json.js';
import { FileBytes } from '../times/file-bytes.js';
import { AdvBody } from './adv-body.js';
import { type AdvFile, openAdv, readSystemMetadata } from './adv-file.js';
import { HEADER_BYTES } from './adv-format.js';
import { type AdvFrame, frameAt, MagicSearch } from './adv-frames.js';
import { SEGMENT_TAG } from './adv-header.js';
import { type AdvImage, framePixels, readImageConfiguration } from './adv-image.js';
import { keptFrame, RECORD_TAG } from './adv-record.js';
import { ADV_EPOCH_NS, IMAGE_HEAD_BYTES } from './adv-words.js';

/** Read of a file at a time, a multiple of four. */
const CHUNK = 1 << 20;

interface OurAdv {
  readonly adv: AdvFile;
  readonly image: AdvImage;
  /** Of the first frame. */
  readonly framesAt: number;
  readonly tags: ReadonlyMap<string, string>;
}

/** Opens `file` for `work`; errors of reading get the code that the caller's contract names. */
function read<R>(file: string, code: string, work: (bytes: FileBytes, opened: OurAdv) => R): R {
  const bytes = new FileBytes(file);
  try {
    return work(bytes, openOurs(bytes));
  } catch (error) {
    throw withCode(error, code);
  } finally {
    bytes.close();
  }
}

function withCode(error: unknown, code: string): unknown {
  if (!(error instanceof StorageError) || !error.code.startsWith('storage.times-')) return error;
  return new StorageError(code, error.message, { cause: error, context: error.context });
}

function openOurs(bytes: FileBytes): OurAdv {
  // An index that a crash left no room for is of no use to anyone here.
  const adv = openAdv(bytes, { index: 'ignored' });
  if (!adv.statusTags.some(({ name }) => name === RECORD_TAG)) {
    throw bytes.unsupported(
      `an ADV file of another program: its frames have no entry ${RECORD_TAG}`,
      'its frames can be read, and not be indexed',
    );
  }
  const { tags, end } = readSystemMetadata(bytes, adv);
  return { adv, image: readImageConfiguration(bytes, adv), framesAt: end, tags };
}

/** The whole frame at `offset`; null where there is none. */
function wholeFrame(bytes: FileBytes, { adv, image }: OurAdv, offset: number, verify: boolean): ScannedFrame | null {
  const found = frameAt(bytes, adv, offset);
  if (typeof found === 'string') return null;
  const { frame, next } = found;
  const text = frame.status.get(RECORD_TAG);
  if (typeof text !== 'string') return null;
  let kept: ReturnType<typeof keptFrame>;
  try {
    kept = keptFrame(text);
  } catch {
    return null;
  }
  const { record, dataSum } = kept;
  if (!agrees(frame, record, image)) return null;
  const place = { byteOffset: offset, byteLength: next - offset, headerBytes: HEADER_BYTES, dataSum };
  if (verify && dataSum !== null && sumOfPixels(bytes, frame.imageBytes, offset) !== dataSum) return null;
  return { record, place };
}

/** Whether what the frame says twice is the same. */
function agrees(frame: AdvFrame, record: ScannedFrame['record'], { width, height }: AdvImage): boolean {
  const midNs = record.time.midUtcNs - ADV_EPOCH_NS;
  return (
    record.width === width &&
    record.height === height &&
    frame.imageBytes === IMAGE_HEAD_BYTES + width * height * record.sampleBytes &&
    frame.midNs === (midNs > 0n ? midNs : 0n) &&
    frame.endTicks === record.receivedNs
  );
}

function sumOfPixels(bytes: FileBytes, imageBytes: number, offset: number): number {
  const length = imageBytes - IMAGE_HEAD_BYTES;
  const chunk = new Uint8Array(Math.min(CHUNK, length));
  let sum = 0;
  for (let done = 0; done < length; ) {
    const part = chunk.subarray(0, Math.min(CHUNK, length - done));
    if (bytes.into(part, offset + HEADER_BYTES + done) < part.byteLength) return -1;
    sum = addOnesSums(sum, onesSum(part, 0, part.byteLength));
    done += part.byteLength;
  }
  return sum;
}

export const advSegmentReader = {
  *scan(file: string, from: number, { verify }: { readonly verify: boolean }): Generator<ScannedFrame, number> {
    const bytes = new FileBytes(file);
    try {
      const ours = openOurs(bytes);
      for (let at = Math.max(from, ours.framesAt); ; ) {
        const whole = wholeFrame(bytes, ours, at, verify);
        if (whole === null) return at;
        yield whole;
        at += whole.place.byteLength;
      }
    } catch (error) {
      throw withCode(error, 'storage.scan');
    } finally {
      bytes.close();
    }
  },

  /** A frame is right only where all that it says is, not its pixels alone. */
  verify: (file, place) =>
    read(file, 'storage.scan', (bytes, ours) => {
      const whole = wholeFrame(bytes, ours, place.byteOffset, true);
      if (whole === null || whole.place.byteLength !== place.byteLength) return false;
      return place.dataSum === null || whole.place.dataSum === place.dataSum;
    }),

  readPixels: (file, { byteOffset }): Pixels =>
    read(file, 'storage.pixels', (bytes, { adv, image }) => {
      const found = frameAt(bytes, adv, byteOffset);
      if (typeof found === 'string') throw bytes.broken(byteOffset, found);
      return framePixels(bytes, image, found.frame);
    }),

  /** By the magic that every frame begins with, as the format means it. */
  findNext: (file, from) =>
    read(file, 'storage.scan', (bytes, ours) => {
      const search = new MagicSearch(bytes);
      for (let at = Math.max(from, ours.framesAt); ; at++) {
        const hit = search.next(at);
        if (hit === null || wholeFrame(bytes, ours, hit, true) !== null) return hit;
        at = hit;
      }
    }),
} as const satisfies SegmentReader;

/**
 * A file that a crash left, as it stood while it was written: give `added` the frames that a scan found, cut the file off behind the
 * last of them, and `end` gives what completes it. Throws `storage.scan` for a file of another kind.
 */
export function resumeAdv(file: string): AdvBody {
  return read(file, 'storage.scan', (bytes, { adv, framesAt }) => {
    const frameCountAt = adv.frameCountsAt[adv.streams.indexOf('MAIN')] ?? 0;
    const start = bytes.exactly(0, framesAt, 'the header of an ADV file');
    return new AdvBody({ bytes: start, marks: { frameCountAt, accuracyAt: adv.statusOffset + 1 } });
  });
}

const SEGMENT_TEXTS = ['sessionId', 'stationId', 'stationName', 'cameraId', 'cameraName', 'cameraUri', 'software'];

/** What the file says of its segment. Throws `storage.scan` where it does not. */
export function advSegmentHeader(file: string): SegmentHeader {
  return read(file, 'storage.scan', (bytes, { adv, tags }) => {
    const header = parsed(tags.get(SEGMENT_TAG) ?? '');
    const isWhole =
      typeof header === 'object' &&
      header !== null &&
      SEGMENT_TEXTS.every((name) => typeof (header as Record<string, unknown>)[name] === 'string');
    if (!isWhole) throw bytes.broken(Number(adv.systemMetadataOffset), `system metadata without ${SEGMENT_TAG}`);
    return header as SegmentHeader;
  });
}

function parsed(text: string): unknown {
  try {
    return fromTaggedJson(text);
  } catch {
    return null;
  }
}
