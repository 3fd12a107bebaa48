/** Opens the camera that a URI names: `sim:MODEL?options`, `gige:HOST[:PORT]` or `gige:SERIAL`. */
import { UsageError } from '#src/config/usage-error.js';
import type { OpenCameraOptions, StreamCamera } from './camera.js';
import { openGigeCamera } from './gige-vision/stream-camera.js';
import { parseGigeUri } from './gige-vision/uri.js';
import { startSimulator } from './simulator/simulator-process.js';

/** @throws UsageError for a URI that names no camera, CameraError and its kin for one that cannot be opened */
export async function openCamera(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  const scheme = uri.split(':', 1)[0];
  if (scheme === 'gige') return openGigeCamera(uri, parseGigeUri(uri), options);
  if (scheme === 'sim') return openSimulated(uri, options);
  throw new UsageError(
    'usage.camera-uri',
    `'${uri}' names no camera: write sim:MODEL, such as sim:qhy411-bin3, gige:HOST[:PORT] or gige:SERIAL`,
  );
}

/** A simulated camera is a GigE Vision device in a process of its own, which ends with this one. */
async function openSimulated(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  const simulator = await startSimulator(uri, { nativeReceiver: options.nativeReceiver, log: options.log });
  try {
    const { address, port } = simulator;
    const camera = await openGigeCamera(uri, { kind: 'address', host: address, port }, options);
    return {
      ...camera,
      start: (to) => camera.start(to),
      close: async () => {
        await camera.close();
        await simulator.stop();
      },
    };
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}
