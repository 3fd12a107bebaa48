/**
 * One pass over a band of a frame: tiles small enough to stay in the second-level cache are unpacked, binned, measured, reduced and
 * coded before the next tile is touched, so that the frame's memory is read once and its code written once.
 */
import { encodeFits16, encodeFits32 } from '#pipeline/kernels/fits-pixels.js';
import { addHistogram } from '#pipeline/kernels/histogram.js';
import { addOnesSums, onesSum, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { PreviewReducer, type PreviewScratch, previewScratch } from '#pipeline/kernels/preview.js';
import { riceEncode } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator, type StatisticsSums } from '#pipeline/kernels/statistics.js';
import type { Band } from './band-plan.js';
import { type FrameSteps, HISTOGRAM_ROW_STEP, histogramShift, type Stage, type StageClock } from './steps.js';
import { type PackedFrame, type Tile, TileScratch, TileSource } from './tile-source.js';

/** Scratch memory of a pass, owned by the calling worker. */
export class PassScratch {
  readonly tiles = new TileScratch();
  #preview = previewScratch(0);

  preview(width: number): PreviewScratch {
    if (this.#preview.sums.length < width) this.#preview = previewScratch(width);
    return this.#preview;
  }
}

/** The frame's packed pixels, at least `payloadBytesOf(format, width, height)`, and what is made of a band of it. */
export interface BandPassInput extends PackedFrame {
  /** In rows of the recorded frame (`recordedShape`). */
  readonly band: Band;
  /** Recorded rows at the top of the frame that statistics leave out: 1 where a GPS header spoils the first row. */
  readonly skipRows: number;
  readonly steps: FrameSteps;
  /** Where the code goes, from byte `outOffset` on; not touched where nothing is encoded. */
  readonly out: Uint8Array;
  readonly outOffset: number;
  /** `rice`: the length of each row's code, at the row's number in the frame, rows of later planes behind those of the first. */
  readonly rowBytes: Uint32Array;
  /** Lanes of a histogram of HISTOGRAM_BINS, added to. */
  readonly histogram: Uint32Array;
  /** The planes of the whole preview; null where none is made. */
  readonly preview: { readonly width: number; readonly mean: Uint16Array; readonly maximum: Uint16Array } | null;
  readonly scratch: PassScratch;
  readonly clock: StageClock;
}

export interface BandPassResult {
  readonly sums: StatisticsSums;
  /** Bytes written from `outOffset` on. */
  readonly encodedBytes: number;
  /** Their ones' complement sum, as if they began at a multiple of four. */
  readonly dataSum: number;
}

/** Passes over one band. @throws KernelError where buffers do not fit the shape */
export function bandPass(input: BandPassInput): BandPassResult {
  const { band, steps, out, scratch, clock } = input;
  const source = new TileSource(input, scratch.tiles);
  const { width, height, largest } = source.shape;
  const plane = band.plane ?? 0;
  const statistics = new StatisticsAccumulator(largest);
  const preview =
    input.preview === null || plane > 0
      ? null
      : new PreviewReducer(
          { width, height, outWidth: input.preview.width },
          input.preview.mean,
          input.preview.maximum,
          scratch.preview(width),
        );
  const lap = (stage: Stage) => clock.lap(stage);
  let encodedBytes = 0;
  let dataSum = 0;
  clock.start();
  const end = band.firstRow + band.rows;
  for (let firstRow = band.firstRow; firstRow < end; firstRow += source.rows) {
    const rows = Math.min(source.rows, end - firstRow);
    const tile = source.tile(firstRow, rows, plane);
    lap('unpack');
    if (steps.statistics) {
      const skip = Math.min(tile.count, Math.max(0, input.skipRows - firstRow) * source.rowSamples);
      if (skip < tile.count) statistics.add(tile.measured, skip, tile.count - skip);
      lap('statistics');
    }
    if (steps.histogram !== 'off') {
      addRowsToHistogram(input, source, tile.seen, firstRow, rows);
      lap('histogram');
    }
    if (preview !== null) {
      preview.addRows(tile.shown, 0, firstRow, rows);
      lap('preview');
    }
    if (steps.encoding === 'none') continue;
    const at = input.outOffset + encodedBytes;
    const bytes = encode(input, source, tile, firstRow, rows, at);
    // While what was written is still in the cache.
    dataSum = addOnesSums(dataSum, shiftOnesSum(onesSum(out, at, bytes), encodedBytes));
    encodedBytes += bytes;
    lap('encode');
  }
  clock.flush();
  return { sums: statistics.sums(), encodedBytes, dataSum };
}

/** Writes a tile to byte `at` of the output; returns the bytes. */
function encode(
  { steps, out, rowBytes, band }: BandPassInput,
  source: TileSource,
  { coded, codedFirst, count }: Tile,
  firstRow: number,
  rows: number,
  at: number,
): number {
  const { width, height, sampleBytes } = source.shape;
  if (steps.encoding === 'rice') {
    const flip = sampleBytes === 1 ? 0 : 2 ** (8 * sampleBytes - 1);
    // Without the next tile on its way meanwhile, unpacking it took 1.6 times as long.
    const left = band.firstRow + band.rows - firstRow - rows;
    const next = source.packed(firstRow + rows, Math.min(source.rows, left));
    return riceEncode(
      coded,
      codedFirst,
      width,
      rows,
      flip,
      out,
      at,
      rowBytes,
      (band.plane ?? 0) * height + firstRow,
      next,
    );
  }
  const bytes = count * sampleBytes;
  if (steps.encoding === 'raw' && coded instanceof Uint16Array) encodeFits16(coded, count, out, at);
  else if (steps.encoding === 'raw' && coded instanceof Uint32Array) encodeFits32(coded, count, out, at);
  else out.set(new Uint8Array(coded.buffer, coded.byteOffset + codedFirst * sampleBytes, bytes), at);
  return bytes;
}

function addRowsToHistogram(
  { steps, skipRows, histogram }: BandPassInput,
  { rowSamples: width, seenDepth }: TileSource,
  pixels: Uint16Array,
  firstRow: number,
  rows: number,
): void {
  const shift = histogramShift(seenDepth);
  if (steps.histogram === 'full') {
    const skip = Math.min(rows, Math.max(0, skipRows - firstRow)) * width;
    addHistogram(pixels, skip, rows * width - skip, shift, histogram);
    return;
  }
  // Rows are counted from the top of the frame, so that neither tiles nor bands change which are read.
  const first = Math.max(firstRow, skipRows);
  const aligned = Math.ceil((first - skipRows) / HISTOGRAM_ROW_STEP) * HISTOGRAM_ROW_STEP + skipRows;
  for (let row = aligned; row < firstRow + rows; row += HISTOGRAM_ROW_STEP) {
    const at = (row - firstRow) * width;
    addHistogram(pixels, at, width, shift, histogram, at + HISTOGRAM_ROW_STEP * width);
  }
}
