/** What frames of a Toupcam camera look like now, and when their rows are exposed. */
import { TOUPCAM_FRAME_INFO_BYTES } from '#gps/header/toupcam-frame-info.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { SdkError } from '../sdk/library.js';
import type { SdkMode } from '../sdk/sdk-camera.js';
import { rawPixelFormat } from './bayer-pattern.js';
import type { CameraState } from './camera-state.js';

/** Rows behind the image that its memory has too: a library may write more than it says. */
const SPARE_ROWS = 2;

/** `pullBits`: what PullImageV4 is to be asked for; it does not matter for raw frames. */
export interface ToupcamMode extends SdkMode {
  readonly pullBits: number;
  readonly frameBytes: number;
  /** Most frames a second that were asked for; null: no limit. */
  readonly rateLimit: number | null;
  /** Of the frames that are to come: that of the sequencer's longest where it runs. */
  readonly longestExposureNs: bigint;
}

/** @throws SdkError `sdk.refused` when the camera does not answer, or with a size that cannot be */
export function readMode(state: CameraState): ToupcamMode {
  const size = state.handle.numbers('get_FinalSize', 2);
  if (size === null) {
    throw new SdkError(
      'sdk.refused',
      'the camera does not tell the size of its images any more: check cable and power',
    );
  }
  const [width = 0, height = 0] = size;
  const sensor = state.sensor();
  if (width <= 0 || height <= 0 || width > sensor.width || height > sensor.height) {
    const text = `the camera says that its images have ${width} x ${height} pixels, of a sensor of ${sensor.width} x ${sensor.height}: close other programs that use it, and plug it in again`;
    throw new SdkError('sdk.refused', text, { context: { width, height } });
  }
  const format = formatOf(state);
  const bytesPerPixel = format.bitsPerPixel / 8;
  const { factor } = state.binning();
  const resolution = state.resolution();
  const [x = 0, y = 0] = state.handle.numbers('get_Roi', 4) ?? [];
  const exposureUs = state.exposureUs();
  const sequencedUs = state.option('SEQUENCER_ONOFF') === 1 ? state.choices.sequence.exposuresUs : [];
  const frameBytes = width * height * bytesPerPixel;
  return {
    width,
    height,
    offsetX: Math.floor(x / factor),
    offsetY: Math.floor(y / factor),
    pixelFormat: format,
    binningX: factor * Math.max(1, Math.round(sensor.width / resolution.width)),
    binningY: factor * Math.max(1, Math.round(sensor.height / resolution.height)),
    bufferBytes: frameBytes + SPARE_ROWS * width * bytesPerPixel,
    frameRate: frameRateOf(state, exposureUs),
    exposureNs: BigInt(exposureUs) * 1000n,
    shutter: shutterOf(state, factor),
    gpsHeader: false,
    readMode: readModeOf(state),
    infoBytes: TOUPCAM_FRAME_INFO_BYTES,
    pullBits: format.bitsPerPixel,
    frameBytes,
    rateLimit: state.option('FRAMERATE') || null,
    longestExposureNs: BigInt(Math.max(exposureUs, ...sequencedUs)) * 1000n,
  };
}

/** As the control SensorReadoutMode names it. */
function readModeOf(state: CameraState): string | null {
  const mode = state.option('READOUT_MODE');
  return mode === null ? null : mode === 1 ? 'ITR' : 'IWR';
}

function formatOf(state: CameraState): PixelFormat {
  if (!state.processed()) return rawPixelFormat(state.pattern(), state.bits());
  const name = state.color ? 'RGB8' : 'Mono8';
  const format = pixelFormatByName(name);
  if (format === undefined) throw new RangeError(`there is no pixel format ${name}`);
  return format;
}

/** As it is set where the camera keeps to a rate; else only a limit is known, and no rate is told. */
function frameRateOf(state: CameraState, exposureUs: number): number | null {
  const tenths = state.is('PRECISE_FRAMERATE') ? state.option('PRECISE_FRAMERATE') : null;
  if (tenths === null || tenths <= 0) return null;
  return exposureUs > 0 ? Math.min(tenths / 10, 1e6 / exposureUs) : tenths / 10;
}

/**
 * Option LINE_TIME is the time from row to row of the sensor as it is read. Binning adds rows up after that, so that a row of the image ends
 * as many line times after the one before.
 */
function shutterOf(state: CameraState, binning: number): ShutterModel {
  if (state.is('GLOBALSHUTTER')) {
    return { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false, origin: 'camera' };
  }
  const lineNs = state.option('LINE_TIME');
  const linePeriodNs = lineNs === null || lineNs <= 0 ? null : BigInt(lineNs) * BigInt(binning);
  return { kind: 'rolling', linePeriodNs, rowZeroEndOffsetNs: null, rowPairs: false, origin: 'camera' };
}
