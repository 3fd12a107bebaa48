/** What of a camera's mode and the settings goes into every frame's record, and what its pixels become. */
import { type Binning, type RecordedShape, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { planesOf } from '#pipeline/wire/pixel-formats.js';
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
export function recordedShapeOf(mode: CameraMode, settings: Settings): RecordedShape {
  const { pixelFormat, width, height, largestValue } = mode;
  return recordedShape(pixelFormat, width, height, binningOf(settings), largestValue);
}

/**
 * How they stand in record buffers. @throws UsageError `usage.bin-stack`, `usage.bin-region`, `usage.bin-depth`, `usage.bin-color`,
 * `usage.stack-depth`, `usage.stack-color`, `usage.format-depth`, `usage.format-color` where the settings do not go together with each other or with the camera
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
  requireOneSample(mode, settings);
  requireSixteenBits(mode, settings);
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
    const { name } = mode.pixelFormat;
    if (shape.planes > 1) {
      throw new UsageError(
        'usage.format-color',
        `${format} holds one sample a pixel, and ${name} has three: record as fits, fits-raw or ser, or ${ONE_SAMPLE_FORMAT}`,
        { cause },
      );
    }
    const [what, instead] =
      bin > 1
        ? [`sums of ${bin} x ${bin} pixels of ${name}, which have ${shape.bitDepth} bits`, 'use --bin-by mean']
        : [`pixels of 32 bits (${name})`, 'choose a PixelFormat of 16 bits at most'];
    throw new UsageError('usage.format-depth', `${format} cannot hold ${what}: record as fits, or ${instead}`, {
      cause,
    });
  }
}

const ONE_SAMPLE_FORMAT = 'choose a mono or Bayer PixelFormat';

/** Colours, too, are recorded as they come. */
function requireOneSample({ pixelFormat }: CameraMode, settings: Settings): void {
  if (planesOf(pixelFormat) === 1) return;
  const { name } = pixelFormat;
  const bin = settings['pipeline.bin'];
  if (bin > 1) {
    throw new UsageError(
      'usage.bin-color',
      `pixels of three colours (${name}) cannot be binned by the recorder: leave out --bin ${bin}, or ${ONE_SAMPLE_FORMAT}`,
    );
  }
  if (settings['pipeline.stack'] !== 'off') {
    throw new UsageError(
      'usage.stack-color',
      `pixels of three colours (${name}) cannot be stacked: leave out --stack, or ${ONE_SAMPLE_FORMAT}`,
    );
  }
}

/** Pixels of 32 bits are recorded as they come: neither binned nor stacked. */
function requireSixteenBits({ pixelFormat: { name, bitsPerPixel } }: CameraMode, settings: Settings): void {
  if (bitsPerPixel !== 32) return;
  const instead = 'choose a PixelFormat of 16 bits at most, such as --set PixelFormat=Mono16';
  const bin = settings['pipeline.bin'];
  if (bin > 1) {
    throw new UsageError(
      'usage.bin-depth',
      `pixels of 32 bits (${name}) cannot be binned by the recorder: leave out --bin ${bin}, or ${instead}`,
    );
  }
  if (settings['pipeline.stack'] !== 'off') {
    throw new UsageError(
      'usage.stack-depth',
      `pixels of 32 bits (${name}) cannot be stacked: leave out --stack, or ${instead}`,
    );
  }
}
