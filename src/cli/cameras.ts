/** `appulse cameras`: what is connected. */
import type { Command } from 'commander';
import { GVCP_PORT } from '#pipeline/wire/gvcp.js';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { identityOf } from '#src/cameras/gige-vision/gige-camera.js';
import { parseGigeUri } from '#src/cameras/gige-vision/uri.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { command, EXIT, printJson, printTable, runCommand } from './command-line.js';

interface CamerasOptions {
  readonly address: readonly string[];
  readonly timeout: string;
  readonly json?: boolean;
}

export function camerasCommand(): Command {
  return command(
    'cameras',
    'list the GigE Vision cameras on every network interface',
    'appulse cameras --address 10.0.5.20',
  )
    .option(
      '--address <host[:port]>',
      'also ask this address, which broadcasts do not reach (repeatable)',
      (text, before: string[]) => [...before, text],
      [],
    )
    .option('--timeout <duration>', 'how long to wait for answers', '1s')
    .action((options: CamerasOptions) => runCommand(options.json === true, () => listCameras(options)));
}

async function listCameras(options: CamerasOptions): Promise<number> {
  const timeoutMs = Number(parseDuration(options.timeout)) / 1e6;
  if (!(timeoutMs > 0 && timeoutMs <= 60_000))
    throw new UsageError('usage.timeout', `--timeout ${options.timeout}: write a duration up to 60s`);
  const devices = await discover({ timeoutMs, extra: options.address.map(parseAddress) });
  const cameras = devices.map((device) => identityOf(device.description, device.address, device.port));
  if (options.json) {
    printJson({ cameras });
  } else if (cameras.length === 0) {
    process.stderr.write('no camera answered; check power and cabling, or name an address: --address HOST\n');
  } else {
    const rows = cameras.map((c) => [c.uri, c.vendor, c.model, c.serial, c.userName || '-', c.mac]);
    printTable(['CAMERA', 'VENDOR', 'MODEL', 'SERIAL', 'NAME', 'MAC'], rows);
  }
  return EXIT.done;
}

/** HOST[:PORT], as after `gige:`; here a bare word is a host name. */
function parseAddress(text: string): { host: string; port: number } {
  const target = parseGigeUri(`gige:${text}`);
  return target.kind === 'serial' ? { host: target.serial, port: GVCP_PORT } : target;
}
