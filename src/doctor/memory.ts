/** Memory for the ring. */
import { formatSize } from '#src/config/units.js';
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import type { Machine } from './machine.js';
import { type Plan, rateText } from './plan.js';

/** The ring takes so much of the budget. */
const RING_SHARE = 3 / 4;
const ENOUGH_SECONDS = 2;
const LEAST_SECONDS = 0.5;

function kibibytes(machine: Machine, field: string): number | null {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(machine.text('proc/meminfo') ?? '')?.[1];
  return value === undefined ? null : Number(value) * 1024;
}

function budget(machine: Machine, plan: Plan): Finding {
  const point = {
    id: 'memory.ring',
    title: 'memory',
    why: 'The ring holds frames while disk and workers are held up: two seconds of stream are enough.',
  };
  const total = kibibytes(machine, 'MemTotal');
  const available = kibibytes(machine, 'MemAvailable');
  if (total === null || available === null) return unknown(point, '/proc/meminfo cannot be read');
  const wanted = plan.settings['pipeline.memory'] ?? Math.floor(total / 4);
  const seconds = (wanted * RING_SHARE) / plan.bytesPerSecond;
  const found = `a budget of ${formatSize(wanted)} holds ${seconds.toFixed(1)} s at ${rateText(plan)}; ${formatSize(available)} of ${formatSize(total)} are free`;
  if (wanted > available) {
    return bad(
      point,
      `${found}, less than the budget`,
      `appulse record --memory ${Math.floor(available / 2 / 2 ** 20)}MiB   # or end other programs`,
    );
  }
  if (seconds >= ENOUGH_SECONDS) return ok(point, found);
  const need = Math.ceil((plan.bytesPerSecond * ENOUGH_SECONDS) / RING_SHARE / 2 ** 20);
  const remedy = need * 2 ** 20 < available ? `appulse record --memory ${need}MiB` : null;
  return seconds >= LEAST_SECONDS ? warn(point, found, remedy) : bad(point, found, remedy);
}

function hugePages(machine: Machine): Finding {
  const point = {
    id: 'memory.huge-pages',
    title: 'huge pages',
    why: 'A ring in pages of 2 MiB is ready sooner and costs the CPU fewer look-ups.',
  };
  const path = 'sys/kernel/mm/transparent_hugepage/enabled';
  const set = /\[(\w+)\]/.exec(machine.text(path) ?? '')?.[1];
  if (set === undefined) return unknown(point, `/${path} cannot be read`);
  return set === 'never' ? warn(point, set, `echo madvise | sudo tee /${path}`) : ok(point, set);
}

export const memory = (machine: Machine, plan: Plan): Finding[] => [budget(machine, plan), hugePages(machine)];
