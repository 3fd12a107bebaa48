/**
 * One pass over a band of a frame: tiles small enough to stay in the second-level cache are unpacked, measured, reduced and
 * coded before the next tile is touched, so that the frame's memory is read once and its code written once.
 */
import { encodeFits16 } from '#pipeline/kernels/fits-pixels.js';
import { addHistogram } from '#pipeline/kernels/histogram.js';
import { PreviewReducer, type PreviewScratch, previewScratch } from '#pipeline/kernels/preview.js';
import { type ReadNext, riceEncode16 } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator, type StatisticsSums } from '#pipeline/kernels/statistics.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { type Band, tileRows } from './band-plan.js';
import { type FrameSteps, HISTOGRAM_ROW_STEP, histogramShift, type Stage, type StageClock } from './steps.js';

/** Scratch memory of a pass, owned by the calling worker; grows to the largest tile it has met. */
export class PassScratch {
  #pixels = new Uint16Array(0);
  #preview = previewScratch(0);

  pixels(count: number): Uint16Array {
    if (this.#pixels.length < count) this.#pixels = new Uint16Array(count);
    return this.#pixels;
  }

  preview(width: number): PreviewScratch {
    if (this.#preview.sums.length < width) this.#preview = previewScratch(width);
    return this.#preview;
  }
}

export interface BandPassInput {
  /** The frame's packed pixels, at least `payloadBytesOf(format, width, height)`. */
  readonly payload: Uint8Array;
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly band: Band;
  /** Rows at the top of the frame that statistics leave out: 1 where a GPS header spoils the first row. */
  readonly skipRows: number;
  readonly steps: FrameSteps;
  /** Where the code goes, from byte `outOffset` on; not touched where nothing is encoded. */
  readonly out: Uint8Array;
  readonly outOffset: number;
  /** `rice`: the length of each row's code, at the row's number in the frame. */
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
}

/** Passes over one band. @throws KernelError where buffers do not fit the shape */
export function bandPass(input: BandPassInput): BandPassResult {
  const { payload, format, width, height, band, steps, out, scratch, clock } = input;
  const rowsPerTile = tileRows(width);
  const pixels = scratch.pixels(rowsPerTile * width);
  const statistics = new StatisticsAccumulator(2 ** format.bitDepth - 1);
  const preview =
    input.preview === null
      ? null
      : new PreviewReducer(
          { width, height, outWidth: input.preview.width },
          input.preview.mean,
          input.preview.maximum,
          scratch.preview(width),
        );
  const lap = (stage: Stage) => clock.lap(stage);
  let encodedBytes = 0;
  clock.start();
  const end = band.firstRow + band.rows;
  for (let firstRow = band.firstRow; firstRow < end; firstRow += rowsPerTile) {
    const rows = Math.min(rowsPerTile, end - firstRow);
    const count = rows * width;
    unpack16(payload, format, firstRow * width, count, pixels);
    lap('unpack');
    if (steps.statistics) {
      const skip = Math.min(count, Math.max(0, input.skipRows - firstRow) * width);
      if (skip < count) statistics.add(pixels, skip, count - skip);
      lap('statistics');
    }
    if (steps.histogram !== 'off') {
      addRowsToHistogram(input, pixels, firstRow, rows);
      lap('histogram');
    }
    if (preview !== null) {
      preview.addRows(pixels, 0, firstRow, rows);
      lap('preview');
    }
    const at = input.outOffset + encodedBytes;
    if (steps.encoding === 'rice') {
      const next = packedRows(input, firstRow + rows, Math.min(rowsPerTile, end - firstRow - rows));
      encodedBytes += riceEncode16(pixels, 0, width, rows, 0x8000, out, at, input.rowBytes, firstRow, next);
      lap('encode');
    } else if (steps.encoding === 'raw') {
      encodeFits16(pixels, count, out, at);
      encodedBytes += count * 2;
      lap('encode');
    } else if (steps.encoding === 'little-endian') {
      out.set(new Uint8Array(pixels.buffer, pixels.byteOffset, count * 2), at);
      encodedBytes += count * 2;
      lap('encode');
    }
  }
  clock.flush();
  return { sums: statistics.sums(), encodedBytes };
}

/** Where rows stand in the payload. Without the next tile on its way meanwhile, unpacking it took 1.6 times as long. */
function packedRows({ payload, format, width }: BandPassInput, firstRow: number, rows: number): ReadNext {
  const rowBits = width * format.bitsPerPixel;
  return { bytes: payload, offset: Math.floor((firstRow * rowBits) / 8), length: Math.floor((rows * rowBits) / 8) };
}

function addRowsToHistogram(input: BandPassInput, pixels: Uint16Array, firstRow: number, rows: number): void {
  const { width, steps, skipRows, histogram } = input;
  const shift = histogramShift(input.format.bitDepth);
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
