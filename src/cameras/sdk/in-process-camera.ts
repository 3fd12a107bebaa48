/** A camera whose library is called in a thread of this process, and whose frames go straight into the ring of the engine. */

import type { Receiver } from '#pipeline/receive/receiver.js';
import type { RingHandle } from '#pipeline/ring/ring.js';
import { isRecordable, payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraFeatures, CameraMode, OpenCameraOptions, SdkSettings, StreamCamera } from '../camera.js';
import { type CameraControls, type Control, controlNamed } from '../controls.js';
import { eventsInto } from '../events-into.js';
import { frameCounting } from '../frame-counting.js';
import { CameraError } from '../gige-vision/camera-error.js';
import { refusedFormatText } from '../refused-format.js';
import { cameraEventOf, STREAM_WHOLE } from './driver-events.js';
import { leaveAlone, requireReturned } from './hung-libraries.js';
import { payloadBytesWith } from './info-chunk.js';
import { SdkClient } from './sdk-client.js';
import { sdkTarget } from './sdk-target.js';
import { parseSdkUri } from './sdk-uri.js';
import { SINGLE_FRAMES, streamRequest } from './stream-request.js';

/** @throws as `openSdkCamera` does */
export async function openInProcess(
  uri: string,
  settings: SdkSettings,
  options: OpenCameraOptions,
): Promise<StreamCamera> {
  const log = (level: 'info' | 'warning' | 'error', message: string) =>
    options.log(level === 'info' ? 'info' : 'warning', message);
  let lose: (reason: string) => void = () => {};
  const lost = new Promise<string>((done) => {
    lose = done;
  });
  const { scheme } = parseSdkUri(uri);
  requireReturned(scheme);
  let ringReady: () => void = () => {};
  const tell = eventsInto(options);
  const client = await SdkClient.open(await sdkTarget(uri, settings, log), {
    ring: () => ringReady(),
    event: (event) => {
      const told = cameraEventOf(event);
      if (told !== null) tell(told);
    },
    ended: (whole) => {
      if (whole) tell(STREAM_WHOLE);
    },
    lost: (reason) => lose(reason),
    stuck: ({ why, returned }) => leaveAlone(scheme, why, returned),
  });
  const { identity } = client.opened;
  const controls = controlsOf(client);
  let ring: RingHandle | null = null;
  const asItIsSet = (): StreamCamera => {
    const mode = modeOf(client, options.singleFrames === true);
    return {
      ...{ uri, identity, mode, controls, lost },
      source: {
        ...{ deviceAddress: '', gvcpPort: 0, localAddress: '', supportsResend: false, extendedIds: true },
        tickFrequencyHz: 1_000_000_000n,
        packetDataBytes: mode.payloadBytes,
      },
      features: featuresOf(client),
      exposureNs: async () => client.mode.exposureNs,
      ptpLocked: async () => false,
      receive: async (handle, onReady) => {
        ring = handle;
        ringReady = onReady;
        return receiverOf(client, onReady);
      },
      reread: async () => asItIsSet(),
      start: async () => {
        const request = options.singleFrames === true ? SINGLE_FRAMES : streamRequest(client.controls);
        if (ring !== null) await client.start(request, { kind: 'ring', ring });
      },
      stopAcquisition: () => client.stop().catch(() => {}),
      stopStream: () => client.stop(),
      close: () => client.close(),
    };
  };
  try {
    const known = await options.restore?.(identity, controls);
    for (const [name, value] of Object.entries(options.features)) {
      if (known?.has(name) !== true) await client.set(name, value);
    }
    return asItIsSet();
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Frames are in the ring as soon as the driver has them: there is nothing to receive, only an end of it. */
function receiverOf(client: SdkClient, onReady: () => void): Receiver {
  return {
    ...{ kind: 'sdk', port: 0, warnings: [], socketBufferBytes: 0, method: "the maker's library" },
    stop: async () => {
      await client.stop().catch(() => {});
      onReady();
    },
  };
}

/** @throws CameraError `camera.pixel-format` */
function modeOf(client: SdkClient, singleFrames: boolean): CameraMode {
  const { mode } = client;
  const { pixelFormat, width, height } = mode;
  if (!isRecordable(pixelFormat)) {
    const choices = client.controls.find(({ name }) => name === 'PixelFormat')?.choices ?? [];
    const offered = choices.map(({ name }) => name);
    throw new CameraError('camera.pixel-format', refusedFormatText(pixelFormat.name, offered));
  }
  const numberOf = (name: string) => {
    const value = controlValue(client, name);
    return typeof value === 'number' ? value : null;
  };
  const filter = controlValue(client, 'FilterName');
  const { vendor } = client.opened.identity;
  const burstStart = controlValue(client, 'BurstMode') === true ? numberOf('BurstStart') : null;
  const counting = frameCounting({ vendor, burstStart, singleFrames });
  return {
    ...{ width, height, offsetX: mode.offsetX, offsetY: mode.offsetY, pixelFormat },
    largestValue: mode.largestValue ?? null,
    payloadBytes: payloadBytesWith(payloadBytesOf(pixelFormat, width, height), mode.infoBytes),
    ...{ frameRate: mode.frameRate, exposureNs: mode.exposureNs, shutter: mode.shutter, gpsHeader: mode.gpsHeader },
    gain: numberOf('Gain'),
    offset: numberOf('BlackLevel'),
    sensorTemperatureC: numberOf('DeviceTemperature'),
    filter: typeof filter === 'string' ? filter : null,
    ...{ binning: mode.binningY, binningX: mode.binningX },
    rowDirection: controlValue(client, 'ReverseY') === true ? 'bottom-up' : 'top-down',
    ptpLocked: false,
    timestampChunk: null,
    readoutMode: mode.readMode,
    throughLibrary: true,
    ...(counting === undefined ? {} : { counting }),
  };
}

function controlValue(client: SdkClient, name: string): Control['value'] {
  return client.controls.find((control) => control.name === name && control.unavailable === null)?.value ?? null;
}

function controlsOf(client: SdkClient): CameraControls {
  return {
    list: async () => client.controls,
    set: (name, value) => client.set(name, value),
  };
}

/** What the station asks of features by name, answered by controls. */
function featuresOf(client: SdkClient): CameraFeatures {
  return {
    has: (name) => client.controls.some((control) => control.name === name),
    integer: async (name) => {
      const { value } = controlNamed(client.controls, name);
      if (typeof value === 'number') return BigInt(Math.round(value));
      if (typeof value === 'boolean') return value ? 1n : 0n;
      throw new UsageError('usage.feature', `${name} has no number for a value`);
    },
    set: async (name, value) => {
      await client.set(name, typeof value === 'bigint' ? Number(value) : value);
    },
  };
}
