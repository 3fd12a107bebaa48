/** How pixels are shown in the focus aid: dark sky, faint stars seen, bright ones not burnt out; the same for region and magnified star. */

/** In sigmas of the sky: how far below its level black is, and from where on the scale goes from even to logarithmic. */
const BLACK_SIGMAS = 2.5;
const EVEN_SIGMAS = 10;
const LEAST_WHITE_SIGMAS = 25;

/** 256 greys for each of the 65,536 values. */
export function starLook(level: number, noise: number, most: number): Uint8ClampedArray {
  const black = level - BLACK_SIGMAS * noise;
  const full = Math.asinh(Math.max(most - black, LEAST_WHITE_SIGMAS * noise) / noise / EVEN_SIGMAS);
  const look = new Uint8ClampedArray(65_536);
  for (let value = Math.max(0, Math.ceil(black)); value < look.length; value++) {
    look[value] = (255 * Math.asinh((value - black) / noise / EVEN_SIGMAS)) / full;
  }
  return look;
}

/** Paints pixels one to one. */
export function paint(
  context: CanvasRenderingContext2D,
  pixels: Uint16Array,
  width: number,
  height: number,
  look: Uint8ClampedArray,
): void {
  const image = context.createImageData(width, height);
  const data = image.data;
  for (let i = 0; i < pixels.length; i++) {
    const grey = look[pixels[i] as number] as number;
    data[4 * i] = grey;
    data[4 * i + 1] = grey;
    data[4 * i + 2] = grey;
    data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** By some thousand pixels, evenly spread: their median, their noise, the value that few are above. `peak`: what must not burn out. */
export function lookOf(pixels: Uint16Array, peak = 0): Uint8ClampedArray {
  const step = Math.max(1, Math.floor(pixels.length / 8_192));
  const sample = Uint16Array.from(
    { length: Math.floor(pixels.length / step) },
    (_, i) => pixels[i * step] as number,
  ).sort();
  const at = (share: number): number => sample[Math.floor(share * (sample.length - 1))] ?? 0;
  const noise = Math.max(0.3, at(0.5) - at(0.16));
  return starLook(at(0.5), noise, Math.max(at(0.9995), peak));
}
