/** The camera of a `replay:` URI: recorded frames out of a process of their own, over GigE Vision, with their recorded times. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppulseError } from '#gps/errors.js';
import { nativeAddon } from '#pipeline/native/addon.js';
import { UsageError } from '#src/config/usage-error.js';
import type { OpenCameraOptions, StreamCamera } from '../camera.js';
import { NO_CONTROLS } from '../controls.js';
import { openGigeCamera } from '../gige-vision/stream-camera.js';
import { RecordedTimes } from './recorded-times.js';
import type { FromReplay, ReplayedMode, ToReplay } from './replay-messages.js';
import { parseReplayUri } from './replay-uri.js';

const READY_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 3_000;

type Ready = Extract<FromReplay, { kind: 'ready' }>;

/** @throws UsageError for a URI that names nothing to play; AppulseError for what cannot be read or is not ready in time */
export async function openReplayCamera(uri: string, options: OpenCameraOptions): Promise<StreamCamera> {
  const request = parseReplayUri(uri);
  const child = fork(fileURLToPath(new URL('./replay-entry.js', import.meta.url)), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  // A process that is gone shows itself by its silence.
  child.on('error', () => {});
  const say = (message: ToReplay) => {
    if (child.connected) child.send(message, () => {});
  };
  const times = new RecordedTimes((grant) => say({ kind: 'grant', grant }));
  let failed: (error: AppulseError) => void = () => {};
  let ready: (message: Ready) => void = () => {};
  let ended: () => void = () => {};
  const opened = new Promise<Ready>((done, broken) => {
    ready = done;
    failed = broken;
  });
  const played = new Promise<void>((done) => {
    ended = done;
  });
  child.on('message', (message: FromReplay) => {
    if (message.kind === 'ready') ready(message);
    else if (message.kind === 'block') times.tell(message.blockId, message.time);
    else if (message.kind === 'log') options.log('info', message.message);
    else if (message.kind === 'played') ended();
    else {
      const { code, message: why, usage } = message;
      const error = usage ? new UsageError(code as `usage.${string}`, why) : new AppulseError(code, why);
      failed(error);
      options.log('warning', `the replay ends: ${why}`);
      ended();
    }
  });
  const stop = async () => {
    if (child.connected) child.disconnect();
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(limit);
  };
  const timer = setTimeout(
    () => failed(new AppulseError('replay.start', `${uri} was not ready within ${READY_LIMIT_MS / 1_000} s`)),
    READY_LIMIT_MS,
  );
  void exited.then(() => failed(new AppulseError('replay.start', `the process that plays ${uri} ended`)));
  try {
    const send = nativeAddon() === null ? 'dgram' : options.nativeReceiver ? 'gso' : 'mmsg';
    say({ kind: 'start', start: { request, send } });
    const { address, port, mode } = await opened;
    const camera = await openGigeCamera(uri, { kind: 'address', host: address, port }, options);
    times.sized(camera.mode.payloadBytes);
    return {
      ...camera,
      mode: asRecorded(camera.mode, mode),
      // What was recorded is not changed by a setting any more.
      controls: NO_CONTROLS,
      recordedTimes: times,
      played,
      start: (to) => camera.start(to),
      close: async () => {
        await camera.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
    opened.catch(() => {});
  }
}

function asRecorded(mode: StreamCamera['mode'], recorded: ReplayedMode): StreamCamera['mode'] {
  const { frameRate, exposureNs, shutter, rowDirection, capture } = recorded;
  return {
    ...mode,
    ...{ exposureNs, shutter, rowDirection },
    frameRate: frameRate ?? mode.frameRate,
    gain: capture.gain ?? null,
    offset: capture.offset ?? null,
    sensorTemperatureC: capture.sensorTemperatureC ?? null,
    filter: capture.filter ?? null,
    binning: capture.binningY ?? 1,
    binningX: capture.binningX ?? 1,
    readoutMode: capture.readMode ?? null,
    frameType: capture.frameType ?? null,
  };
}
