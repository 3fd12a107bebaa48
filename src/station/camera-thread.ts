/** Entry of the camera thread: one session, told to stop by a message, reporting by messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraThreadData, ToCameraThread, ToMain } from './messages.js';
import { Session } from './session.js';

if (parentPort === null) throw new AppulseError('station.thread', 'the camera thread was started outside of a station');
const port = parentPort;
const post = (message: ToMain) => port.postMessage(message);

const data = workerData as CameraThreadData;
const session = new Session(data, data.rawThread, post);
port.on('message', (message: ToCameraThread) => {
  if (message.kind === 'stop') session.stop();
});
try {
  post({ kind: 'done', summary: await session.run() });
} catch (error) {
  const known = error instanceof AppulseError;
  const debug = !known && process.env.APPULSE_DEBUG !== undefined;
  const message = error instanceof Error ? (debug && error.stack) || error.message : String(error);
  const code = known ? error.code : 'unexpected';
  post({ kind: 'failed', code, message, usage: error instanceof UsageError });
}
port.close();
