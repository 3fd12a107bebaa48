/** Opens a camera for its controls alone: no stream is prepared, so that a camera whose frames cannot be read can be mended as well. */
import type { CameraIdentity, OpenCameraOptions } from './camera.js';
import type { CameraControls } from './controls.js';
import { GigeVisionCamera } from './gige-vision/gige-camera.js';
import { type GigeTarget, parseGigeUri } from './gige-vision/uri.js';
import { checkCameraUri, openCamera } from './open-camera.js';
import { startSimulator } from './simulator/simulator-process.js';

export interface ControlledCamera {
  readonly uri: string;
  readonly identity: CameraIdentity;
  /** Left out where it has nothing to set. */
  readonly controls?: CameraControls;
  /** Gives control back. Does not throw. */
  close(): Promise<void>;
}

/** @throws as `openCamera` */
export async function openForControls(uri: string, options: OpenCameraOptions): Promise<ControlledCamera> {
  checkCameraUri(uri);
  if (uri.startsWith('gige:')) return openGige(uri, parseGigeUri(uri));
  if (!uri.startsWith('sim:')) return openCamera(uri, options);
  const simulator = await startSimulator(uri, { nativeReceiver: options.nativeReceiver, log: options.log });
  try {
    const { address: host, port } = simulator;
    const camera = await openGige(uri, { kind: 'address', host, port });
    const close = async () => {
      await camera.close();
      await simulator.stop();
    };
    return { ...camera, close };
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

async function openGige(uri: string, target: GigeTarget): Promise<ControlledCamera> {
  const camera = await GigeVisionCamera.open(target);
  const { vendor, model, serial, version } = camera.identity;
  return {
    uri,
    identity: { vendor, model, serial, version },
    controls: camera.controls,
    close: () => camera.close(),
  };
}
