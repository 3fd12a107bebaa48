/** `appulse cameras`: what is connected. */
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { GVCP_PORT } from '#pipeline/wire/gvcp.js';
import { CameraSearch, type Connected, type ConnectedCamera, newIn } from '#src/cameras/connected-cameras.js';
import { parseGigeUri } from '#src/cameras/gige-vision/uri.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { addSettings, command, EXIT, jsonText, printJson, printTable, runCommand, settingsOf } from './command-line.js';
import { withoutControls } from './terminal-text.js';
import { untilStopped } from './until-stopped.js';

interface CamerasOptions extends Record<string, unknown> {
  readonly address: readonly string[];
  readonly timeout: string;
  readonly sdkTimeout: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Time between two looks of `--watch`: libraries open cameras to read their serial numbers. */
const WATCH_MS = 3_000;

export function camerasCommand(): Command {
  const cameras = command(
    'cameras',
    'list the cameras that are connected: GigE Vision on every network interface, QHY and Toupcam by their libraries',
    'appulse cameras --address 10.0.5.20',
  )
    .option(
      '--address <host[:port]>',
      'also ask this address, which broadcasts do not reach (repeatable)',
      (text, before: string[]) => [...before, text],
      [],
    )
    .option('--timeout <duration>', 'how long to wait for answers of GigE Vision cameras', '1s')
    .option('--sdk-timeout <duration>', "how long a maker's library may look", '20s')
    .option('--watch', 'go on, and tell when a camera comes or goes');
  addSettings(cameras, ['camera.qhy-library', 'camera.toupcam-library', 'camera.sdk-doubles']);
  return cameras.action((options: CamerasOptions) => runCommand(options.json === true, () => listCameras(options)));
}

async function listCameras(options: CamerasOptions): Promise<number> {
  const notices = new Set<string>();
  const search = new CameraSearch({
    gigeMs: limit('--timeout', options.timeout, 60),
    sdkMs: limit('--sdk-timeout', options.sdkTimeout, 600),
    extra: options.address.map(parseAddress),
    sdk: sdkSettingsOf(settingsOf(options).values),
    say: (text) => say(notices, text),
  });
  try {
    if (options.watch) return await watch(search, options, notices);
    const found = await search.look();
    tellProblems(found, notices);
    if (options.json) printJson(found);
    else print(found.cameras);
    return found.libraries.some(isFailure) ? EXIT.failed : EXIT.done;
  } finally {
    await search.close();
  }
}

/** Each change on a line of its own, until a signal; then, with `--json`, what is there. */
async function watch(search: CameraSearch, options: CamerasOptions, notices: Set<string>): Promise<number> {
  let last: Connected = { cameras: [], libraries: [] };
  await untilStopped(async (signal) => {
    while (!signal.aborted) {
      const now = await search.look();
      // A signal from the terminal ends the libraries' processes too.
      if (signal.aborted) return;
      tellProblems(now, notices);
      const kept = last.cameras.filter(({ transport }) => unknown(now, transport));
      const cameras = [...now.cameras, ...newIn(kept, now.cameras)];
      for (const camera of newIn(last.cameras, cameras)) tellChange('left', camera, options);
      for (const camera of newIn(cameras, last.cameras)) tellChange('arrived', camera, options);
      last = { ...now, cameras };
      await pause(signal);
    }
  });
  if (options.json) printJson(last);
  return EXIT.done;
}

/** A scan that failed says nothing of whether cameras have gone. */
const unknown = ({ libraries }: Connected, transport: ConnectedCamera['transport']) =>
  libraries.some(({ scheme, problem }) => scheme === transport && problem !== null);

function tellChange(change: 'arrived' | 'left', camera: ConnectedCamera, { json }: CamerasOptions): void {
  if (json) process.stdout.write(`${jsonText({ change, at: new Date().toISOString(), camera })}\n`);
  else {
    const { uri, vendor, model, serial } = camera;
    process.stdout.write(
      withoutControls(`${change}  ${uri}  ${vendor} ${model}  ${serial}  ${noteOn(camera)}`.trimEnd()),
    );
    process.stdout.write('\n');
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  // Rejects when it is aborted, which is an end like the other.
  await setTimeout(WATCH_MS, undefined, { signal }).catch(() => {});
}

function print(cameras: readonly ConnectedCamera[]): void {
  if (cameras.length === 0) {
    process.stderr.write('no camera answered; check power and cabling, or name an address: --address HOST\n');
    return;
  }
  const notes = cameras.map(noteOn);
  const noted = notes.some((note) => note !== '');
  const rows = cameras.map((c, at) => {
    const row = [c.uri, c.vendor, c.model, c.serial, c.userName || '-', c.mac ?? '-'];
    return noted ? [...row, notes[at] || '-'] : row;
  });
  printTable(['CAMERA', 'VENDOR', 'MODEL', 'SERIAL', 'NAME', 'MAC', ...(noted ? ['NOTE'] : [])], rows);
}

function noteOn({ double, unavailable }: ConnectedCamera): string {
  return [double ? 'a double, no camera' : '', unavailable ?? ''].filter((word) => word !== '').join('; ');
}

const isFailure = ({ problem }: Connected['libraries'][number]) => problem !== null && !problem.harmless;

/** Most stations have cameras of one maker: that the other's library is not there is told, and no more. */
function tellProblems({ libraries }: Connected, notices: Set<string>): void {
  for (const { scheme, problem } of libraries) {
    if (problem === null) continue;
    const why = problem.harmless ? "the maker's library is not installed (--json tells more)" : problem.message;
    say(notices, `${scheme}: cameras are not listed: ${why}`);
  }
}

/** Once. */
function say(said: Set<string>, text: string): void {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`appulse: ${withoutControls(text)}\n`);
}

function limit(option: string, text: string, mostSeconds: number): number {
  const ms = Number(parseDuration(text)) / 1e6;
  if (ms > 0 && ms <= mostSeconds * 1000) return ms;
  throw new UsageError('usage.timeout', `${option} ${text}: write a duration up to ${mostSeconds}s`);
}

/** HOST[:PORT], as after `gige:`; here a bare word is a host name. */
function parseAddress(text: string): { host: string; port: number } {
  const target = parseGigeUri(`gige:${text}`);
  return target.kind === 'serial' ? { host: target.serial, port: GVCP_PORT } : target;
}
