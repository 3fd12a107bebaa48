/** Sends an ACTION to cameras, one by one or to all of the networks, and lists who takes it. Needs control of none of them. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type Action, encodeAction, GVCP_COMMAND, GVCP_PORT, parseGvcpAcknowledge } from '#pipeline/wire/gvcp.js';
import { BOOTSTRAP, GVCP_CAPABILITY } from '#pipeline/wire/registers.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { CameraError } from './camera-error.js';
import { ipv4Interfaces, subnetBroadcast } from './discovery.js';
import { GvcpClient } from './gvcp-client.js';

export interface ActionTarget {
  readonly host: string;
  readonly port: number;
}

export interface ActionAnswer {
  readonly address: string;
  readonly port: number;
  /** GVCP's: 0, or why it is not done (action late, no reference time, overflow). */
  readonly status: number;
}

/**
 * One datagram to each target, or to the broadcast address of every network: it is not repeated, for it would be done twice. A
 * camera whose keys do not fit does not answer.
 * @throws CameraError `camera.address`, `camera.action`
 */
export async function sendAction(
  action: Action,
  targets: readonly ActionTarget[] | 'broadcast',
  timeoutMs: number,
): Promise<ActionAnswer[]> {
  const requestId = 1 + Math.floor(Math.random() * 0xffff);
  const command = encodeAction(requestId, action);
  const answers = new Map<string, ActionAnswer>();
  const sockets: Socket[] = [];
  const wanted = targets === 'broadcast' ? Number.POSITIVE_INFINITY : targets.length;
  let allAnswered: () => void = () => {};
  const complete = new Promise<void>((resolve) => {
    allAnswered = resolve;
  });
  const open = async (address?: string) => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.on('message', (bytes, from) => {
      const status = statusOf(bytes, requestId);
      if (status === null) return;
      answers.set(`${from.address}:${from.port}`, { address: from.address, port: from.port, status });
      if (answers.size >= wanted) allAnswered();
    });
    // A refused datagram is a camera that does not answer.
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.bind(0, address, () => resolve()));
    return socket;
  };
  try {
    if (targets === 'broadcast') {
      for (const network of ipv4Interfaces()) {
        const socket = await open(network.address);
        socket.setBroadcast(true);
        socket.send(command, GVCP_PORT, subnetBroadcast(network), () => {});
      }
    } else {
      const socket = await open();
      const addresses = await Promise.all(targets.map(({ host }) => addressOf(host)));
      for (const [i, { port }] of targets.entries()) socket.send(command, port, addresses[i], () => {});
    }
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([complete, limit]);
    clearTimeout(timer);
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...answers.values()];
}

/**
 * Asks a camera whether it can do it before it is sent.
 * @throws CameraError `camera.action` where it cannot; GvcpError where it does not answer
 */
export async function requireAction({ host, port }: ActionTarget, scheduled: boolean): Promise<void> {
  const client = await GvcpClient.connect(host, port);
  try {
    const capability = await client.readRegister(BOOTSTRAP.gvcpCapability.address);
    const where = `the camera at ${host}:${port}`;
    if ((capability & GVCP_CAPABILITY.action) === 0)
      throw new CameraError('camera.action', `${where} does not know action commands`);
    if (!scheduled) return;
    if ((capability & GVCP_CAPABILITY.scheduledAction) === 0)
      throw new CameraError('camera.action', `${where} knows no action commands at a set time: leave --at out`);
    const status = (await client.readRegister(BOOTSTRAP.ieee1588Status.address)) & 0xf;
    if (status !== PTP_SLAVE && status !== PTP_MASTER)
      throw new CameraError('camera.action', `${where} cannot act at a set time: PTP does not hold its clock (--ptp)`);
  } finally {
    client.close();
  }
}

/** States of a PTP port whose clock is the network's (IEEE 1588-2008, table 8). */
const PTP_MASTER = 6;
const PTP_SLAVE = 9;

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host, 4)).address;
  } catch (cause) {
    throw new CameraError('camera.address', `the name ${host} has no IPv4 address: check its spelling`, { cause });
  }
}

/** Null for what is no answer to this action. */
function statusOf(bytes: Uint8Array, requestId: number): number | null {
  try {
    const { answer, acknowledgeId, status } = parseGvcpAcknowledge(bytes);
    return answer === GVCP_COMMAND.action + 1 && acknowledgeId === requestId ? status : null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
