/** Which rows of the sensor a camera's images show, for the row model. */
import type { ImageRegion } from '#gps/rows/row-model.js';
import type { CameraMode } from './camera.js';

export function regionOf(mode: Pick<CameraMode, 'offsetY' | 'height' | 'binning' | 'rowDirection'>): ImageRegion {
  return {
    offsetY: mode.offsetY,
    rows: mode.height,
    binning: mode.binning,
    binningBy: mode.binning > 1 ? 'chip' : 'nobody',
    rowDirection: mode.rowDirection,
  };
}

/** Nanoseconds from frame to frame; null where the camera does not say. */
export function framePeriodNs(mode: Pick<CameraMode, 'frameRate'>): bigint | null {
  return mode.frameRate === null ? null : BigInt(Math.round(1e9 / mode.frameRate));
}

/** Frame periods that a library may hold a frame back: one to read it out, one as QHY's does since February 2022, one to spare. */
const HELD_BACK_PERIODS = 3n;

/** How long a frame may be held back on its way to the host, nanoseconds. */
export function heldBackNs(mode: Pick<CameraMode, 'frameRate' | 'throughLibrary'>): bigint {
  return mode.throughLibrary === true ? HELD_BACK_PERIODS * (framePeriodNs(mode) ?? 0n) : 0n;
}
