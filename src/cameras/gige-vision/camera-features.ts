/** What the engine asks of a camera, by the feature names of GenICam's SFNC and the older ones. */
import type { ShutterModel } from '#gps/rows/shutter.js';
import { isRecordable, type PixelFormat, payloadBytesOf, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import type { CameraMode } from '../camera.js';
import { refusedFormatText } from '../refused-format.js';
import { CameraError } from './camera-error.js';
import { featureFor } from './controls/control-names.js';
import { FeatureError } from './genicam/feature-error.js';
import type { NodeMap } from './genicam/node-map.js';

export interface StreamGeometry {
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly pixelFormat: PixelFormat;
  /** See `CameraMode`. */
  readonly largestValue: number | null;
  /** Bytes of a frame's payload: the camera's PayloadSize, chunks included. */
  readonly payloadBytes: number;
  /** Frames a second, null where the camera does not tell. */
  readonly frameRate: number | null;
  readonly triggered: boolean;
}

/** Bounds of what a camera may say of itself; beyond them its description is broken. */
const LARGEST_SIDE = 1_000_000;
const LARGEST_PAYLOAD = 4 * 2 ** 30;
const LONGEST_EXPOSURE_US = 86_400e6;

/** An integer feature between bounds. Throws CameraError `camera.feature`, FeatureError. */
async function within(features: NodeMap, name: string, least: number, most: number): Promise<number> {
  const value = Number(await features.integer(name));
  if (value >= least && value <= most) return value;
  throw new CameraError('camera.feature', `${name} of the camera is ${value}; ${least} to ${most} can be`);
}

/** Null for what is no rate. */
function knownRate(rate: number): number | null {
  return Number.isFinite(rate) && rate > 0 ? rate : null;
}

/** Throws CameraError `camera.pixel-format`, `camera.feature`, FeatureError. */
export async function readGeometry(features: NodeMap): Promise<StreamGeometry> {
  const code = Number(await features.integer('PixelFormat'));
  const pixelFormat = pixelFormatByCode(code);
  if (pixelFormat === undefined || !isRecordable(pixelFormat)) {
    const name = pixelFormat?.name ?? `${await features.text('PixelFormat')} (0x${code.toString(16)})`;
    throw new CameraError('camera.pixel-format', refusedFormatText(name, await offeredFormats(features)));
  }
  const width = await within(features, 'Width', 1, LARGEST_SIDE);
  const height = await within(features, 'Height', 1, LARGEST_SIDE);
  const rateName = named(features, 'AcquisitionFrameRate') ?? named(features, 'ResultingFrameRate');
  const triggered = await isTriggered(features);
  const image = payloadBytesOf(pixelFormat, width, height);
  return {
    width,
    height,
    offsetX: features.has('OffsetX') ? Number(await features.integer('OffsetX')) : 0,
    offsetY: features.has('OffsetY') ? Number(await features.integer('OffsetY')) : 0,
    pixelFormat,
    largestValue: pixelFormat.bitsPerPixel === 32 ? await readLargestValue(features) : null,
    payloadBytes: features.has('PayloadSize') ? await within(features, 'PayloadSize', image, LARGEST_PAYLOAD) : image,
    frameRate: rateName === undefined || triggered ? null : knownRate(await features.float(rateName)),
    triggered,
  };
}

/** Names of the formats that can be chosen now. */
async function offeredFormats(features: NodeMap): Promise<string[]> {
  const { entries } = await features.describe('PixelFormat');
  return entries.filter(({ available }) => available).map(({ name }) => name);
}

/** SFNC's PixelDynamicRangeMax; null for what no pixel of 32 bits can have, and where the camera does not tell. */
async function readLargestValue(features: NodeMap): Promise<number | null> {
  if (!features.has('PixelDynamicRangeMax')) return null;
  const told = Number((await ifReadable(features.integer('PixelDynamicRangeMax'))) ?? 0n);
  return told >= 1 && told < 2 ** 32 ? told : null;
}

/** Frames come as they are triggered, whatever rate is set. */
async function isTriggered(features: NodeMap): Promise<boolean> {
  return features.has('TriggerMode') && (await ifReadable(features.text('TriggerMode'))) === 'On';
}

/** SensorShutterMode is SFNC; the row timing features are those of the simulated camera and of the bridge. */
export async function readShutter(features: NodeMap): Promise<ShutterModel> {
  const mode = features.has('SensorShutterMode') ? ((await ifReadable(features.text('SensorShutterMode'))) ?? '') : '';
  if (mode !== 'Rolling')
    return {
      kind: mode.startsWith('Global') ? 'global' : 'unknown',
      linePeriodNs: null,
      rowZeroEndOffsetNs: null,
      rowPairs: false,
    };
  return {
    kind: 'rolling',
    linePeriodNs: features.has('LinePeriod') ? await ifReadable(features.integer('LinePeriod')) : null,
    rowZeroEndOffsetNs: features.has('RowZeroEndOffset')
      ? await ifReadable(features.integer('RowZeroEndOffset'))
      : null,
    rowPairs: features.has('RowPairing') && (await features.integer('RowPairing')) !== 0n,
  };
}

/** Exposure time from ExposureTime, ExposureTimeAbs or ExposureTimeRaw, all in microseconds. */
export async function readExposureNs(features: NodeMap): Promise<bigint | null> {
  const name = named(features, 'ExposureTime');
  if (name === undefined) return null;
  const microseconds = await features.float(name);
  if (microseconds >= 0 && microseconds <= LONGEST_EXPOSURE_US) return BigInt(Math.round(microseconds * 1000));
  throw new CameraError('camera.feature', `${name} of the camera is ${microseconds} us, which no exposure is`);
}

export async function readGpsHeader(features: NodeMap): Promise<boolean | null> {
  return features.has('GpsHeader') ? (await features.integer('GpsHeader')) !== 0n : null;
}

/** More than anybody takes: who has enough stops the camera. */
const MOST_SINGLE_FRAMES = 65_535;

/** `singleFrames`: as many single frames as are wanted, where the camera can have that; a stream otherwise. */
export async function startAcquisition(features: NodeMap, singleFrames: boolean): Promise<void> {
  const single = singleFrames && features.has('AcquisitionMode') && features.has('AcquisitionFrameCount');
  if (features.has('AcquisitionMode')) await features.set('AcquisitionMode', single ? 'MultiFrame' : 'Continuous');
  if (single) await features.set('AcquisitionFrameCount', MOST_SINGLE_FRAMES);
  if (features.has('TLParamsLocked')) await features.set('TLParamsLocked', 1);
  await features.execute('AcquisitionStart');
}

/** Lets parameters of the stream be changed again. */
export async function unlockParameters(features: NodeMap): Promise<void> {
  if (features.has('TLParamsLocked')) await features.set('TLParamsLocked', 0);
}

export async function readGain(features: NodeMap): Promise<number | null> {
  const name = named(features, 'Gain');
  return name === undefined ? null : ifReadable(features.float(name));
}

/** What else a camera tells of itself that belongs into a frame's header; null where it does not. */
export async function readState(
  features: NodeMap,
): Promise<Pick<CameraMode, 'offset' | 'sensorTemperatureC' | 'filter' | 'binningX'>> {
  const offset = named(features, 'BlackLevel');
  const temperature = named(features, 'DeviceTemperature');
  const filter = named(features, 'FilterName');
  const known = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);
  return {
    offset: offset === undefined ? null : known(await ifReadable(features.float(offset))),
    sensorTemperatureC: temperature === undefined ? null : known(await ifReadable(features.float(temperature))),
    filter: filter === undefined ? null : await ifReadable(features.text(filter)),
    binningX: await binningOf(features, 'BinningHorizontal'),
  };
}

