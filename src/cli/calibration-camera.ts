/** The camera of a measurement: opened by the settings, streaming into a tap, closed whatever happens. */
import { FrameTap } from '#src/calibration/frame-tap.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { openCamera } from '#src/cameras/open-camera.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import { UsageError } from '#src/config/usage-error.js';
import { settingsOf } from './command-line.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Measuring {
  /** Says what goes on, on standard error. */
  readonly progress: (text: string) => void;
  /** Aborted by the signals that end programs. */
  readonly signal: AbortSignal;
}

/** @throws UsageError `usage.camera`; as camera and tap do */
export async function withTappedCamera<T>(
  options: Record<string, unknown>,
  work: (camera: StreamCamera, tap: FrameTap, measuring: Measuring) => Promise<T>,
): Promise<T> {
  const { values } = settingsOf(options);
  const uris = values['camera.uri'] ?? [];
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) {
    throw new UsageError('usage.camera', 'name the one camera to measure: --camera URI, such as qhy:');
  }
  const progress = (text: string) => void process.stderr.write(`${text}\n`);
  const camera = await openCamera(uri, {
    packetSize: values['camera.packet-size'],
    features: values['camera.features'],
    nativeReceiver: FrameTap.receiverKind === 'native',
    sdk: sdkSettingsOf(values),
    log: (_, message) => progress(message),
  });
  try {
    const tap = await FrameTap.open(camera, values['camera.socket-buffer']);
    const ended = new AbortController();
    const stop = () => {
      ended.abort();
      tap.abort('stopped');
    };
    for (const signal of SIGNALS) process.once(signal, stop);
    try {
      return await work(camera, tap, { progress, signal: ended.signal });
    } finally {
      for (const signal of SIGNALS) process.off(signal, stop);
      await tap.close();
    }
  } finally {
    await camera.close();
  }
}
