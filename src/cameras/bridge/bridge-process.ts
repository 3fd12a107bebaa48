/** A bridge in a process of its own, so that a library that crashes or hangs ends that process only. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraIdentity } from '../camera.js';
import type { CameraEvent } from '../camera-events.js';
import { callLimits } from '../sdk/call-limits.js';
import { SdkError } from '../sdk/library.js';
import type { SdkLog } from '../sdk/sdk-target.js';
import type { FromBridge, ToBridge } from './bridge-messages.js';
import type { BridgeOptions } from './bridged-camera.js';

/** What a bridge may take beside the library, which has its own limit for opening a camera. */
const READY_BESIDE_S = 30;
const STOP_LIMIT_MS = 10_000;

/** What signals of a process that ended by itself mean. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGSEGV: 'it used memory that is not there (SIGSEGV, a segmentation fault)',
  SIGBUS: 'it used memory that is not there any more (SIGBUS)',
  SIGABRT: 'it gave itself up (SIGABRT)',
  SIGFPE: 'it divided by zero (SIGFPE)',
  SIGILL: 'this processor does not know an instruction of it (SIGILL)',
};

export interface BridgeProcess {
  readonly pid: number;
  readonly address: string;
  readonly port: number;
  readonly identity: CameraIdentity;
  readonly versions: Readonly<Record<string, string>>;
  /** Settles with the reason when it has ended by itself. Never rejects. */
  readonly lost: Promise<string>;
  /** Ends it and waits for it. */
  stop(): Promise<void>;
}

/**
 * `told`: takes what the driver tells of the camera; left out: `log` does.
 * @throws SdkError and AppulseError as the camera and its address do; SdkError `sdk.lost` where the library crashes meanwhile
 */
export async function startBridge(
  uri: string,
  options: BridgeOptions,
  log: SdkLog,
  told: (event: CameraEvent) => void = ({ level, text }) => log(level, text),
): Promise<BridgeProcess> {
  const readyS = callLimits(options.limits).open + READY_BESIDE_S;
  const child = fork(fileURLToPath(new URL('./bridge-entry.js', import.meta.url)), [], {
    serialization: 'advanced',
    // A library writes to standard output what it likes; ours is for results.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let stopping = false;
  let said: string | null = null;
  const exited = new Promise<string>((done) => {
    child.once('exit', (code, signal) => done(said ?? endInWords(uri, code, signal)));
  });
  child.on('error', () => {});
  const stop = async () => {
    stopping = true;
    if (child.connected) child.disconnect();
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(limit);
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    const ready = await new Promise<Extract<FromBridge, { kind: 'ready' }>>((done, failed) => {
      child.on('message', (message: FromBridge) => {
        if (message.kind === 'ready') done(message);
        else if (message.kind === 'log') log(message.level, message.message);
        else if (message.kind === 'event') told(message.event);
        else if (message.kind === 'failed') failed(errorOf(message));
        else {
          said = message.reason;
          if (message.silent) child.kill('SIGKILL');
        }
      });
      void exited.then((reason) => failed(new SdkError('sdk.lost', reason)));
      const limit = `the bridge of ${uri} was not ready within ${readyS} s`;
      timer = setTimeout(() => failed(new SdkError('sdk.silent', limit)), readyS * 1_000);
      const start: ToBridge = { kind: 'start', options };
      child.send(start, () => {});
    });
    const { address, port, identity, versions } = ready;
    const lost = new Promise<string>((done) => {
      void exited.then((reason) => {
        if (!stopping) done(reason);
      });
    });
    return { pid: child.pid ?? 0, address, port, identity, versions, lost, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function errorOf({ code, message }: Extract<FromBridge, { kind: 'failed' }>): Error {
  if (code.startsWith('usage.')) return new UsageError(code as `usage.${string}`, message);
  return code.startsWith('sdk.') ? new SdkError(code, message) : new AppulseError(code, message);
}

function endInWords(uri: string, code: number | null, signal: NodeJS.Signals | null): string {
  const maker = uri.startsWith('toupcam:') ? "ToupTek's library" : "QHY's library";
  if (signal === null) return `the bridge of ${uri} ended with code ${code}`;
  if (signal === 'SIGKILL') return `the bridge of ${uri} was killed (SIGKILL), by hand or because memory ran out`;
  return `${maker} ended the bridge of ${uri}; ${SIGNALS[signal] ?? signal}`;
}
