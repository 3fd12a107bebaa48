/**
 * Tests that need the GigE Vision port (3956) or broadcasts for themselves run in a network namespace of their own: it
 * holds nothing but a loopback interface, and ends with the processes in it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const INSIDE = 'APPULSE_TEST_NAMESPACE';
/** sysfs shows the interfaces of the namespace in which it was mounted. */
const PREPARE = 'ip link set lo up && mount -t sysfs none /sys; exec "$@"';
const UNSHARE = ['--net', '--mount', 'sh', '-c', PREPARE, 'sh'];

/**
 * Call it first in a test file. The file is run again inside a namespace, its output passed on, and this process ends
 * with its exit code; inside, and where namespaces are not allowed, the call returns: true inside, false outside.
 */
export async function enterNetworkNamespace(fileUrl: string): Promise<boolean> {
  if (process.env[INSIDE] === '1') {
    const parent = process.ppid;
    // The outer process may be killed: what it started ends, too.
    setInterval(() => process.ppid === parent || process.exit(1), 500).unref();
    return true;
  }
  if (spawnSync('unshare', [...UNSHARE, 'true'], { stdio: 'ignore' }).status !== 0) return false;
  const child = spawn('unshare', [...UNSHARE, process.execPath, ...process.execArgv, fileURLToPath(fileUrl)], {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: 'inherit',
  });
  const code = await new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
  process.exit(code);
}