/** Binning of rows and their order, by SFNC's names. */
export async function readRows(
  features: NodeMap,
): Promise<{ readonly binning: number; readonly rowDirection: 'top-down' | 'bottom-up' }> {
  const binning = await binningOf(features, 'BinningVertical');
  const turned = features.has('ReverseY') && ((await ifReadable(features.integer('ReverseY'))) ?? 0n) !== 0n;
  return { binning, rowDirection: turned ? 'bottom-up' : 'top-down' };
}

/** What a bridge of ours says of itself in DeviceManufacturerInfo. */
export const BRIDGE_INFO = 'appulse bridge';

/** Whether the camera stands behind a bridge of ours, and its maker's library. */
export async function isBridge(features: NodeMap): Promise<boolean> {
  const told = features.has('DeviceManufacturerInfo') && (await ifReadable(features.text('DeviceManufacturerInfo')));
  return told === BRIDGE_INFO;
}

/** The number before a burst's first frame; null where frames come without end. */
export async function readBurstStart(features: NodeMap): Promise<number | null> {
  if (!features.has('BurstMode') || !features.has('BurstStart')) return null;
  const on = await ifReadable(features.integer('BurstMode'));
  return on === null || on === 0n ? null : within(features, 'BurstStart', 0, 65_535);
}

/** SFNC's SensorReadoutMode, or what makers call it. */
export async function readReadoutMode(features: NodeMap): Promise<string | null> {
  const name = named(features, 'SensorReadoutMode');
  return name === undefined ? null : ifReadable(features.text(name));
}

/** The camera's feature for a name of the standard, whatever it calls it. */
function named(features: NodeMap, name: string): string | undefined {
  return featureFor(name, (feature) => features.has(feature));
}

async function binningOf(features: NodeMap, name: string): Promise<number> {
  return features.has(name) ? ((await ifReadable(within(features, name, 1, 64))) ?? 1) : 1;
}

/** Null for what the camera has, and cannot tell in its present mode. */
async function ifReadable<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof FeatureError && error.code === 'feature.access') return null;
    throw error;
  }
}
