/** The bands that a frame is worked on in: the same for whoever gives them out and whoever works on one. */
import { type Band, planBands } from '#pipeline/stages/band-plan.js';
import type { RecordedShape } from '#pipeline/stages/recorded-shape.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FormatName } from '#storage/formats/recording-format.js';

/** `factor`: of binning. Colours are bands of their own, but in formats that have them side by side. */
export function bandsOf(
  format: FormatName,
  { width, height, planes }: Pick<RecordedShape, 'width' | 'height' | 'planes'>,
  previewWidth: number,
  factor: number,
): Band[] {
  return recordingFormat(format).interleaved
    ? planBands(width, height, previewWidth, factor ** 2 * planes)
    : planBands(width, height, previewWidth, factor ** 2, planes);
}
