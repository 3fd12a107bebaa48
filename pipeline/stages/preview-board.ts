/**
 * Where the newest preview of a camera hangs: three places in shared memory, written by the frame workers, read by whoever
 * shows it. The newest wins; a reader that is slow or stuck costs the writers nothing. Who is ready for another preview asks for it,
 * and one is made of the next frame; where nobody asks, they come seldom.
 */
import { AppulseError } from '#gps/errors.js';
import { type FrameTime, GRADES, type Grade, TIME_SOURCES, type TimeSource } from '#gps/frame-time.js';
import { lineOffsetNs, lineOfRow, type RowPairs, rowPairsOf } from '#gps/rows/row-model.js';
import { previewShape } from '#pipeline/kernels/preview.js';
import { HISTOGRAM_BINS } from './steps.js';

/** What another thread needs to see the same board; crosses by structured clone. */
export interface PreviewBoardHandle {
  readonly memory: SharedArrayBuffer;
  /** Of the preview, in its own pixels. */
  readonly width: number;
  readonly height: number;
  /** Of a preview pixel's value. */
  readonly bitDepth: number;
}

/** What a preview tells of its frame's time. */
export interface PreviewTime {
  /** Start of exposure of row 0. */
  readonly startUtcNs: bigint;
  readonly leapSecond: boolean;
  readonly exposureNs: bigint;
  readonly uncertaintyNs: bigint;
  readonly grade: Grade;
  readonly source: TimeSource;
  /** From the end of the image's first row to that of its last one; below 0 where the last one is read first. */
  readonly lastRowOffsetNs: bigint;
  readonly rowPairs: RowPairs | null;
}

/** A preview as it was read: planes of `width` x `height`, row by row, ADU. */
export interface Preview {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly frameNumber: number;
  readonly time: PreviewTime;
  /** When the frame's last packet came, ns since 1970-01-01 UTC by the host's clock. */
  readonly lastPacketUtcNs: bigint;
  /** Mean of the pixels that a preview pixel stands for. */
  readonly mean: Uint16Array;
  /** The largest of them: a one-pixel meteor survives in it. */
  readonly maximum: Uint16Array;
  /** Of the frame, HISTOGRAM_BINS bins; all zero where none was made. */
  readonly histogram: Uint32Array;
}

const PLACES = 3;
/** Of the board, and of each place. */
const HEAD_BYTES = 128;
const HEAD_WORDS = HEAD_BYTES / 8;

/** Words of the board's head. */
const PUBLISHED = 0;
const ASKED = 1;
/** Word of a place's head. */
const LAST_PACKET = 8;

function placeBytes(width: number, height: number): number {
  return HEAD_BYTES + HISTOGRAM_BINS * 4 + Math.ceil((width * height * 2 * 2) / 64) * 64;
}

interface Place {
  /** Frame number, then its time: see `publish`. */
  readonly head: BigInt64Array;
  readonly histogram: Uint32Array;
  readonly mean: Uint16Array;
  readonly maximum: Uint16Array;
}

export class PreviewBoard {
  readonly handle: PreviewBoardHandle;
  /** How many previews were published; whether another one is asked for. */
  readonly #words: Int32Array;
  readonly #places: Place[];

