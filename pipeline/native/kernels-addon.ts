/** What the kernels area of the addon offers. Each function has its specification in pipeline/kernels. */
export interface KernelsAddon {
  /** `packing`: 0 unpacked little-endian, 1 PFNC lsb-packed, 2 GigE packed; `bits` per pixel in the stream, `depth` significant ones. */
  unpack16(
    payload: Uint8Array,
    packing: number,
    bits: number,
    depth: number,
    firstPixel: number,
    count: number,
    out: Uint16Array,
  ): void;
  /** Merges `count` pixels into `into` = [minimum, maximum, sum, saturated]. */
  statistics16(pixels: Uint16Array, first: number, count: number, saturation: number, into: Float64Array): void;
  /** Writes `count` pixels as big-endian int16 with BZERO = 32768 from `outOffset` bytes on. */
  encodeFits16(pixels: Uint16Array, count: number, out: Uint8Array, outOffset: number): void;
}
