/** A star as it was measured. */
export interface Star {
  /** In pixels of the image; whole numbers are the middles of pixels. */
  readonly x: number;
  readonly y: number;
  /** The highest pixel as the camera gave it, and the sky under the star. */
  readonly peak: number;
  readonly background: number;
  /** Light above the sky within the aperture, in the camera's units. */
  readonly flux: number;
  /** Light within one half-flux diameter of the middle against the noise of the sky there; photon noise of the star is not in it. */
  readonly snr: number;
  /** Full width at half maximum, in pixels: the geometric mean of both axes of a fitted Moffat profile; null where none fits. */
  readonly fwhm: number | null;
  /** 1 - minor / major axis; null as `fwhm`. */
  readonly ellipticity: number | null;
  /** Diameter of the circle that holds half of the light, in pixels. */
  readonly hfd: number;
  readonly isSaturated: boolean;
  /** Part of it may lie outside of the image. */
  readonly isAtEdge: boolean;
  /** Another star's light lies within its own. */
  readonly isBlended: boolean;
}

/** Whether its widths say something of the focus: it is whole, alone, not saturated, and bright enough. */
export function isTelling(star: Star): boolean {
  return !star.isSaturated && !star.isAtEdge && !star.isBlended && star.snr >= TELLING_SNR && star.fwhm !== null;
}

const TELLING_SNR = 10;
