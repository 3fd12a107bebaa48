import type { RiceValues } from '#pipeline/kernels/rice.js';

/** What the kernels area of the addon offers. Each function has its specification in pipeline/kernels. */
export interface KernelsAddon {
  /**
   * `packing`: 0 unpacked little-endian, 1 PFNC lsb-packed, 2 GigE packed, 3 unpacked big-endian; `bits` per pixel in the
   * stream, `depth` significant ones.
   */
  unpack16(
    payload: Uint8Array,
    packing: number,
    bits: number,
    depth: number,
    firstPixel: number,
    count: number,
    out: Uint16Array,
    outOffset: number,
  ): void;
  /** Merges `count` pixels into `into` = [minimum, maximum, sum, sum of squares, saturated, sum of squares / 2^64]. */
  statistics(
    pixels: Uint16Array | Uint32Array,
    first: number,
    count: number,
    saturation: number,
    into: BigUint64Array,
  ): void;
  /** See pipeline/kernels/histogram.ts. */
  addHistogram(
    pixels: Uint16Array,
    first: number,
    count: number,
    shift: number,
    lanes: Uint32Array,
    next: number,
  ): void;
  mergeHistogram(lanes: Uint32Array, bins: Uint32Array): void;
  /** See pipeline/kernels/bin.ts. */
  bin16(
    pixels: Uint16Array,
    first: number,
    width: number,
    rows: number,
    factor: number,
    mean: boolean,
    out: Uint32Array | Uint16Array,
    scratch: Uint32Array,
  ): void;
  shiftTo16(values: Uint32Array, count: number, shift: number, out: Uint16Array): void;
  /** See pipeline/kernels/preview.ts. */
  previewFold(
    pixels: Uint16Array,
    first: number,
    width: number,
    rows: number,
    sums: Uint32Array,
    maxima: Uint16Array,
  ): void;
  previewReduce(
    sums: Uint32Array,
    maxima: Uint16Array,
    width: number,
    rows: number,
    outWidth: number,
    mean: Uint16Array,
    maximum: Uint16Array,
    outOffset: number,
  ): void;
  /** Writes `count` pixels as big-endian int16 with BZERO = 32768 from `outOffset` bytes on. */
  encodeFits16(pixels: Uint16Array, count: number, out: Uint8Array, outOffset: number): void;
  /** The same of 32 bits, with BZERO = 2147483648. */
  encodeFits32(pixels: Uint32Array, count: number, out: Uint8Array, outOffset: number): void;
  /** See pipeline/kernels/color.ts. */
  colorPlane(
    pixels: Uint8Array,
    sample: number,
    firstPixel: number,
    count: number,
    bytes: Uint8Array,
    values: Uint16Array,
  ): void;
  colorMean(pixels: Uint8Array, firstPixel: number, count: number, mean: Uint16Array): void;
  /** See pipeline/kernels/ones-sum.ts. */
  onesSum(bytes: Uint8Array, offset: number, length: number): number;
  /** See pipeline/kernels/stack.ts. `mode`: 0 exact, 1 rms. */
  stackAdd(
    mode: number,
    accumulators: Uint8Array,
    pixels: number,
    firstPixel: number,
    count: number,
    frames: Uint16Array,
    frameCount: number,
    firstFrame: number,
    shift: number,
    frameSums: BigUint64Array,
  ): void;
  stackFinish(
    mode: number,
    accumulators: Uint8Array,
    pixels: number,
    firstPixel: number,
    count: number,
    frameCount: number,
    maximum: Uint16Array,
    frameOfMaximum: Uint16Array,
    average: Float32Array,
    deviation: Float32Array,
  ): void;
  /** See pipeline/kernels/rice.ts; `nextBytes` of `next` are fetched into the cache meanwhile, null: none. */
  riceEncode(
    values: RiceValues,
    first: number,
    width: number,
    rows: number,
    flip: number,
    out: Uint8Array,
    outOffset: number,
    rowBytes: Uint32Array,
    rowBytesOffset: number,
    next: Uint8Array | null,
    nextOffset: number,
    nextBytes: number,
  ): number;
  /** False for a broken code. */
  riceDecode(
    code: Uint8Array,
    offset: number,
    length: number,
    width: number,
    flip: number,
    out: RiceValues,
    outOffset: number,
  ): boolean;
  /** See `riceDecodeRows` in pipeline/kernels/rice-rows.ts; the number of the first row that is broken, -1: none. */
  riceDecodeRows(
    data: Uint8Array,
    rows: number,
    width: number,
    flip: number,
    heapOffset: number,
    out: RiceValues,
  ): number;
}
