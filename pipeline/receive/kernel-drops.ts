import { readFile } from 'node:fs/promises';

const UDP_PROTOCOL = 17;

/**
 * Datagrams that the kernel dropped for want of room: in a UDP socket on `port`, or in raw sockets that take UDP. Read
 * from /proc/net (Linux), whose last column it is; 0 where that is not to be had.
 */
export async function readKernelDrops(table: 'udp' | 'raw', port = UDP_PROTOCOL): Promise<number> {
  let text: string;
  try {
    text = await readFile(`/proc/net/${table}`, 'latin1');
  } catch {
    return 0;
  }
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(suffix)) drops += Number(columns.at(-1)) || 0;
  }
  return drops;
}
