/** `appulse bridge`: a camera behind its maker's library, served as a GigE Vision device until Ctrl-C. */
import { isIPv4 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { reasonOf } from '#gps/errors.js';
import { bridgeOptions } from '#src/cameras/bridge/bridge-options.js';
import { type BridgeProcess, startBridge } from '#src/cameras/bridge/bridge-process.js';
import { isLocalAddress, localAddressesInWords } from '#src/cameras/gige-vision/device/network.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import { parseSdkUri } from '#src/cameras/sdk/sdk-uri.js';
import type { SettingKey } from '#src/config/settings.js';
import { parseSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { untilStopped } from './until-stopped.js';

const KEYS: readonly SettingKey[] = [
  'camera.uri',
  'camera.qhy-library',
  'camera.toupcam-library',
  'camera.sdk-doubles',
];
const GVCP_PORT = 3956;
const RESTART_MS = 1_000;

interface BridgeCommandOptions extends Record<string, unknown> {
  readonly bind: string;
  readonly port: string;
  readonly memory?: string;
  readonly json?: boolean;
}

export function bridgeCommand(): Command {
  const bridge = command(
    'bridge',
    'serve a camera behind its maker library as a GigE Vision camera, until Ctrl-C',
    'appulse bridge --camera qhy: --bind 10.0.5.10',
  )
    .option('--bind <address>', 'address of this machine to serve it at', '127.0.0.1')
    .option('--port <number>', 'its control port; programs of others look at 3956 only', String(GVCP_PORT))
    .option('--memory <size>', 'for frames on their way and for packet resend (default: an eighth of the machine)');
  return addSettings(bridge, KEYS).action((options: BridgeCommandOptions) =>
    runCommand(options.json === true, () => untilStopped((signal) => serve(options, signal))),
  );
}

async function serve(options: BridgeCommandOptions, signal: AbortSignal): Promise<number> {
  const { values: settings } = settingsOf(options);
  const uri = settings['camera.uri']?.[0];
  if (uri === undefined || settings['camera.uri']?.length !== 1)
    throw new UsageError('usage.bridge', 'name one camera to serve, such as --camera qhy:');
  parseSdkUri(uri);
  const log = (level: string, message: string) =>
    process.stderr.write(`${level === 'info' ? '' : `${level}: `}${message}\n`);
  const served = {
    address: addressOf(options.bind),
    port: portOf(options.port),
    extendedIds: false,
    nativeReceiver: false,
    ...(options.memory === undefined ? {} : { memoryBytes: parseSize(options.memory) }),
  };
  const started = await bridgeOptions(uri, sdkSettingsOf(settings), served, log);
  let bridge = await startBridge(uri, started, log);
  tellReady(uri, bridge, options.json === true);
  // Where no port was asked for, a bridge that is started anew keeps the one that it had.
  const again = { ...started, port: bridge.port };
  const stopped = new Promise<null>((done) => signal.addEventListener('abort', () => done(null), { once: true }));
  try {
    while (!signal.aborted) {
      const lost = await Promise.race([bridge.lost, stopped]);
      if (lost === null) break;
      log('warning', `${lost}; it is started anew`);
      const next = await startAgain(uri, again, log, signal);
      if (next === null) break;
      bridge = next;
      log('info', `${bridge.identity.model} ${bridge.identity.serial} is served again`);
    }
  } finally {
    await bridge.stop();
  }
  return EXIT.done;
}

async function startAgain(
  uri: string,
  options: Parameters<typeof startBridge>[1],
  log: Parameters<typeof startBridge>[2],
  signal: AbortSignal,
): Promise<BridgeProcess | null> {
  let before = '';
  while (!signal.aborted) {
    try {
      return await startBridge(uri, options, log);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== before) log('warning', reason);
      before = reason;
      await delay(RESTART_MS, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

function tellReady(uri: string, { address, port, identity, versions }: BridgeProcess, json: boolean): void {
  const camera = `gige:${address}${port === GVCP_PORT ? '' : `:${port}`}`;
  if (json) {
    printJson({ ready: true, uri, camera, address, port, identity, versions });
    return;
  }
  const { vendor, model, serial } = identity;
  const known = Object.entries(versions).map(([name, version]) => `  ${name}: ${version}\n`);
  process.stdout.write(
    `${vendor} ${model} ${serial} is served at ${address}, port ${port}\n${known.join('')}open it with: appulse record --camera ${camera}\n`,
  );
}

/** A device says in its registers where it is, so it is at one address. */
function addressOf(text: string): string {
  const refused = (why: string) =>
    new UsageError('usage.bridge', `--bind ${text} ${why}: write one of this machine, ${localAddressesInWords()}`);
  if (!isIPv4(text)) throw refused('is no IPv4 address');
  if (text === '0.0.0.0') throw refused('means every address, and a GigE Vision device has one');
  if (!isLocalAddress(text)) throw refused('is no address of this machine');
  return text;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError('usage.bridge', `--port ${text} is no port: write 0 to 65535, 0 for any that is free`);
}
