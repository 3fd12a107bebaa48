/** The thread that a maker's library is called from, and from no other: calls come one at a time, frames and events go out. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { loadDriver } from './drivers.js';
import { RingSink } from './ring-sink.js';
import type { FrameSink, SdkCamera, SdkDriver, SdkEvent } from './sdk-camera.js';
import type { CameraState, FrameTarget, FromSdkThread, SdkThreadData, ToSdkThread } from './sdk-messages.js';
import { SlotMemory } from './slot-memory.js';
import { SlotSink } from './slot-sink.js';

const port = parentPort;
if (port === null) throw new Error('sdk-thread.js runs in a worker thread');
const post = (message: FromSdkThread): void => port.postMessage(message);
const event = (told: SdkEvent): void => post({ kind: 'event', event: told });

const driving: Promise<SdkDriver> = loadDriver((workerData as SdkThreadData).driver);
// Told with the first call.
driving.catch(() => {});
let camera: SdkCamera | null = null;
let ring: RingSink | null = null;
/** Counts starts and stops: a stream that is stopped does not end by itself. */
let run = 0;

function opened(): SdkCamera {
  if (camera === null) throw new AppulseError('sdk.no-camera', 'no camera is open');
  return camera;
}

/** Null also where a camera that is gone does not tell any more. */
function stateNow(): CameraState | null {
  try {
    return camera === null ? null : { controls: camera.controls(), mode: camera.mode() };
  } catch {
    return null;
  }
}

function sinkOf(target: FrameTarget): FrameSink {
  if (target.kind === 'slots') return new SlotSink(new SlotMemory(target.memory), post);
  ring = new RingSink(target.ring, opened().mode(), post);
  return ring;
}

type Answer = Omit<Extract<FromSdkThread, { kind: 'answer' }>, 'kind' | 'callId' | 'state'>;

async function serve(message: ToSdkThread): Promise<Answer> {
  const driver = await driving;
  switch (message.call) {
    case 'open': {
      camera = await driver.open(message.id, message.options, event);
      const { identity, sensor, versions } = camera;
      return { opened: { identity, sensor, versions } };
    }
    case 'set':
      return { changed: await opened().set(message.name, message.value) };
    case 'start': {
      const mine = ++run;
      const { ended } = await opened().start(message.request, sinkOf(message.target));
      void ended.then(
        () => {
          if (run === mine) post({ kind: 'ended' });
        },
        (error: unknown) => event({ kind: 'lost', reason: reasonOf(error) }),
      );
      return {};
    }
    case 'stop':
      run++;
      await opened().stop();
      ring?.end();
      ring = null;
      return {};
    case 'poll':
      return { changed: await opened().poll() };
    case 'close': {
      const open = camera;
      camera = null;
      await open?.close();
      return {};
    }
  }
}

/** One call after the other, in the order in which they came. */
let turn: Promise<void> = Promise.resolve();
port.on('message', (message: ToSdkThread) => {
  const { callId } = message;
  turn = turn.then(async () => {
    try {
      const answer = await serve(message);
      post({ kind: 'answer', callId, ...answer, state: stateNow() });
    } catch (error) {
      const code = error instanceof AppulseError ? error.code : 'sdk.refused';
      post({ kind: 'refused', callId, code, message: reasonOf(error), state: stateNow() });
    }
  });
});
