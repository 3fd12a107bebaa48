/** Temperatures of the SDK: whole tenths of a degree Celsius, and two of them in one number. */

export interface TargetRange {
  readonly leastC: number;
  readonly mostC: number;
}

/** Where a camera does not tell its range: below what a two-stage cooler reaches, above what anybody asks for. */
const UNTOLD: TargetRange = { leastC: -50, mostC: 40 };

const signed16 = (value: number): number => (value << 16) >> 16;

/** Two numbers of 16 bits in one of 32. */
export const signedHalves = (packed: number): { readonly low: number; readonly high: number } => ({
  low: signed16(packed),
  high: signed16(packed >> 16),
});

/** The range of option TECTARGET_RANGE: least in the low 16 bits, most in the high ones; null: the camera has not told it. */
export function targetRangeOf(packed: number | null): TargetRange {
  if (packed === null) return UNTOLD;
  const { low, high } = signedHalves(packed);
  const [leastC, mostC] = [low / 10, high / 10];
  return leastC < mostC ? { leastC, mostC } : UNTOLD;
}

export const celsiusOf = (tenths: number): number => tenths / 10;
export const tenthsOf = (celsius: number): number => Math.round(celsius * 10);

/** Humidity and temperature of option CHAMBER_HT: 0.1 % in the high 16 bits, 0.1 degrees in the low ones. */
export function chamberOf(packed: number): { readonly humidityPercent: number; readonly temperatureC: number } {
  const { low, high } = signedHalves(packed);
  return { humidityPercent: high / 10, temperatureC: low / 10 };
}
