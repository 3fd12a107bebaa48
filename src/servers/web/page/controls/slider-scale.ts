/** Where a value stands on a slider: evenly, or by powers of ten where the range is wide, as that of an exposure is. */
import type { ControlDeclaration } from '#src/cameras/controls.js';

/** Places of a slider that is not counted in steps. */
const PLACES = 1_000;
const WIDE = 1_000;

export interface SliderScale {
  /** The slider goes from 0 to this, in whole numbers. */
  readonly places: number;
  placeOf(value: number): number;
  valueAt(place: number): number;
}

/** Null where a slider would not help: no range, or no number. */
export function sliderScale({ type, minimum, maximum, step, readOnly }: ControlDeclaration): SliderScale | null {
  if ((type !== 'integer' && type !== 'float') || readOnly) return null;
  if (minimum === null || maximum === null || !(maximum > minimum)) return null;
  const least = type === 'integer' ? Math.max(1, step ?? 1) : step;
  const inside = (value: number): number => {
    const stepped = least === null || least <= 0 ? value : minimum + Math.round((value - minimum) / least) * least;
    const clean = type === 'integer' ? Math.round(stepped) : Number(stepped.toPrecision(12));
    return Math.min(maximum, Math.max(minimum, clean));
  };
  if (minimum >= 0 && maximum >= WIDE * Math.max(1, minimum)) return wide(minimum, maximum, inside);
  const steps = least === null || least <= 0 ? Number.POSITIVE_INFINITY : Math.round((maximum - minimum) / least);
  const places = steps <= PLACES ? steps : PLACES;
  const span = maximum - minimum;
  return {
    places,
    placeOf: (value) => Math.round(((value - minimum) / span) * places),
    valueAt: (place) => inside(minimum + (span * place) / places),
  };
}

/** Two figures are kept: a slider cannot be held to more. */
function wide(minimum: number, maximum: number, inside: (value: number) => number): SliderScale {
  // From 0 on the powers begin at 1.
  const offset = minimum > 0 ? 0 : 1;
  const low = Math.log(minimum + offset);
  const span = Math.log(maximum + offset) - low;
  return {
    places: PLACES,
    placeOf: (value) => Math.round(((Math.log(Math.max(minimum, value) + offset) - low) / span) * PLACES),
    valueAt: (place) => {
      if (place <= 0) return minimum;
      if (place >= PLACES) return maximum;
      return inside(Number((Math.exp(low + (span * place) / PLACES) - offset).toPrecision(2)));
    },
  };
}

/** How far an arrow key goes: the control's step, or a hundredth of the value's size in a round number. */
export function arrowStep({ type, step }: ControlDeclaration, value: number): number {
  if (step !== null && step > 0) return step;
  if (type === 'integer') return 1;
  const size = Math.abs(value);
  return size === 0 ? 0.1 : 10 ** (Math.floor(Math.log10(size)) - 1);
}
