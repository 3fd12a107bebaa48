/** A file system that can be filled: a tmpfs in its own mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Callback, Test } from 'uvu';
import { peerTest, SKIP_MARK } from './peers.js';

/** Mounts a tmpfs of `size` for `use`. Throws where mounting is refused. */
export async function onSmallDisk(size: string, use: (folder: string) => Promise<void>): Promise<void> {
  const above = mkdtempSync(join(tmpdir(), 'appulse-disk-'));
  const folder = join(above, 'disk');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { encoding: 'utf8' });
  try {
    if (mounted.status !== 0) throw new Error(`no tmpfs can be mounted: ${mounted.stderr}`);
    await use(folder);
  } finally {
    spawnSync('umount', ['-l', folder], { stdio: 'ignore' });
    rmSync(above, { recursive: true, force: true });
  }
}

function mountRefused(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-disk-'));
  try {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    if (mounted.status === 0) spawnSync('umount', ['-l', folder], { stdio: 'ignore' });
    return mounted.status !== 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Registers a test that needs `onSmallDisk`; skipped with its reason where mounting is refused, as in a container. */
export function diskTest(test: Test, name: string, run: Callback): void {
  const root = process.getuid?.() === 0;
  if (root && mountRefused() && process.env.APPULSE_REQUIRE_PEERS !== '1') {
    process.stdout.write(`${SKIP_MARK} ${name} (mounting a tmpfs is refused)\n`);
  } else peerTest(test, ['root'], name, run);
}
