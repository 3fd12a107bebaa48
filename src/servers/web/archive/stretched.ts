/** 16-bit pixels for the eye: 8 bits each, between a black and a white that are of the picture where they are not given. */
export interface Stretch {
  readonly stretch: 'linear' | 'asinh';
  readonly black?: number | undefined;
  readonly white?: number | undefined;
}

const LEVELS = 65_536;
/** Shares of the pixels that are black and not yet white. */
const BLACK_SHARE = 0.02;
const WHITE_SHARE = 0.9995;
/** How steep the curve is where it is dark. */
const SOFTENING = 10;

export function stretched(pixels: Uint16Array, { stretch, black, white }: Stretch): Uint8Array {
  const [low, high] = limitsOf(pixels, black, white);
  const table = new Uint8Array(LEVELS);
  for (let value = 0; value < LEVELS; value++) {
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    const shown = stretch === 'linear' ? share : Math.asinh(SOFTENING * share) / Math.asinh(SOFTENING);
    table[value] = Math.round(255 * shown);
  }
  const shown = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) shown[i] = table[pixels[i] as number] as number;
  return shown;
}

function limitsOf(pixels: Uint16Array, black?: number, white?: number): readonly [low: number, high: number] {
  const histogram = new Uint32Array(LEVELS);
  if (black === undefined || white === undefined) {
    for (const pixel of pixels) histogram[pixel] = (histogram[pixel] as number) + 1;
  }
  const valueAt = (share: number): number => {
    let left = share * pixels.length;
    const found = histogram.findIndex((count) => {
      left -= count;
      return left < 0;
    });
    return found < 0 ? LEVELS - 1 : found;
  };
  const low = black ?? valueAt(BLACK_SHARE);
  return [low, Math.max(low + 1, white ?? valueAt(WHITE_SHARE))];
}
