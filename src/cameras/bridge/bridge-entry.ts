/** The process of a bridge: a camera behind its maker's library as a GigE Vision device. It ends when the one that started it does. */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { FromBridge, ToBridge } from './bridge-messages.js';
import { BridgedCamera, type BridgeOptions } from './bridged-camera.js';

/** A library that does not let go of its camera does not keep the process. */
const END_LIMIT_MS = 8_000;

let camera: BridgedCamera | null = null;
let ending = false;

const tell = (message: FromBridge): void => {
  if (process.connected) process.send?.(message, () => {});
};

async function start(options: BridgeOptions): Promise<void> {
  camera = await BridgedCamera.open(options, {
    log: (level, message) => tell({ kind: 'log', level, message }),
    event: (event) => tell({ kind: 'event', event }),
    lost: (reason, silent) => {
      tell({ kind: 'lost', reason, silent });
      // What hangs in a library cannot be ended from inside; whoever watches does it, and so do we if nobody does.
      void end(silent ? 'at once' : 'in order');
    },
  });
  const { port, identity, versions } = camera;
  tell({ kind: 'ready', address: options.address, port, identity, versions });
}

async function end(how: 'in order' | 'at once'): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), how === 'at once' ? 500 : END_LIMIT_MS);
  if (how === 'at once') return;
  await camera?.close();
  process.exit(0);
}

process.on('message', ({ options }: ToBridge) => {
  start(options).catch((error: unknown) => {
    tell({
      kind: 'failed',
      code: error instanceof AppulseError ? error.code : 'bridge.failed',
      message: reasonOf(error),
    });
    void end('in order');
  });
});
process.once('disconnect', () => void end('in order'));
// Ctrl-C and the end of a terminal go to the whole group; whoever started the bridge ends it when its own work is done.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
