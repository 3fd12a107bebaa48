/** Opens the camera that a URI names: `sim:MODEL?options`, `gige:HOST[:PORT]` or `gige:SERIAL`, `qhy:ID`, `toupcam:SERIAL`, `replay:PATH`. */
import { UsageError } from '#src/config/usage-error.js';
import type { OpenCameraOptions, StreamCamera } from './camera.js';
import { openGigeCamera } from './gige-vision/stream-camera.js';
import { parseGigeUri } from './gige-vision/uri.js';
import { openSdkCamera } from './open-sdk-camera.js';
import { openReplayCamera } from './replay/open-replay-camera.js';
import { parseReplayUri } from './replay/replay-uri.js';
import { isSdkUri, parseSdkUri } from './sdk/sdk-uri.js';
import { parseSimUri } from './simulator/sim-uri.js';
import { startSimulator } from './simulator/simulator-process.js';

/** Whether a URI can name a camera at all, before anything is opened. @throws UsageError */
export function checkCameraUri(uri: string): void {
  const scheme = uri.split(':', 1)[0];
  if (scheme === 'gige') parseGigeUri(uri);
  else if (scheme === 'sim') parseSimUri(uri);
  else if (scheme === 'replay') parseReplayUri(uri);
  else if (isSdkUri(uri)) parseSdkUri(uri);
  else {
    throw new UsageError(
      'usage.camera-uri',
      `'${uri}' names no camera: write sim:MODEL, such as sim:qhy411-bin3, gige:HOST[:PORT], gige:SERIAL, qhy:ID, toupcam:SERIAL or replay:FOLDER`,
    );
  }
}

/** @throws UsageError for a URI that names no camera, CameraError and its kin for one that cannot be opened */
export async function openCamera(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  checkCameraUri(uri);
  if (uri.startsWith('replay:')) return openReplayCamera(uri, options);
  if (isSdkUri(uri)) return openSdkCamera(uri, options);
  return uri.startsWith('gige:') ? openGigeCamera(uri, parseGigeUri(uri), options) : openSimulated(uri, options);
}

/** A simulated camera is a GigE Vision device in a process of its own, which ends with this one. */
async function openSimulated(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  const simulator = await startSimulator(uri, { nativeReceiver: options.nativeReceiver, log: options.log });
  try {
    const { address, port } = simulator;
    const camera = await openGigeCamera(uri, { kind: 'address', host: address, port }, options);
    return endingWith(camera, () => simulator.stop());
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

/** A camera behind which something runs that ends with it. */
function endingWith(camera: StreamCamera, end: () => Promise<void>): StreamCamera {
  const { reread } = camera;
  return {
    ...camera,
    ...(reread === undefined ? {} : { reread: async () => endingWith(await reread(), end) }),
    close: async () => {
      await camera.close();
      await end();
    },
  };
}
