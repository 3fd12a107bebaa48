/**
 * The list of frames beside a segment whose format cannot hold what the index knows of them (SER): a line of JSON a frame, written right
 * after its pixels, so that a crash leaves both. It is what the index and the file's end are made from again.
 */
import { closeSync, constants, fdatasync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';
import type { ScannedFrame } from './segment-reader.js';

const fdatasyncAsync = promisify(fdatasync);

/** `X.ser` and `X.ser.part` have `X.ser.frames`. */
export function frameListOf(segmentFile: string): string {
  return `${segmentFile.replace(/\.part$/, '')}.frames`;
}

export class FrameListWriter {
  readonly #file: string;
  readonly #fd: number;

  /** Never overwrites: throws EEXIST where the list is there. */
  constructor(segmentFile: string) {
    this.#file = frameListOf(segmentFile);
    this.#fd = openSync(this.#file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND);
  }

  append(frames: readonly ScannedFrame[]): void {
    const bytes = Buffer.from(frames.map((frame) => `${toTaggedJson(frame)}\n`).join(''));
    for (let done = 0; done < bytes.byteLength; ) done += writeSync(this.#fd, bytes, done);
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
}

/** The frames of a list in order, up to its first damaged line; none where there is no list. */
export function* readFrameList(segmentFile: string): Generator<ScannedFrame, void> {
  let text: string;
  try {
    text = readFileSync(frameListOf(segmentFile), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  for (let at = 0; ; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return;
    try {
      yield fromTaggedJson(text.slice(at, end)) as ScannedFrame;
    } catch {
      return;
    }
    at = end + 1;
  }
}
