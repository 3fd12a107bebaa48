/** What this user may do: raw sockets, SCHED_FIFO, memory that stays. */
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import { type Machine, numberIn } from './machine.js';
import type { Plan } from './plan.js';

/** Bits of capabilities(7). */
export const CAPABILITY = { netAdmin: 12, netRaw: 13, sysNice: 23 } as const;

/** Whether this process has a capability; null where the kernel does not say. */
export function hasCapability(machine: Machine, bit: number): boolean | null {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(machine.text('proc/self/status') ?? '')?.[1];
  return mask === undefined ? null : ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
}

/** The soft limit of a line of /proc/self/limits; infinity for `unlimited`, null where it is missing. */
function limitOf(machine: Machine, name: string): number | null {
  const line = (machine.text('proc/self/limits') ?? '').split('\n').find((each) => each.startsWith(name));
  const word = line?.slice(name.length).trim().split(/\s+/)[0];
  if (word === undefined) return null;
  return word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}

function rawSockets(machine: Machine, plan: Plan): Finding {
  const point = {
    id: 'privilege.raw-sockets',
    title: 'raw sockets',
    why: 'Only --receiver raw needs them: it taps a stream that another program controls.',
  };
  const may = hasCapability(machine, CAPABILITY.netRaw);
  if (may === null) return unknown(point, 'the capabilities of this process cannot be read');
  if (may) return ok(point, 'permitted');
  if (plan.settings['camera.receiver'] !== 'raw') return ok(point, 'not permitted, and not needed by this receiver');
  return bad(
    point,
    'not permitted, but --receiver raw was chosen',
    'sudo setcap cap_net_raw+ep "$(readlink -f "$(which node)")"',
  );
}

function realtime(machine: Machine, plan: Plan): Finding {
  const point = {
    id: 'privilege.realtime',
    title: 'SCHED_FIFO',
    why: 'Under SCHED_FIFO the receive thread does not wait for other programs (--realtime PRIORITY).',
  };
  const may = hasCapability(machine, CAPABILITY.sysNice);
  const limit = limitOf(machine, 'Max realtime priority');
  if (may === null && limit === null) return unknown(point, 'the limits of this process cannot be read');
  const most = may === true ? 99 : (limit ?? 0);
  const wanted = plan.settings['camera.realtime'];
  const found = most > 0 ? `permitted up to priority ${Math.min(99, most)}` : 'not permitted';
  if (wanted === null) return ok(point, `${found}; not asked for`);
  if (wanted <= most) return ok(point, `${found}; ${wanted} is asked for`);
  const line = `${process.env.USER ?? '$USER'} - rtprio ${wanted}`;
  return warn(
    point,
    `${found}, but --realtime ${wanted} is asked for (the right comes with the next login)`,
    `echo "${line}" | sudo tee /etc/security/limits.d/appulse.conf`,
  );
}

function swap(machine: Machine): Finding {
  const point = {
    id: 'privilege.memory',
    title: 'memory that stays',
    why: 'A page of the ring that was swapped out stops the receive thread until the disk has given it back.',
  };
  const swaps = machine.text('proc/swaps');
  if (swaps === null) return unknown(point, '/proc/swaps cannot be read');
  const areas = swaps.split('\n').length - 1;
  const lock = limitOf(machine, 'Max locked memory');
  const locked = lock === null ? '' : `; memlock ${lock === Number.POSITIVE_INFINITY ? 'unlimited' : `${lock} bytes`}`;
  const swappiness = numberIn(machine, 'proc/sys/vm/swappiness');
  if (areas <= 0) return ok(point, `no swap${locked}`);
  const found = `${areas} swap area${areas > 1 ? 's' : ''}, vm.swappiness ${swappiness ?? 'unknown'}${locked}`;
  return swappiness !== null && swappiness <= 10
    ? ok(point, found)
    : warn(point, found, 'sudo sysctl -w vm.swappiness=1   # or: sudo swapoff -a');
}

export const privileges = (machine: Machine, plan: Plan): Finding[] => [
  rawSockets(machine, plan),
  realtime(machine, plan),
  swap(machine),
];
