/** Numbers as their decimal text, so that no digit goes through a double. */

const DECIMAL = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:[eEdD]([+-]?\d{1,2}))?$/;

/**
 * A decimal number times `scale`, rounded to the nearest integer: `scaledDecimal('8.0000026', 1_000_000_000n)` is the
 * nanoseconds of so many seconds. Null for text that is no number (up to 40 digits on each side, exponents of two digits).
 */
export function scaledDecimal(text: string, scale: bigint): bigint | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole + fraction === '') return null;
  const power = Number(exponent) - fraction.length;
  const scaled = BigInt(whole + fraction) * scale;
  const divisor = 10n ** BigInt(Math.max(0, -power));
  const rounded = (scaled * 10n ** BigInt(Math.max(0, power)) + divisor / 2n) / divisor;
  return sign === '-' ? -rounded : rounded;
}

/** The weight of the last digit of decimal text, times `scale`, rounded up: what its writer left open. */
export function lastDigit(text: string, scale: bigint): bigint | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const power = Number(match[4] ?? '0') - (match[3] ?? '').length;
  if (power >= 0) return scale * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (scale + divisor - 1n) / divisor;
}
