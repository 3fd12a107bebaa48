/** What a calibration belongs to: offsets differ between readout modes, bit depths and binnings. */
import type { CameraMode } from '#src/cameras/camera.js';

/** As `fast, Mono12p, 2x2`: readout mode where the camera names one, pixel format, binning where there is any. */
export function readModeOf(mode: Pick<CameraMode, 'readoutMode' | 'pixelFormat' | 'binning'>): string {
  const { readoutMode, pixelFormat, binning } = mode;
  const words = [readoutMode, pixelFormat.name, binning > 1 ? `${binning}x${binning}` : null];
  return words.filter((word) => word !== null && word !== '').join(', ');
}
