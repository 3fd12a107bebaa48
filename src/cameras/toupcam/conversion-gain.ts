/**
 * One scale of gain over both conversion gains of a sensor, as the manual of the Toupcam driver has it. High conversion gain (HCG)
 * multiplies the gain by a factor that is a property of the sensor, and reads with less noise. Up to a threshold the sensor reads with low
 * conversion gain (LCG); above it with HCG and an analogue gain that is smaller by the factor, so that the product goes on where it was.
 */

/** What option CG takes. */
export const CONVERSION_GAIN_CODE = { Low: 0, High: 1, HDR: 2 } as const;
export type ConversionGain = keyof typeof CONVERSION_GAIN_CODE;
/** `Auto`: by the threshold. The others override it: the gain is then the analogue gain alone. */
export type ConversionGainChoice = ConversionGain | 'Auto';

/** Gains are per cent, 100 for 1. */
export interface GainRange {
  readonly least: number;
  readonly most: number;
}

export interface DualGain {
  readonly choice: ConversionGainChoice;
  /** Gain above which HCG is taken; 900 for the IMX294. */
  readonly threshold: number;
  /** HCG over LCG; 4.5 for the IMX294, often 2. 1: no dual gain. */
  readonly ratio: number;
}

export interface SensorGain {
  readonly conversion: ConversionGain;
  readonly analogue: number;
}

const isContinuous = ({ choice, ratio }: DualGain): boolean => choice === 'Auto' && ratio > 1;

/** The scale that gains are set on. */
export function gainScale(analogue: GainRange, dual: DualGain): GainRange {
  return isContinuous(dual) ? { least: analogue.least, most: Math.floor(analogue.most * dual.ratio) } : analogue;
}

/** What the sensor is to be set to for `gain`. Outside of the scale: the nearest there is. */
export function sensorGainOf(gain: number, analogue: GainRange, dual: DualGain): SensorGain {
  const held = (value: number): number => Math.min(analogue.most, Math.max(analogue.least, Math.round(value)));
  if (!isContinuous(dual)) return { conversion: dual.choice === 'Auto' ? 'Low' : dual.choice, analogue: held(gain) };
  // Below this HCG would give more than was asked for; above the largest analogue gain only HCG gives as much.
  const reached = gain / dual.ratio >= analogue.least;
  const wanted = gain > dual.threshold || gain > analogue.most;
  return reached && wanted
    ? { conversion: 'High', analogue: held(gain / dual.ratio) }
    : { conversion: 'Low', analogue: held(gain) };
}

/** The gain on the scale of what the sensor is set to. */
export function gainOf({ conversion, analogue }: SensorGain, dual: DualGain): number {
  return isContinuous(dual) && conversion === 'High' ? Math.round(analogue * dual.ratio) : analogue;
}
