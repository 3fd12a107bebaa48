import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { formatIpv4, parseIpv4 } from '#pipeline/wire/network-text.js';

/** The network that an address of this machine belongs to. */
export interface LocalNetwork {
  readonly interfaceName: string | null;
  readonly netmask: string;
  readonly broadcast: string;
  readonly mtu: number;
}

const ETHERNET_MTU = 1500;

/** The interface whose network holds `address`; on loopback every 127.x.x.x is an address of this machine. */
export function localNetwork(address: string): LocalNetwork {
  const target = parseIpv4(address);
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.family !== 'IPv4') continue;
      const mask = parseIpv4(entry.netmask);
      if ((parseIpv4(entry.address) & mask) !== (target & mask)) continue;
      const broadcast = formatIpv4(((target & mask) | ~mask) >>> 0);
      return { interfaceName: name, netmask: entry.netmask, broadcast, mtu: mtuOf(name) };
    }
  }
  return { interfaceName: null, netmask: '255.255.255.0', broadcast: '255.255.255.255', mtu: ETHERNET_MTU };
}

/** Whether `address` is one of this machine's. */
export function isLocalAddress(address: string): boolean {
  if (address.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => entry.address === address));
}

/** `10.0.5.10 (eth1)`: the IPv4 addresses of this machine, in words. */
export function localAddressesInWords(): string {
  const found = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => `${address} (${name})`),
  );
  return found.length === 0 ? 'none that is up' : found.join(', ');
}

/** Linux tells the MTU in /sys; elsewhere Ethernet's is assumed, and 16384 for the loopback interface. */
function mtuOf(interfaceName: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${interfaceName}/mtu`, 'utf8'));
  } catch {
    return interfaceName.startsWith('lo') ? 16384 : ETHERNET_MTU;
  }
}
