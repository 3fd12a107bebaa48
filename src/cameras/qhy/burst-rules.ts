/**
 * Which frames a burst gives, with its quirks, in one place (QHYCCD's manual of the QHY411/461, chapter BURST mode). A burst is part of
 * live mode: the camera idles, is set to begin and end, and gives the frames between when it is released.
 */
import { SdkError } from '../sdk/library.js';

/** Milliseconds at least between setting the camera idle and releasing it: the manual's 20, and one for clocks that differ. */
export const BURST_RELEASE_MS = 21;
/** Fills the camera's memory up, so that the last frame comes out of it. */
export const BURST_PATCH_NUMBER = 32_001;
/** Begin and end are 16-bit numbers. */
export const BURST_MOST = 65_535;

const MODELS = /QHY-?(600|411|461|268|6060|4040|2020|42PRO|183A)/i;
/** Of these the least begin is 0, of all others 1. */
const FROM_ZERO = /QHY-?(2020|42PRO|4040|6060)/i;
/** Long exposures come one frame later: begin + 2 to end. */
const SHIFTED = /QHY-?(2020|4040)/i;

export interface BurstRange {
  readonly start: number;
  readonly end: number;
}

export interface BurstFrames {
  /** Frame numbers of the first and the last one that come. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Frames less than the range says, by a known fault of the camera. */
  readonly withheld: number;
}

/** Why a camera of this model has no burst mode; null where the manual says that it has. */
export function burstUnavailable(model: string): string | null {
  return MODELS.test(model)
    ? null
    : `${model} has no burst mode: QHY600, 411, 461, 268, 6060, 4040, 4040PRO, 2020, 42PRO and 183A have it`;
}

export const leastBurstStart = (model: string): number => (FROM_ZERO.test(model) ? 0 : 1);

/** @throws SdkError `sdk.refused`, which names the range */
export function checkBurst(model: string, { start, end }: BurstRange): void {
  const least = leastBurstStart(model);
  const whole = Number.isInteger(start) && Number.isInteger(end);
  if (whole && start >= least && end <= BURST_MOST && end - start >= 2) return;
  throw new SdkError(
    'sdk.refused',
    `a burst from ${start} to ${end} cannot be: BurstStart is ${least} or more, BurstEnd at most ${BURST_MOST}, and BurstStart + 2 at least, because frames BurstStart + 1 to BurstEnd - 1 come`,
  );
}

/** What one burst gives. `first`: whether it is the first one since the stream began. */
export function burstFrames(
  model: string,
  { start, end }: BurstRange,
  how: { readonly fibre: boolean; readonly first: boolean; readonly longExposure: boolean },
): BurstFrames {
  const shift = how.longExposure && SHIFTED.test(model) ? 1 : 0;
  // By fibre the first frame of the first burst does not come.
  const withheld = how.fibre && how.first ? 1 : 0;
  const first = start + 1 + shift + withheld;
  const last = end - 1 + shift;
  return { first, last, count: last - first + 1, withheld };
}
