/** Frames of files that are no data folder: one file, or a folder of them in the order of their names. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppulseError } from '#gps/errors.js';
import type { FrameTime } from '#gps/frame-time.js';
import { looksLikeGpsHeader } from '#gps/header/plausible-header.js';
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import { type PixelFormat, payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { UsageError } from '#src/config/usage-error.js';
import { openTimeFile } from '#src/times/read-times.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { AdvFrames } from './adv-frames.js';
import { FfFrames } from './ff-frames.js';
import type { FileFrame, FileFrames } from './file-frames.js';
import { FitsFrames } from './fits-frames.js';
import { frameTimeOf, missingTime } from './found-frame-time.js';
import type { FrameSource, SourceDescription, SourceFrame } from './frame-source.js';
import type { ReplayRequest } from './replay-uri.js';
import { SerFrames } from './ser-frames.js';
import { streamFormat, toPayload } from './stream-format.js';

/** FT and FS files stand beside FF files, and hold no frames. */
const NAMES = /^(?!F[ST]_).*\.(fits?|fts|fz|ser|adv|bin)(\.fz|\.part)?$/i;
/** Frames that are looked at for how fast they came. */
const LOOKED_AT = 16;

interface Timed {
  readonly frame: FileFrame;
  readonly time: FrameTime;
  readonly file: string;
}

export class FileSource implements FrameSource {
  readonly description: SourceDescription;
  readonly #files: readonly string[];
  readonly #request: ReplayRequest;

  private constructor(files: readonly string[], request: ReplayRequest, description: SourceDescription) {
    this.#files = files;
    this.#request = request;
    this.description = description;
  }

  /** @throws UsageError where there is nothing to play, StorageError and AppulseError with the file and the byte */
  static async open(request: ReplayRequest): Promise<FileSource> {
    const { path, session, camera } = request;
    if (session !== null || camera !== null) {
      throw new UsageError('usage.replay', `replay:${path}: session= and camera= are of data folders`);
    }
    const files = statSync(path).isDirectory() ? filesIn(path) : [path];
    const first: Timed[] = [];
    for (const timed of timedFrames(files, request)) if (first.push(timed) === LOOKED_AT) break;
    return new FileSource(files, request, describe(path, first));
  }

  async *frames(): AsyncGenerator<SourceFrame, void> {
    const { width, height } = this.description;
    for (const { frame, time, file } of timedFrames(this.#files, this.#request)) {
      const { pixels } = frame;
      if (pixels.width !== width || pixels.height !== height) {
        throw new AppulseError(
          'replay.shape',
          `${file} is ${pixels.width} x ${pixels.height}, the frames before are ${width} x ${height}: a replay has one shape`,
        );
      }
      yield { blockId: frame.record?.blockId ?? null, time, pixels };
    }
  }

  async close(): Promise<void> {}
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => NAMES.test(name));
  if (names.length === 0)
    throw new UsageError('usage.replay', `replay:${folder}: no FITS, SER, ADV or FF file stands in it`);
  return names.sort().map((name) => join(folder, name));
}

function* timedFrames(files: readonly string[], { fromUtcNs, toUtcNs }: ReplayRequest): Generator<Timed, void> {
  let before: FrameTime | null = null;
  for (const file of files) {
    const opened = openFile(file);
    try {
      const writtenNs = BigInt(Math.round(statSync(file).mtimeMs)) * 1_000_000n;
      for (const frame of opened.frames()) {
        const time = timeOf(frame, before, writtenNs);
        before = time;
        if (fromUtcNs !== null && time.startUtcNs < fromUtcNs) continue;
        if (toUtcNs !== null && time.startUtcNs >= toUtcNs) continue;
        yield { frame, time, file };
      }
    } finally {
      opened.close();
    }
  }
}

function timeOf({ record, time, pixels }: FileFrame, before: FrameTime | null, writtenNs: bigint): FrameTime {
  if (record !== null) return recordedTime(record);
  if (time === null) return missingTime(before, pixels.height, writtenNs);
  return 'rows' in time ? time : frameTimeOf(time, pixels.height);
}

const recordedTime = ({ time, missing }: FrameRecord): FrameTime =>
  missing.length === 0 ? time : { ...time, flags: [...time.flags, 'replayed-incomplete'] };

function openFile(file: string): FileFrames {
  const opened = openTimeFile(file);
  const { format } = opened;
  opened.close();
  switch (format) {
    case 'fits':
      return new FitsFrames(file);
    case 'ser':
      return new SerFrames(file);
    case 'adv':
      return new AdvFrames(file);
    case 'rms-ff':
    case 'cams-ff':
      return new FfFrames(file);
    default:
      throw new AppulseError('replay.format', `${file}: ${format} has no frames that can be played`);
  }
}

function describe(path: string, looked: readonly Timed[]): SourceDescription {
  const [first] = looked;
  if (first === undefined) throw new UsageError('usage.replay', `replay:${path}: there is no frame in it`);
  const { pixels, record } = first.frame;
  const opened = openFile(first.file);
  const bitDepth = depthOf(first.frame, opened.bitDepth);
  let format: PixelFormat;
  let cameraName: string;
  try {
    const bayer = opened.bayer === null ? null : (pixelFormatByName(`Bayer${opened.bayer}16`) ?? null);
    const colors = opened.colorFormat === undefined ? null : opened.colorFormat;
    const foreign = colors === null ? bayer : (pixelFormatByName(colors) ?? null);
    const recorded = record === null ? foreign : (pixelFormatByName(record.pixelFormat) ?? null);
    format = streamFormat(recorded, pixels.data.BYTES_PER_ELEMENT, bitDepth, first.file);
    cameraName = record?.cameraName ?? opened.cameraName ?? basename(path);
  } finally {
    opened.close();
  }
  const last = looked.at(-1) ?? first;
  const spanNs = Number(last.time.startUtcNs - first.time.startUtcNs);
  return {
    ...{ name: path, cameraName, width: pixels.width, height: pixels.height },
    ...{ offsetX: record?.offsetX ?? 0, offsetY: record?.offsetY ?? 0 },
    pixelFormat: format,
    bitDepth,
    frameRate: spanNs > 0 ? ((looked.length - 1) * 1e9) / spanNs : null,
    capture: record ?? {},
    time: { ...first.time, rawHeader: first.time.rawHeader ?? headerIn(first.frame, format) },
  };
}

/** The depth that the file tells, unless its pixels go beyond it. */
function depthOf({ record, pixels }: FileFrame, told: number): number {
  if (record !== null) return record.bitDepth;
  const most = 8 * pixels.data.BYTES_PER_ELEMENT;
  const depth = Math.min(told, most);
  return pixels.data.some((value) => value >= 2 ** depth) ? most : depth;
}

/** The GPS header in a frame's first pixels, where one can stand there. */
function headerIn({ pixels }: FileFrame, format: PixelFormat): Uint8Array | null {
  const payload = new Uint8Array(payloadBytesOf(format, pixels.width, pixels.height));
  if (payload.byteLength < QHY_HEADER_BYTES) return null;
  toPayload(pixels, format, payload);
  const bytes = payload.slice(0, QHY_HEADER_BYTES);
  return looksLikeGpsHeader(bytes) ? bytes : null;
}
