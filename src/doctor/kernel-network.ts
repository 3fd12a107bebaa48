/** The kernel's limits on receiving: socket buffer, backlog, budget. */
import { formatSize } from '#src/config/units.js';
import { receiverKind } from '#src/station/receiver-kind.js';
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import { type Machine, numberIn } from './machine.js';
import { type Plan, rateText } from './plan.js';
import { CAPABILITY, hasCapability } from './privileges.js';

/** The receiver's own wish is 250 ms of stream; up to 50 ms a machine in bad weather still gets by. */
const ENOUGH_MS = 200;
const LEAST_MS = 50;
/** Polls of the kernel that ended with packets left, as a share of packets: more than this is a pattern. */
const SQUEEZE_SHARE = 1e-3;

const setting = (name: string, value: number) =>
  `sudo sysctl -w ${name}=${value} && echo '${name}=${value}' | sudo tee -a /etc/sysctl.d/90-appulse.conf`;

function receiveBuffer(machine: Machine, plan: Plan): Finding {
  const point = {
    id: 'network.receive-buffer',
    title: 'socket buffer',
    why: 'Packets that come while the receive thread waits for a CPU stay here; beyond it the kernel drops them.',
  };
  const limit = numberIn(machine, 'proc/sys/net/core/rmem_max');
  const wanted = plan.settings['camera.socket-buffer'];
  const forced = hasCapability(machine, CAPABILITY.netAdmin) === true && receiverKind(plan.settings) === 'native';
  if (limit === null && !forced) return unknown(point, 'net.core.rmem_max cannot be read');
  const bytes = forced || limit === null ? wanted : Math.min(wanted, limit);
  const ms = (bytes / plan.bytesPerSecond) * 1000;
  const how = forced ? 'forced past net.core.rmem_max' : `net.core.rmem_max is ${limit}`;
  const found = `${formatSize(bytes)} of the ${formatSize(wanted)} asked for, ${ms.toFixed(ms < 10 ? 1 : 0)} ms at ${rateText(plan)}; ${how}`;
  if (ms >= ENOUGH_MS) return ok(point, found);
  const need = Math.ceil((plan.bytesPerSecond / 4) * 2 ** -20) * 2 ** 20;
  const remedy =
    bytes < wanted ? setting('net.core.rmem_max', Math.max(wanted, need)) : `appulse record --socket-buffer ${need}`;
  return ms >= LEAST_MS ? warn(point, found, remedy) : bad(point, found, remedy);
}

interface Softnet {
  readonly packets: number;
  readonly dropped: number;
  readonly squeezed: number;
}

/** /proc/net/softnet_stat: a line a CPU; processed, dropped, squeezed in hexadecimal. */
function softnet(machine: Machine): Softnet | null {
  const text = machine.text('proc/net/softnet_stat');
  if (text === null || text === '') return null;
  const rows = text.split('\n').map((line) => line.split(/\s+/).map((word) => Number.parseInt(word, 16)));
  const total = (column: number) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0);
  return { packets: total(0), dropped: total(1), squeezed: total(2) };
}

function backlog(machine: Machine): Finding {
  const point = {
    id: 'network.backlog',
    title: 'packet backlog',
    why: 'Packets that one CPU hands to another wait here (RPS, loopback); a full backlog drops them unseen.',
  };
  const size = numberIn(machine, 'proc/sys/net/core/netdev_max_backlog');
  const seen = softnet(machine);
  if (size === null || seen === null)
    return unknown(point, 'net.core.netdev_max_backlog or softnet_stat cannot be read');
  const found = `net.core.netdev_max_backlog ${size}, ${seen.dropped} packets dropped since the start of the machine`;
  return seen.dropped === 0
    ? ok(point, found)
    : warn(point, found, setting('net.core.netdev_max_backlog', Math.max(10_000, 4 * size)));
}

function budget(machine: Machine): Finding {
  const point = {
    id: 'network.budget',
    title: 'receive budget',
    why: "How many packets the kernel takes from the card at a time; too few, and the card's ring fills up meanwhile.",
  };
  const packets = numberIn(machine, 'proc/sys/net/core/netdev_budget');
  const seen = softnet(machine);
  if (packets === null || seen === null) return unknown(point, 'net.core.netdev_budget or softnet_stat cannot be read');
  const found = `net.core.netdev_budget ${packets}, cut short ${seen.squeezed} times in ${seen.packets} packets`;
  if (seen.squeezed <= seen.packets * SQUEEZE_SHARE) return ok(point, found);
  return warn(
    point,
    found,
    `${setting('net.core.netdev_budget', Math.max(600, 2 * packets))}; sudo sysctl -w net.core.netdev_budget_usecs=8000`,
  );
}

export const kernelNetwork = (machine: Machine, plan: Plan): Finding[] => [
  receiveBuffer(machine, plan),
  backlog(machine),
  budget(machine),
];
