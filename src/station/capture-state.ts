/** What of a camera's mode and the settings goes into every frame's record, and what its pixels become. */
import { type Binning, type RecordedShape, recordedShape } from '#pipeline/stages/recorded-shape.js';
import type { CameraMode } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import type { StorageError } from '#storage/errors.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FrameLayout } from '#storage/formats/recording-format.js';
import type { CaptureState } from '#storage/frame-record.js';

export function captureStateOf(mode: CameraMode, settings: Settings): CaptureState {
  return {
    frameType: mode.frameType ?? settings['recording.frame-type'],
    readMode: mode.readoutMode,
    gain: mode.gain,
    offset: mode.offset,
    binningX: mode.binningX,
    binningY: mode.binning,
    softwareBinning: settings['pipeline.bin'],
    sensorTemperatureC: mode.sensorTemperatureC,
    filter: settings['recording.filter'] ?? mode.filter,
    object: settings['recording.object'],
    observer: settings['station.observer'],
    telescope: settings['station.telescope'],
  };
}

export function binningOf(settings: Settings): Binning {
  return { factor: settings['pipeline.bin'], by: settings['pipeline.bin-by'] };
}

/** What frames of such a camera become. */
export function recordedShapeOf({ pixelFormat, width, height }: CameraMode, settings: Settings): RecordedShape {
  return recordedShape(pixelFormat, width, height, binningOf(settings));
}

/**
 * How they stand in record buffers. @throws UsageError `usage.bin-stack`, `usage.bin-region`, `usage.format-depth` where the settings do not go together
 * with each other or with the camera
 */
export function recordedLayoutOf(mode: CameraMode, settings: Settings): FrameLayout {
  const bin = settings['pipeline.bin'];
  const shape = recordedShapeOf(mode, settings);
  if (bin > 1 && settings['pipeline.stack'] !== 'off') {
    throw new UsageError(
      'usage.bin-stack',
      `stacks are made of pixels as they come: leave out --stack or --bin ${bin} (a camera's own binning goes with both)`,
    );
  }
  if (shape.width < 1 || shape.height < 1) {
    throw new UsageError(
      'usage.bin-region',
      `a region of ${mode.width} x ${mode.height} holds no ${bin} x ${bin} pixels`,
    );
  }
  const format = settings['recording.format'];
  try {
    return recordingFormat(format).layout(shape);
  } catch (cause) {
    if ((cause as StorageError).code !== 'storage.format-shape') throw cause;
    const sums = bin > 1 ? `sums of ${bin} x ${bin} pixels of ${mode.pixelFormat.name}` : mode.pixelFormat.name;
    throw new UsageError(
      'usage.format-depth',
      `${format} cannot hold ${sums}, which have ${shape.bitDepth} bits: record as fits, or use --bin-by mean`,
      { cause },
    );
  }
}
