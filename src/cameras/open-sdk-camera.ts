/** The camera of a `qhy:` or `toupcam:` URI: behind a bridge in a process of its own, or in this one. */
import { bridgeOptions } from './bridge/bridge-options.js';
import { startBridge } from './bridge/bridge-process.js';
import type { OpenCameraOptions, StreamCamera } from './camera.js';
import { cameraEvent } from './camera-events.js';
import type { CameraControls } from './controls.js';
import { eventsInto } from './events-into.js';
import { openGigeCamera } from './gige-vision/stream-camera.js';
import { openInProcess } from './sdk/in-process-camera.js';
import { SdkError } from './sdk/library.js';
import { DEFAULT_SDK } from './sdk/sdk-target.js';

/** @throws UsageError for a URI or a control that cannot be; SdkError as the library has it; the errors of `openGigeCamera` */
export async function openSdkCamera(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  const settings = options.sdk ?? DEFAULT_SDK;
  if (settings.inProcess) return openInProcess(uri, settings, options);
  const log = (level: 'info' | 'warning' | 'error', message: string) => {
    if (level === 'info') options.log(level, message);
    else if (options.event === undefined) options.log('warning', message);
    else options.event(cameraEvent(level, message));
  };
  const { nativeReceiver } = options;
  const served = { address: '127.0.0.1', port: 0, extendedIds: true, nativeReceiver };
  const bridge = await startBridge(uri, await bridgeOptions(uri, settings, served, log), log, eventsInto(options));
  try {
    // The registers of a GigE Vision device hold less of who it is.
    const { identity } = bridge;
    const { restore } = options;
    const own = restore === undefined ? {} : { restore: (_: unknown, to: CameraControls) => restore(identity, to) };
    const opening = openGigeCamera(
      uri,
      { kind: 'address', host: bridge.address, port: bridge.port },
      { ...options, ...own },
    );
    // A bridge that ends meanwhile says why; the device that it was would only fall silent.
    const ended = bridge.lost.then((reason) => Promise.reject(new SdkError('sdk.lost', reason)));
    ended.catch(() => {});
    opening.then((late) => void bridge.lost.then(() => late.close())).catch(() => {});
    const camera = await Promise.race([opening, ended]);
    let gone = false;
    void bridge.lost.then(() => {
      gone = true;
    });
    const behind = (seen: StreamCamera): StreamCamera => {
      const { reread } = seen;
      return {
        ...seen,
        // The device's registers cut long texts.
        identity: bridge.identity,
        lost: Promise.race([bridge.lost, seen.lost]),
        ...(reread === undefined ? {} : { reread: async () => behind(await reread()) }),
        close: async () => {
          const closed = seen.close();
          // There is nobody left who could answer.
          if (!gone) await closed;
          await bridge.stop();
        },
      };
    };
    return behind(camera);
  } catch (error) {
    await bridge.stop();
    throw error;
  }
}
