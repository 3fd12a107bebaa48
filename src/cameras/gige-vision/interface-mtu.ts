/** The network interface that has an address: its name and its MTU. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** What every Ethernet interface carries. */
export const ETHERNET_MTU = 1500;

/**
 * Bytes of the longest IP packet that leaves through the interface with `localAddress`, read from Linux' sysfs.
 * Where that is not possible (another system, an address of no interface): 1500.
 */
export function interfaceMtu(localAddress: string): number {
  const name = interfaceName(localAddress);
  if (name === null) return ETHERNET_MTU;
  try {
    const mtu = Number.parseInt(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8'), 10);
    return mtu >= 576 ? mtu : ETHERNET_MTU;
  } catch {
    return ETHERNET_MTU;
  }
}

/** The name of the interface with that address, such as `eth0`; null: none has it. */
export function interfaceName(localAddress: string): string | null {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((address) => address.address === localAddress || inLoopback(address.address, localAddress)),
  );
  return found?.[0].replace(/:.*/, '') ?? null;
}

/** All of 127.0.0.0/8 is the loopback interface, though only 127.0.0.1 is listed. */
function inLoopback(interfaceAddress: string, localAddress: string): boolean {
  return interfaceAddress.startsWith('127.') && localAddress.startsWith('127.');
}
