/** A GigE Vision camera as the station uses it: features set, packet size agreed, everything a stream needs read once. */
import type { ShutterModel } from '#gps/rows/shutter.js';
import { publishedShutter } from '#gps/rows/shutter-table.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraMode, OpenCameraOptions, StreamCamera } from '../camera.js';
import { eventsInto } from '../events-into.js';
import { frameCounting } from '../frame-counting.js';
import { CameraError } from './camera-error.js';
import { isBridge, readBurstStart, readGain, readReadoutMode, readRows, readState } from './camera-features.js';
import { featureFor } from './controls/control-names.js';
import { EventWords, enableTroubleEvents } from './event-words.js';
import { FeatureError } from './genicam/feature-error.js';
import { GigeVisionCamera } from './gige-camera.js';
import { GvcpError } from './gvcp-client.js';
import { preparePtp, readPtpLocked } from './ptp.js';
import { readTimestampChunk } from './timestamp-chunk.js';
import type { GigeTarget } from './uri.js';

/**
 * Opens the camera and prepares its stream.
 * @throws CameraError, GvcpError, FeatureError; UsageError for a feature that cannot be set
 */
export async function openGigeCamera(
  uri: string,
  target: GigeTarget,
  options: OpenCameraOptions,
): Promise<StreamCamera> {
  const camera = await GigeVisionCamera.open(target);
  try {
    return await prepare(uri, camera, options);
  } catch (error) {
    await camera.close();
    throw error;
  }
}

async function prepare(uri: string, camera: GigeVisionCamera, options: OpenCameraOptions): Promise<StreamCamera> {
  const known = await options.restore?.(camera.identity, camera.controls);
  for (const [name, value] of Object.entries(options.features)) {
    if (known?.has(name) !== true) await setFeature(camera, name, value);
  }
  await preparePtp(camera.features, options.ptp ?? null, options);
  await camera.selectBlockIds(null);
  await camera.negotiatePacketSize(camera.localAddress, { maximum: options.packetSize });
  const events = await hearEvents(camera, options);
  const lost = new Promise<string>((done) => camera.onLost((error) => done(error.message)));
  const close = async () => {
    await camera.close();
    events?.end();
  };
  return asItIsSet(uri, camera, { lost, close, singleFrames: options.singleFrames === true });
}

/** What holds for an open camera however it is set. */
type Opened = Pick<StreamCamera, 'lost' | 'close'> & { readonly singleFrames: boolean };

async function asItIsSet(uri: string, camera: GigeVisionCamera, opened: Opened): Promise<StreamCamera> {
  const mode = await readMode(camera, opened.singleFrames);
  const extendedIds = await camera.selectBlockIds(null);
  const { packetBytes, packetDataBytes } = await camera.streamSetup(extendedIds);
  if (packetDataBytes < 1)
    throw new CameraError('camera.feature', `the camera's packet size is ${packetBytes} bytes, which holds no data`);
  const { address, port, vendor, model, serial, version } = camera.identity;
  const { lost, close, singleFrames } = opened;
  return {
    uri,
    identity: { vendor, model, serial, version },
    mode,
    source: {
      deviceAddress: address,
      gvcpPort: port,
      localAddress: camera.localAddress,
      tickFrequencyHz: camera.tickFrequencyHz,
      supportsResend: camera.supportsResend,
      extendedIds,
      packetDataBytes,
      linkBitsPerSecond: camera.linkBitsPerSecond,
    },
    features: camera.features,
    controls: camera.controls,
    lost,
    close,
    exposureNs: () => camera.exposureNs().catch(() => null),
    ptpLocked: () => readPtpLocked(camera.features).catch(() => null),
    setPacketDelay: (ticks) => camera.setPacketDelay(ticks),
    reread: () => asItIsSet(uri, camera, opened),
    start: async (to) => {
      await camera.startStream({ address: camera.localAddress, port: to, extendedIds, singleFrames });
    },
    stopAcquisition: () => camera.stopAcquisition().catch(() => {}),
    stopStream: () => camera.stopStream(),
  };
}

/** What the camera tells by itself goes into the log. A camera that refuses is used without. */
async function hearEvents(
  camera: GigeVisionCamera,
  options: Pick<OpenCameraOptions, 'log' | 'event'>,
): Promise<EventWords | null> {
  if (!camera.hasEvents) return null;
  const { log } = options;
  const words = new EventWords(camera.features, camera.tickFrequencyHz);
  words.listener = eventsInto(options);
  try {
    await camera.hearEvents((told) => words.tell(told));
    const enabled = await enableTroubleEvents(camera.features);
    if (enabled.length > 0) log('info', `the camera tells of ${enabled.join(', ')}`);
    return words;
  } catch (error) {
    if (!(error instanceof GvcpError && error.code === 'gvcp.status')) throw error;
    log('warning', `the camera's events are not heard: ${error.message}`);
    return null;
  }
}

/** Settings are text where they come from the command line; the camera's own description knows what they are. */
async function setFeature(camera: GigeVisionCamera, name: string, value: string | number | boolean): Promise<void> {
  try {
    const feature = featureFor(name, (other) => camera.features.has(other)) ?? name;
    await camera.features.set(feature, value);
  } catch (cause) {
    // A camera that fell silent is not the user's mistake.
    if (!(cause instanceof FeatureError)) throw cause;
    throw new UsageError('usage.feature', `${name}=${value} cannot be set: ${cause.message}`, { cause });
  }
}

/** As the camera tells it; what it leaves open from the table of published measurements. */
async function shutterOf(camera: GigeVisionCamera): Promise<ShutterModel> {
  const told = await camera.readShutter();
  const known = publishedShutter(camera.identity.model, null);
  if (known === null || told.kind === 'global') return told;
  if (told.kind === 'rolling' && (told.linePeriodNs !== null || known.kind !== 'rolling')) return told;
  return told.kind === 'rolling'
    ? { ...known, rowZeroEndOffsetNs: told.rowZeroEndOffsetNs ?? known.rowZeroEndOffsetNs }
    : known;
}

async function readMode(camera: GigeVisionCamera, singleFrames: boolean): Promise<CameraMode> {
  const geometry = await camera.readGeometry();
  const { vendor } = camera.identity;
  const counting = frameCounting({ vendor, burstStart: await readBurstStart(camera.features), singleFrames });
  return {
    ...geometry,
    ...(counting === undefined ? {} : { counting }),
    exposureNs: (await camera.exposureNs()) ?? 0n,
    shutter: await shutterOf(camera),
    gpsHeader: await camera.hasGpsHeader(),
    gain: await readGain(camera.features),
    ...(await readState(camera.features)),
    ...(await readRows(camera.features)),
    ptpLocked: await readPtpLocked(camera.features),
    timestampChunk: await readTimestampChunk(camera.features),
    readoutMode: await readReadoutMode(camera.features),
    throughLibrary: await isBridge(camera.features),
  };
}
