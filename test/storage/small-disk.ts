/** A file system that can be filled. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from './sample-session.js';

/** Runs `use` with a file system of `size` that can be filled; a tmpfs in its own mount. */
export async function onSmallDisk(size: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { encoding: 'utf8' });
  assert.is(mounted.status, 0, mounted.stderr);
  try {
    await use(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
}
