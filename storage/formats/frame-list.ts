/**
 * The list of frames beside a segment whose format cannot hold what the index knows of them (SER): a line of JSON a frame, written right
 * after its pixels, so that a crash leaves both. It is what the index and the file's end are made from again. A first line may say
 * something of the file as a whole.
 */
import { closeSync, constants, fdatasync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';
import type { ScannedFrame } from './segment-reader.js';

const fdatasyncAsync = promisify(fdatasync);

/** Read at a time. */
const CHUNK_BYTES = 2 ** 20;
/** A longer line is no frame: one with ten thousand missing ranges takes half a megabyte. */
const LINE_LIMIT = 2 ** 24;
const NEWLINE = 0x0a;

/** `X.ser` and `X.ser.part` have `X.ser.frames`. */
export function frameListOf(segmentFile: string): string {
  return `${segmentFile.replace(/\.part$/, '')}.frames`;
}

export class FrameListWriter {
  readonly #file: string;
  readonly #fd: number;
  #bytes = 0;

  /** `head` becomes the first line. Never overwrites: throws EEXIST where the list is there. */
  constructor(segmentFile: string, head?: Readonly<Record<string, string>>) {
    this.#file = frameListOf(segmentFile);
    this.#fd = openSync(this.#file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND);
    if (head === undefined) return;
    try {
      this.#write([head]);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of them, or none where it throws as the disk does. */
  append(frames: readonly ScannedFrame[]): void {
    this.#write(frames);
  }

  async sync(): Promise<void> {
    await fdatasyncAsync(this.#fd);
  }

  /** Removes the list of a segment in which no frame stands. */
  discard(): void {
    this.close();
    unlinkSync(this.#file);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(lines: readonly object[]): void {
    const bytes = Buffer.from(lines.map((line) => `${toTaggedJson(line)}\n`).join(''));
    try {
      for (let done = 0; done < bytes.byteLength; ) done += writeSync(this.#fd, bytes, done);
      this.#bytes += bytes.byteLength;
    } catch (error) {
      // Half of them would stand for frames that are not in the file.
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
  }
}

/** The frames of a list in order, up to its first damaged line; none where there is no list. */
export function* readFrameList(segmentFile: string): Generator<ScannedFrame, void> {
  for (const line of linesOf(frameListOf(segmentFile))) {
    let parsed: unknown;
    try {
      parsed = fromTaggedJson(line);
    } catch {
      return;
    }
    if (isFrame(parsed)) yield parsed;
    else if (typeof parsed !== 'object' || parsed === null || !('format' in parsed)) return;
  }
}

/** Whether a line holds what every reader of the list relies on. */
function isFrame(line: unknown): line is ScannedFrame {
  if (typeof line !== 'object' || line === null || !('record' in line) || !('place' in line)) return false;
  const { record, place } = line as { record: Partial<ScannedFrame['record']>; place: Partial<ScannedFrame['place']> };
  if (typeof record !== 'object' || record === null || typeof place !== 'object' || place === null) return false;
  const { time } = record;
  const instants = [time?.startUtcNs, time?.midUtcNs, time?.endUtcNs, time?.exposureNs, record.blockId];
  const counts = [
    place.byteOffset,
    place.byteLength,
    place.headerBytes,
    record.frameNumber,
    record.width,
    record.height,
  ];
  return instants.every((value) => typeof value === 'bigint') && counts.every(isCount);
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** The whole lines of `file`, in bounded memory. */
function* linesOf(file: string): Generator<string, void> {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (;;) {
      const got = readSync(fd, chunk, 0, chunk.byteLength, null);
      if (got === 0 || rest.byteLength > LINE_LIMIT) return;
      const text = Buffer.concat([rest, chunk.subarray(0, got)]);
      let at = 0;
      for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, at)) {
        yield text.toString('utf8', at, end);
        at = end + 1;
      }
      rest = text.subarray(at);
    }
  } finally {
    closeSync(fd);
  }
}
