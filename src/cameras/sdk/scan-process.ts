/**
 * Looks for the cameras of one maker, in a process of its own: a scan blocks for seconds, and a vendor's library may hang in it or
 * crash. Each message from the parent is one scan. The library has a thread of its own, so that the process ends with its parent
 * whatever the library does.
 *
 *     scan-process.js SCHEME LIBRARY|-
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { driverModule, loadDriver } from './drivers.js';
import { type ScanAnswer, scanProblem } from './sdk-scanner.js';
import type { SdkScheme } from './sdk-uri.js';

interface Work {
  readonly scheme: SdkScheme;
  readonly library: string | null;
}

function supervise(): void {
  const [, , scheme, path] = process.argv;
  const library = path === undefined || path === '-' ? null : path;
  const thread = new Worker(new URL(import.meta.url), { workerData: { scheme: scheme as SdkScheme, library } });
  thread.on('message', (answer: ScanAnswer) => process.send?.(answer));
  process.on('message', (message) => thread.postMessage(message));
  // Nothing less ends a process one of whose threads does not come back from a library.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

async function scan({ scheme, library }: Work): Promise<ScanAnswer> {
  try {
    const driver = await loadDriver(driverModule(scheme));
    return { cameras: await driver.find({ library }), problem: null };
  } catch (error) {
    return { cameras: [], problem: scanProblem(error) };
  }
}

if (isMainThread) supervise();
else parentPort?.on('message', async () => parentPort?.postMessage(await scan(workerData as Work)));
