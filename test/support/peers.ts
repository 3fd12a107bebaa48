/**
 * Tests whose judge is another program. Where it is missing the test is skipped with its reason on a user's machine,
 * and fails where peers are required (APPULSE_REQUIRE_PEERS=1, as in CI).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Callback, Test } from 'uvu';

/** The line by which the test runner counts a skipped test. */
export const SKIP_MARK = 'appulse-skip:';

/** Debian's python3, which sees Debian's astropy even where another python3 comes first in PATH. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function missing(peer: string): boolean {
  if (peer === 'astropy') return spawnSync(PYTHON, ['-c', 'import astropy'], { stdio: 'ignore' }).status !== 0;
  if (peer === 'libcfitsio-dev') return !existsSync('/usr/include/fitsio.h');
  if (peer === 'linux-libc-dev') return !existsSync('/usr/include/linux/videodev2.h');
  if (peer === 'root') return process.getuid?.() !== 0;
  return !(process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, peer)));
}

/**
 * Registers `name` when all `peers` are there: programs by name, 'astropy' for the Python package, 'libcfitsio-dev' for the
 * library and its header, 'linux-libc-dev' for the kernel's headers, 'root' for the
 * privilege (raw sockets, network namespaces). Otherwise it is skipped with its reason, or fails where peers are required.
 */
export function peerTest(test: Test, peers: readonly string[], name: string, run: Callback): void {
  const absent = peers.filter(missing);
  if (absent.length === 0) {
    test(name, run);
  } else if (process.env.APPULSE_REQUIRE_PEERS === '1') {
    test(name, () => {
      throw new Error(`required here, but missing: ${absent.join(', ')}`);
    });
  } else {
    process.stdout.write(`${SKIP_MARK} ${name} (missing: ${absent.join(', ')})\n`);
  }
}
