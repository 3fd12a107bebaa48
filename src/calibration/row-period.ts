/** The strongest period in a row profile, by a Fourier transform. */

/** Times the mean power that a component must have: less is noise among some thousand components. */
const STANDS_OUT = 20;

/** In rows; null where no component stands out. Periods longer than a quarter of the rows are not looked for. */
export function strongestPeriod(rows: Float64Array): number | null {
  const size = 2 ** Math.floor(Math.log2(rows.length));
  if (size < 64) return null;
  const real = rows.slice(0, size);
  const imaginary = new Float64Array(size);
  transform(real, imaginary);
  let [best, most, total] = [0, 0, 0];
  for (let k = 4; k <= size / 2; k++) {
    const power = (real[k] as number) ** 2 + (imaginary[k] as number) ** 2;
    total += power;
    if (power > most) [best, most] = [k, power];
  }
  return most > STANDS_OUT * (total / (size / 2 - 3)) ? size / best : null;
}

/** In place, radix 2; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    for (let k = 0; k < span / 2; k++) {
      const angle = (-2 * Math.PI * k) / span;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      for (let from = k; from < size; from += span) {
        const to = from + span / 2;
        const [a, b] = [real[to] as number, imaginary[to] as number];
        const [x, y] = [a * cosine - b * sine, a * sine + b * cosine];
        real[to] = (real[from] as number) - x;
        imaginary[to] = (imaginary[from] as number) - y;
        real[from] = (real[from] as number) + x;
        imaginary[from] = (imaginary[from] as number) + y;
      }
    }
  }
}
