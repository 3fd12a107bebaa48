/** One FITS image with a plane a frame (NAXIS3), and a table of the frames' times behind it. */
import { addOnesSums, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { StorageError } from '../errors.js';
import { BLOCK_BYTES, CARD_BYTES, cardText, padToBlock } from '../fits/cards.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { SampleBytes } from '../frame-record.js';
import type { FrameRow } from '../index/rows.js';
import { frameTable } from './binary-table.js';
import { cubeCards } from './cube-cards.js';
import type { DecodedBatch } from './decode-pool.js';
import { imageCards, scalingCards } from './frame-cards.js';
import { PartFile } from './part-file.js';
import { ADDED_CARDS, sealedHeader } from './sealed-header.js';
import type { ExportSink, SinkResult, SinkStart } from './sink.js';

/** Room for the header, which is only known at the end. */
const HEADER_BYTES = 4 * BLOCK_BYTES;

interface State {
  readonly bytes: number;
  readonly sum: number;
  readonly planes: number;
  readonly shape: { readonly width: number; readonly height: number; readonly sampleBytes: SampleBytes } | null;
}

export class FitsCube implements ExportSink {
  readonly product = 'planes';
  readonly #file: PartFile;
  readonly #texts: SegmentHeader;
  #sum: number;
  #planes: number;
  #shape: State['shape'];

  private constructor(file: PartFile, texts: SegmentHeader, { sum, planes, shape }: Omit<State, 'bytes'>) {
    this.#file = file;
    this.#texts = texts;
    this.#sum = sum;
    this.#planes = planes;
    this.#shape = shape;
  }

  static async open(target: string, texts: SegmentHeader, { resumed, state }: SinkStart): Promise<FitsCube> {
    const before = state as State | null;
    const file = await PartFile.open(target, resumed, before?.bytes ?? 0);
    if (file.bytes === 0) await file.append(new Uint8Array(HEADER_BYTES));
    return new FitsCube(file, texts, before ?? { sum: 0, planes: 0, shape: null });
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async write({ frames, memory }: DecodedBatch): Promise<void> {
    let bytes = 0;
    for (const frame of frames) {
      if (frame.error !== null) continue;
      this.#shape ??= { width: frame.width, height: frame.height, sampleBytes: frame.sampleBytes };
      const { width, height, sampleBytes } = this.#shape;
      if (frame.width !== width || frame.height !== height || frame.sampleBytes !== sampleBytes) {
        throw new StorageError('export.mixed', 'a cube holds frames of one shape: select one camera and a range');
      }
      this.#sum = addOnesSums(this.#sum, shiftOnesSum(frame.sum, this.#file.bytes + bytes));
      this.#planes++;
      bytes += frame.bytes;
    }
    await this.#file.append(memory.subarray(0, bytes));
  }

  async checkpoint(): Promise<State> {
    const state = { bytes: this.#file.bytes, sum: this.#sum, planes: this.#planes, shape: this.#shape };
    await this.#file.sync();
    return state;
  }

  async finish(written: () => Iterable<FrameRow>): Promise<SinkResult> {
    const shape = this.#shape;
    if (shape === null)
      throw new StorageError('export.empty', 'no frame of the selection is on disk: a cube has at least one');
    const data = this.#file.bytes - HEADER_BYTES;
    await this.#file.append(new Uint8Array(padToBlock(data) - data));
    for (const piece of frameTable(written)) await this.#file.append(piece);
    await this.#file.patch(0, this.#header(shape, written()));
    await this.#file.finish();
    return { files: 1, bytes: this.#file.bytes };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #header({ width, height, sampleBytes }: NonNullable<State['shape']>, rows: Iterable<FrameRow>): Buffer {
    const own = cubeCards(rows, this.#texts);
    if (own.length === 0) throw new StorageError('export.empty', 'the frames of the cube left the index');
    const cards = [
      ...imageCards(sampleBytes, [width, height, this.#planes]),
      cardText('EXTEND', true, 'times of the frames in the table FRAMES'),
      ...scalingCards(sampleBytes),
      ...own,
    ];
    return sealedHeader(filled(cards), this.#sum);
  }
}

/** Blank cards, so that the header takes its room: DATASUM, CHECKSUM and END come behind. */
function filled(cards: readonly string[]): string[] {
  const room = HEADER_BYTES / CARD_BYTES - ADDED_CARDS;
  return [...cards, ...Array.from({ length: room - cards.length }, () => ' '.repeat(CARD_BYTES))];
}
