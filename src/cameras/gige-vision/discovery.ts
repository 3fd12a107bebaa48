/** Finds GigE Vision devices: a DISCOVERY broadcast on every interface, and unicast to addresses that are given. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type DeviceDescription, decodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import { encodeDiscovery, GVCP_COMMAND, GVCP_PORT, parseGvcpAcknowledge } from '#pipeline/wire/gvcp.js';
import { formatIpv4, parseIpv4 } from '#pipeline/wire/network-text.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { CameraError } from './camera-error.js';

export interface DiscoveredDevice {
  readonly description: DeviceDescription;
  /** Where the device can be controlled. */
  readonly address: string;
  readonly port: number;
  /** Our address on the interface through which it answered. */
  readonly interfaceAddress: string;
}

export interface DiscoveryOptions {
  /** How long answers are collected, milliseconds. */
  readonly timeoutMs?: number;
  /** Devices that broadcasts do not reach: behind a router, on another port. */
  readonly extra?: readonly { host: string; port: number }[];
}

const REQUEST_ID = 0xd15c;

/**
 * All devices that answer within the time, sorted by address. Interfaces that cannot broadcast are passed over.
 * @throws CameraError `camera.address` for a name in `extra` that has no IPv4 address
 */
export async function discover(options: DiscoveryOptions = {}): Promise<DiscoveredDevice[]> {
  const timeoutMs = options.timeoutMs ?? 1000;
  const addresses = await addressesOf(options.extra?.map(({ host }) => host) ?? []);
  const found = new Map<string, DiscoveredDevice>();
  const sockets: Socket[] = [];
  const rounds: (() => void)[] = [];
  for (const network of ipv4Interfaces()) {
    const socket = await openSocket(network.address, (bytes, from) => note(found, bytes, from, network.address, false));
    if (socket === null) continue;
    socket.setBroadcast(true);
    sockets.push(socket);
    for (const target of new Set(['255.255.255.255', subnetBroadcast(network)]))
      rounds.push(() => send(socket, target, GVCP_PORT));
  }
  for (const { host, port } of options.extra ?? []) {
    const address = addresses.get(host) ?? host;
    const socket = await openSocket(undefined, (bytes, from) => note(found, bytes, from, '', true));
    if (socket === null) continue;
    sockets.push(socket);
    rounds.push(() => send(socket, address, port));
  }
  // Twice: the first datagram to a new neighbour may be lost while its hardware address is looked up.
  for (const wait of [timeoutMs * 0.4, timeoutMs * 0.6]) {
    for (const round of rounds) round();
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  for (const socket of sockets) socket.close();
  return [...found.values()].sort((a, b) => parseIpv4(a.address) - parseIpv4(b.address) || a.port - b.port);
}

/** The IPv4 address of each name. */
async function addressesOf(hosts: readonly string[]): Promise<Map<string, string>> {
  const addresses = new Map<string, string>();
  for (const host of hosts) {
    try {
      addresses.set(host, (await lookup(host, 4)).address);
    } catch (cause) {
      throw new CameraError(
        'camera.address',
        `the name ${host} has no IPv4 address: check its spelling and the name service, or write the address in digits`,
        { cause },
      );
    }
  }
  return addresses;
}

/** Every address of every interface. */
export function ipv4Interfaces(): NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4');
}

export function subnetBroadcast(network: NetworkInterfaceInfo): string {
  return formatIpv4((parseIpv4(network.address) | ~parseIpv4(network.netmask)) >>> 0);
}

function openSocket(
  address: string | undefined,
  onMessage: (bytes: Uint8Array, from: RemoteInfo) => void,
): Promise<Socket | null> {
  const socket = createSocket('udp4');
  socket.on('message', onMessage);
  return new Promise((resolve) => {
    // Later errors (a refused unicast) must not end the process: a silent device is simply not listed.
    socket.on('error', () => resolve(null));
    socket.bind(0, address, () => resolve(socket));
  });
}

function send(socket: Socket, address: string, port: number): void {
  socket.send(encodeDiscovery(REQUEST_ID), port, address, () => undefined);
}

function note(
  found: Map<string, DiscoveredDevice>,
  bytes: Uint8Array,
  from: RemoteInfo,
  interfaceAddress: string,
  asked: boolean,
): void {
  try {
    const acknowledge = parseGvcpAcknowledge(bytes);
    if (acknowledge.answer !== GVCP_COMMAND.discovery + 1 || acknowledge.status !== 0) return;
    const description = decodeDiscoveryAck(acknowledge.payload);
    // Answers to broadcasts may leave through another socket of the device: its own word on its address counts.
    const address = asked || description.address === '0.0.0.0' ? from.address : description.address;
    const key = `${address}:${from.port}`;
    if (!found.has(key)) found.set(key, { description, address, port: from.port, interfaceAddress });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}
