/** tshark as a judge of what went over the wire. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Namespace } from './netns.js';

/** Captures the namespace's loopback into `file` while `work` runs. */
export async function captured(namespace: Namespace, file: string, work: () => Promise<void>): Promise<void> {
  const [program, ...args] = [...namespace.prefix, 'tshark', '-i', 'lo', '-w', file];
  const tshark = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(tshark, 'exit');
  try {
    await once(tshark.stderr, 'data'); // "Capturing on ..."
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await work();
  } finally {
    tshark.kill('SIGINT');
    await exit;
  }
}

/** Reads a capture, the stream's source port taken for GVSP. */
export function readCapture(
  namespace: Namespace,
  file: string,
  streamPort: number | string,
  ...args: string[]
): string {
  return namespace.run('tshark', '-r', file, '-d', `udp.port==${streamPort},gvsp`, ...args);
}

/** What tshark finds malformed or warns of in GVCP and GVSP. Below 0x600000 it wonders at port numbers only. */
export function complaints(namespace: Namespace, file: string, streamPort: number | string): string[] {
  const filter = '_ws.malformed || ((gvcp || gvsp) && _ws.expert.severity >= 0x600000)';
  const found = readCapture(namespace, file, streamPort, '-Y', filter);
  return found.split('\n').filter((line) => /GV[CS]P|malformed/i.test(line));
}
