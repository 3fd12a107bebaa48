/** The simulated camera of a `sim:` URI: `appulse simulate` in a process of its own, which ends when this one does. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AppulseError } from '#gps/errors.js';
import { nativeAddon } from '#pipeline/native/addon.js';
import { UsageError } from '#src/config/usage-error.js';
import type { SendMethod } from '../gige-vision/device/frame-sender.js';
import { parseSimUri } from './sim-uri.js';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 3_000;

export interface SimulatorProcess {
  readonly address: string;
  readonly port: number;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

interface SimulatorOptions {
  /** Only our own native receiver takes datagrams that leave the sender as one large segment. */
  readonly nativeReceiver: boolean;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

/** Without the addon there is only Node's own socket. */
function sendMethod(options: SimulatorOptions): SendMethod {
  if (nativeAddon() === null) return 'dgram';
  return options.nativeReceiver ? 'gso' : 'mmsg';
}

/** @throws UsageError for options it refuses, AppulseError `simulator.start` when it does not become ready */
export async function startSimulator(uri: string, options: SimulatorOptions): Promise<SimulatorProcess> {
  const { model, args } = parseSimUri(uri);
  const given = (name: string) => args.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (args[args.indexOf('--send') + 1] === 'gso' && !options.nativeReceiver) {
    throw new UsageError(
      'usage.simulator',
      `${uri}: send=gso reaches the native receiver only; leave send out, or use send=mmsg`,
    );
  }
  const words = [
    'simulate',
    model,
    ...args,
    ...(given('send') ? [] : ['--send', sendMethod(options)]),
    ...(given('port') ? [] : ['--port', '0']),
    '--exit-with-parent',
  ];
  const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  // A simulator that is gone shows itself by its silence; writing to it is nothing anyone waits for.
  child.stdin.on('error', () => {});
  let lastWords = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line.replace(/^appulse: /, '');
  });

  const stop = async () => {
    child.stdin.end();
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(limit);
  };
  try {
    const { address, port } = await ready(child.stdout, exited, () => lastWords);
    return { address, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(
  output: NodeJS.ReadableStream,
  exited: Promise<number | null>,
  lastWords: () => string,
): Promise<{ address: string; port: number }> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((done, failed) => {
      timer = setTimeout(
        () =>
          failed(
            new AppulseError(
              'simulator.start',
              `the simulated camera was not ready within ${READY_LIMIT_MS / 1_000} s`,
            ),
          ),
        READY_LIMIT_MS,
      );
      createInterface({ input: output }).once('line', (line) => {
        const { cameras } = JSON.parse(line) as { cameras: { address: string; port: number }[] };
        const first = cameras[0];
        if (first === undefined) failed(new AppulseError('simulator.start', 'the simulator serves no camera'));
        else done(first);
      });
      void exited.then((code) => {
        const message = lastWords() || `the simulated camera ended with code ${code}`;
        failed(code === 2 ? new UsageError('usage.simulator', message) : new AppulseError('simulator.start', message));
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
