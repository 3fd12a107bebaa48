/** Where a running station listens: one socket a data folder, private to the user, short enough for a socket's name. */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** The folder of the user's sockets. */
export function socketFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  return runtime && existsSync(runtime) ? join(runtime, 'appulse') : join(tmpdir(), `appulse-${userInfo().uid}`);
}

/** The folder without links in it; the part that does not exist yet stays as it is. */
function withoutLinks(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder);
  const parent = dirname(folder);
  return parent === folder ? folder : join(withoutLinks(parent), basename(folder));
}

/** The control socket of the station that records into `dataFolder`. */
export function controlSocketPath(dataFolder: string): string {
  const real = withoutLinks(resolve(dataFolder));
  return join(socketFolder(), `${createHash('sha256').update(real).digest('hex').slice(0, 16)}.sock`);
}
