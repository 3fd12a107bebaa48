/** How a network card hands packets over: its ring, how often it interrupts, and which CPUs it interrupts. */
import { type Finding, ok, unknown, warn } from './finding.js';
import { type Machine, numberIn } from './machine.js';

const INSTALL = 'sudo apt install ethtool';

/** `RX:` of `ethtool -g`, first the most the card can, then what is set. */
export function parseRings(text: string): { most: number; set: number } | null {
  const [most, set] = [...text.matchAll(/^RX:\s+(\d+)/gm)].map((match) => Number(match[1]));
  return most === undefined || set === undefined ? null : { most, set };
}

/** `rx-usecs` and adaptive receive of `ethtool -c`. */
export function parseCoalescing(text: string): { rxUsecs: number; adaptive: boolean } | null {
  const rxUsecs = /^rx-usecs:\s+(\d+)/m.exec(text)?.[1];
  return rxUsecs === undefined ? null : { rxUsecs: Number(rxUsecs), adaptive: /Adaptive RX:\s+on/.test(text) };
}

function rings(machine: Machine, card: string): Finding {
  const point = {
    id: 'card.ring',
    title: `${card}: receive ring`,
    why: 'The card keeps packets here until the kernel takes them; a ring of 512 is full after 4 ms of jumbo packets at 10 Gb/s.',
  };
  const answer = machine.run('ethtool', ['-g', card]);
  if ('reason' in answer)
    return unknown(point, answer.reason, answer.reason.includes('not installed') ? INSTALL : null);
  const ring = parseRings(answer.text);
  if (ring === null) return unknown(point, 'the driver tells no ring size');
  const found = `${ring.set} of ${ring.most} descriptors`;
  return ring.set >= Math.min(ring.most, 4096)
    ? ok(point, found)
    : warn(point, found, `sudo ethtool -G ${card} rx ${ring.most}`);
}

const FEW_USECS = 20;
const MANY_USECS = 500;

function coalescing(machine: Machine, card: string): Finding {
  const point = {
    id: 'card.coalescing',
    title: `${card}: coalescing`,
    why: 'Interrupts that wait 50 to 100 us let the kernel merge packets (GRO): a fraction of the CPU time.',
  };
  const answer = machine.run('ethtool', ['-c', card]);
  if ('reason' in answer)
    return unknown(point, answer.reason, answer.reason.includes('not installed') ? INSTALL : null);
  const told = parseCoalescing(answer.text);
  if (told === null) return unknown(point, 'the driver tells no rx-usecs');
  const found = `rx-usecs ${told.rxUsecs}${told.adaptive ? ', adaptive' : ''}`;
  if (told.adaptive || (told.rxUsecs >= FEW_USECS && told.rxUsecs <= MANY_USECS)) return ok(point, found);
  return warn(point, found, `sudo ethtool -C ${card} adaptive-rx off rx-usecs 64`);
}

/** `0-3,6` -> 0, 1, 2, 3, 6. */
export function parseCpuList(text: string): number[] {
  return text
    .split(',')
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: Math.max(0, Math.min(last - first, 4095)) + 1 }, (_, i) => first + i);
    });
}

/** Numbers of the interrupts of a card: of its device, or, for virtio, by the lines of /proc/interrupts. */
function interruptsOf(machine: Machine, card: string): number[] {
  const own = machine.names(`sys/class/net/${card}/device/msi_irqs`);
  if (own.length > 0) return own.map(Number);
  const device = machine.link(`sys/class/net/${card}/device`);
  const lines = (machine.text('proc/interrupts') ?? '').split('\n');
  const named = (word: string | undefined) =>
    word?.startsWith(`${card}-`) || word === card || (device !== null && word?.startsWith(`${device}-input`));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.some(named))
    .map((words) => Number.parseInt(words[0] ?? '', 10))
    .filter((irq) => Number.isInteger(irq));
}

function interrupts(machine: Machine, card: string, receiveCpu: number | null): Finding {
  const point = {
    id: 'card.interrupts',
    title: `${card}: interrupts`,
    why: 'The kernel works on packets where the card interrupts; on the CPU of the receive thread the two fight.',
  };
  const queues = interruptsOf(machine, card).map((irq) => {
    const folder = `proc/irq/${irq}`;
    const where = machine.text(`${folder}/effective_affinity_list`) || machine.text(`${folder}/smp_affinity_list`);
    return { irq, cpus: where === null ? null : parseCpuList(where) };
  });
  const seen = queues.filter((queue): queue is { irq: number; cpus: number[] } => queue.cpus !== null);
  if (seen.length === 0) return unknown(point, 'no interrupts of this card can be read');
  const cpus = [...new Set(seen.flatMap((queue) => queue.cpus))].sort((a, b) => a - b);
  const balanced = machine
    .names('proc')
    .some((name) => /^\d+$/.test(name) && machine.text(`proc/${name}/comm`) === 'irqbalance');
  const found = `${seen.length} interrupt${seen.length > 1 ? 's' : ''} on CPU ${cpus.join(', ')}${balanced ? ', moved about by irqbalance' : ''}`;
  const clash = receiveCpu === null ? undefined : seen.find((queue) => queue.cpus.includes(receiveCpu));
  if (clash === undefined) return ok(point, found);
  const other = receiveCpu === 0 ? 1 : 0;
  const stop = balanced ? 'sudo systemctl stop irqbalance; ' : '';
  return warn(
    point,
    `${found}; CPU ${receiveCpu} is the receive thread's (--receive-cpu)`,
    `${stop}echo ${other} | sudo tee /proc/irq/${clash.irq}/smp_affinity_list`,
  );
}

/** Packets of one camera are one flow and come by one queue: one CPU takes its interrupts. */
export function cardQueues(machine: Machine, card: string, receiveCpu: number | null): Finding[] {
  const hardware =
    numberIn(machine, `sys/class/net/${card}/ifindex`) !== null &&
    machine.link(`sys/class/net/${card}/device`) !== null;
  const queues = hardware ? [interrupts(machine, card, receiveCpu)] : [];
  return [rings(machine, card), coalescing(machine, card), ...queues];
}
