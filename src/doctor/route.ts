/** Which interface leads to an IPv4 address, from /proc/net/route. */
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import type { Machine } from './machine.js';

/** The table holds addresses as they lie in memory on a little-endian machine. */
function swapped(hex: string): number {
  const value = Number.parseInt(hex, 16);
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

const UP = 1;

/**
 * The interface by which `address` is reached: the longest matching prefix, then the least metric. `lo` for an own address;
 * null where no route leads there or the table cannot be read.
 */
export function routeTo(machine: Machine, address: string): string | null {
  if (address.startsWith('127.') || machine.addresses.includes(address)) return 'lo';
  const target = parseIpv4(address);
  let best: { name: string; mask: number; metric: number } | null = null;
  for (const line of (machine.text('proc/net/route') ?? '').split('\n').slice(1)) {
    const [name = '', destination = '', , flags = '0', , , metricText = '0', maskHex = ''] = line.split(/\s+/);
    const mask = swapped(maskHex);
    if ((Number.parseInt(flags, 16) & UP) === 0 || (target & mask) >>> 0 !== swapped(destination)) continue;
    const metric = Number(metricText);
    if (best === null || mask > best.mask || (mask === best.mask && metric < best.metric))
      best = { name, mask, metric };
  }
  return best?.name ?? null;
}
