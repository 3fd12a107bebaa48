/** A frame is worked on in bands, each a task of the workers; the band that is done last brings the whole. */
import { AppulseError } from '#gps/errors.js';
import type { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { pixelFormatByCode, planesOf } from '#pipeline/wire/pixel-formats.js';
import { recordingFormat } from '#storage/formats/formats.js';
import { bandsOf } from './frame-bands.js';
import type { Lane } from './frame-pool.js';
import type { FrameResult, FrameTask } from './frame-task.js';

/** As the camera sends it; `pixelFormat`: its code. */
export interface DeliveredShape {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: number;
}

/** Has all bands of a frame worked on. @throws AppulseError `frame.shape` for one that the workspace was not made for, and as the workers do */
export async function workOnBands(
  lane: Lane,
  workspaces: FrameWorkspaces,
  task: Omit<FrameTask, 'band'>,
  { width, height, pixelFormat }: DeliveredShape,
): Promise<FrameResult> {
  const { rows, bands: most } = workspaces.handle;
  const { context } = task.stream;
  const { factor } = context.binning;
  const recorded = {
    width: Math.floor(width / factor),
    height: Math.floor(height / factor),
    planes: planesOf(pixelFormatByCode(pixelFormat) ?? {}),
  };
  const bands =
    recorded.height * recorded.planes <= rows && recorded.width > 0 && recorded.height > 0
      ? bandsOf(context.format, recorded, task.previewWidth, factor)
      : [];
  if (bands.length === 0 || bands.length > most) {
    throw new AppulseError('frame.shape', `a frame of ${width} x ${height}, which this stream was not opened for`);
  }
  // Where colours stand side by side, a row has all of them.
  const rowSamples = recordingFormat(context.format).interleaved ? width * recorded.planes : width;
  workspaces.at(task.workspace).begin(bands.length);
  const results = await Promise.allSettled(
    bands.map((band, i) =>
      lane.run<FrameResult | null>('frame', { ...task, band: i } satisfies FrameTask, band.rows * factor * rowSamples),
    ),
  );
  let whole: FrameResult | null = null;
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason;
    whole ??= result.value;
  }
  if (whole === null) throw new AppulseError('frame.band', 'no band of the frame was the last one');
  return whole;
}