  private constructor(handle: PreviewBoardHandle) {
    const { memory, width, height } = handle;
    this.handle = handle;
    this.#words = new Int32Array(memory, 0, 2);
    this.#places = Array.from({ length: PLACES }, (_, i) => {
      const at = HEAD_BYTES + i * placeBytes(width, height);
      const planes = at + HEAD_BYTES + HISTOGRAM_BINS * 4;
      return {
        head: new BigInt64Array(memory, at, HEAD_WORDS),
        histogram: new Uint32Array(memory, at + HEAD_BYTES, HISTOGRAM_BINS),
        mean: new Uint16Array(memory, planes, width * height),
        maximum: new Uint16Array(memory, planes + width * height * 2, width * height),
      };
    });
  }

  /** A board for frames of `frameWidth` x `frameHeight`, `previewWidth` (at most `frameWidth`) columns wide. */
  static create(frameWidth: number, frameHeight: number, previewWidth: number, bitDepth: number): PreviewBoard {
    const { width, height } = previewShape(frameWidth, frameHeight, previewWidth);
    const memory = new SharedArrayBuffer(HEAD_BYTES + PLACES * placeBytes(width, height));
    return new PreviewBoard({ memory, width, height, bitDepth });
  }

  static attach(handle: PreviewBoardHandle): PreviewBoard {
    return new PreviewBoard(handle);
  }

  /** The place that the next preview goes to. One preview is made at a time. */
  next(): number {
    return this.count % PLACES;
  }

  /** The memory of a place. @throws AppulseError `preview.place` where there is none such */
  place(index: number): Place {
    const found = this.#places[index];
    if (found === undefined) throw new AppulseError('preview.place', `no place ${index} on the board`);
    return found;
  }

  /** What was written to the place `next()` named is the newest preview from now on. `lastPacketUtcNs`: see `Preview`. */
  publish(frameNumber: number, time: FrameTime, lastPacketUtcNs: bigint): void {
    const { rows } = time;
    const lastRowOffsetNs = lineOffsetNs(rows, lineOfRow(rows, rows.rows - 1)) - lineOffsetNs(rows, lineOfRow(rows, 0));
    this.place(this.next()).head.set([
      BigInt(frameNumber),
      time.startUtcNs,
      flagsOf(time),
      time.exposureNs,
      time.uncertaintyNs,
      BigInt(GRADES.indexOf(time.grade)),
      BigInt(TIME_SOURCES.indexOf(time.source)),
      lastRowOffsetNs,
      lastPacketUtcNs,
    ]);
    Atomics.add(this.#words, PUBLISHED, 1);
    Atomics.notify(this.#words, PUBLISHED);
  }

  /** A reader is ready for another preview: one is made of the next frame that begins. */
  ask(): void {
    Atomics.store(this.#words, ASKED, 1);
  }

  /** Whether a preview was asked for since the last time; for the one who has it made. */
  takeAsked(): boolean {
    return Atomics.exchange(this.#words, ASKED, 0) !== 0;
  }

  /** Resolves when there were more than `count` previews, or at `release`; holds no process open. */
  async changed(count: number): Promise<void> {
    await Atomics.waitAsync(this.#words, PUBLISHED, count | 0).value;
  }

  /** Whoever awaits `changed` goes on. */
  release(): void {
    Atomics.notify(this.#words, PUBLISHED);
  }

  /** How many previews there were; a reader sees by it that another one came. */
  get count(): number {
    return Atomics.load(this.#words, PUBLISHED) >>> 0;
  }

  /** A copy of the newest preview; null before the first. */
  read(): Preview | null {
    for (;;) {
      const published = this.count;
      if (published === 0) return null;
      const { width, height, bitDepth } = this.handle;
      const { head, histogram, mean, maximum } = this.place((published - 1) % PLACES);
      const copy = {
        width,
        height,
        bitDepth,
        frameNumber: Number(head[0]),
        time: timeOf(head),
        lastPacketUtcNs: head[LAST_PACKET] ?? 0n,
        mean: mean.slice(),
        maximum: maximum.slice(),
        histogram: histogram.slice(),
      };
      // Two previews later the place that was copied is written again.
      if (this.count - published < PLACES - 1) return copy;
    }
  }
}

/** A word of the head: flags, and above them the lines of a row. */
const LEAP_SECOND = 1n;
const ROW_PAIRS = 2n;
const FIRST_LINE_ODD = 4n;
const LINES_SHIFT = 8n;

function flagsOf({ leapSecond, rows }: FrameTime): bigint {
  const leap = leapSecond ? LEAP_SECOND : 0n;
  const pairs = rowPairsOf(rows);
  if (pairs === null) return leap;
  const odd = pairs.firstLineIsOdd ? FIRST_LINE_ODD : 0n;
  return leap | ROW_PAIRS | odd | (BigInt(pairs.linesPerRow) << LINES_SHIFT);
}

function timeOf(head: BigInt64Array): PreviewTime {
  const [, startUtcNs = 0n, flags = 0n, exposureNs = 0n, uncertaintyNs = 0n, grade, source, lastRowOffsetNs = 0n] =
    head;
  return {
    startUtcNs,
    leapSecond: (flags & LEAP_SECOND) !== 0n,
    exposureNs,
    uncertaintyNs,
    grade: GRADES[Number(grade)] ?? 'untrusted',
    source: TIME_SOURCES[Number(source)] ?? 'host-clock',
    lastRowOffsetNs,
    rowPairs:
      (flags & ROW_PAIRS) === 0n
        ? null
        : { firstLineIsOdd: (flags & FIRST_LINE_ODD) !== 0n, linesPerRow: Number(flags >> LINES_SHIFT) },
  };
}
