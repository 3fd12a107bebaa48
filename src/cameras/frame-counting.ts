/** How cameras behind makers' libraries count their frames. */
import type { FrameCounting } from '#gps/judge/frame-account.js';

/** Frames that QHYCCD's library leaves out when live frames begin: the first ones are not whole (two, or one with a patch number). */
const QHY_FIRST_FRAMES = 2;

export interface CountedStream {
  readonly vendor: string;
  /** The first frame of a burst has the number `burstStart` + 1, and each burst counts anew; null: no bursts. */
  readonly burstStart: number | null;
  readonly singleFrames: boolean;
}

/** Undefined where nothing special is known. */
export function frameCounting({ vendor, burstStart, singleFrames }: CountedStream): FrameCounting | undefined {
  if (vendor !== 'QHYCCD' || singleFrames) return undefined;
  if (burstStart === null) return { leftOut: QHY_FIRST_FRAMES, restarts: false };
  // Long exposures of the 2020 and 4040 begin one frame later, and so does the first burst over fibre.
  return { leftOut: burstStart + QHY_FIRST_FRAMES, restarts: true };
}
