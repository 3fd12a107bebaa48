/** The host's clock: what the kernel says of it, who keeps it, PTP devices. */
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import type { Machine } from './machine.js';

const SYNCHRONISE = 'sudo apt install chrony && sudo chronyc makestep && chronyc waitsync 30';
/** Beyond it the host cannot tell a whole second of the GPS header from the next. */
const WHOLE_SECOND_US = 500_000;
const POOR_US = 50_000;

function kernel(machine: Machine): Finding {
  const point = {
    id: 'clock.state',
    title: 'clock',
    why: "It checks the whole second of the camera's GPS time, and is the time itself where a camera has none.",
  };
  const state = machine.clock();
  if ('reason' in state) return unknown(point, state.reason);
  const leap = state.leapSecond === 0 ? '' : '; a leap second comes at the end of this UTC day';
  const found = `estimated error ${(state.estimatedErrorUs / 1000).toFixed(1)} ms, at most ${(state.maximumErrorUs / 1000).toFixed(1)} ms${leap}`;
  if (!state.synchronized) return bad(point, `not synchronised${leap}`, SYNCHRONISE);
  if (state.maximumErrorUs > WHOLE_SECOND_US) return bad(point, `synchronised, but ${found}`, 'chronyc sources -v');
  if (state.maximumErrorUs > POOR_US) return warn(point, `synchronised, ${found}`, 'chronyc sources -v');
  return ok(point, `synchronised, ${found}`);
}

function keeper(machine: Machine): Finding {
  const point = {
    id: 'clock.keeper',
    title: 'time service',
    why: 'Without one the clock drifts by seconds within a few nights.',
  };
  const chrony = machine.run('chronyc', ['-n', 'tracking']);
  if ('text' in chrony) {
    const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.+)$`, 'm').exec(chrony.text)?.[1]?.trim();
    const source = field('Reference ID') ?? 'unknown source';
    const found = `chrony, ${source}, stratum ${field('Stratum') ?? '?'}, ${field('System time') ?? ''}`;
    return field('Leap status') === 'Not synchronised'
      ? bad(point, `${found}: not synchronised`, 'chronyc sources -v')
      : ok(point, found);
  }
  const systemd = machine.run('timedatectl', ['show']);
  if ('reason' in systemd) return unknown(point, `${chrony.reason}; ${systemd.reason}`, 'sudo apt install chrony');
  if (/^NTP=yes$/m.test(systemd.text)) return ok(point, 'a service of systemd keeps it; chrony is more exact');
  return warn(point, `none is active (${chrony.reason})`, 'sudo apt install chrony');
}

function ptp(machine: Machine): Finding {
  const point = {
    id: 'clock.ptp',
    title: 'PTP clocks',
    why: 'Only cameras that keep time by PTP (IEEE 1588) need one.',
  };
  const names = machine.names('sys/class/ptp');
  const told = names.map((name) => `${name} (${machine.text(`sys/class/ptp/${name}/clock_name`) ?? 'unnamed'})`);
  return ok(point, told.length === 0 ? 'none, and none is needed without a PTP camera' : told.join(', '));
}

export const clock = (machine: Machine): Finding[] => [kernel(machine), keeper(machine), ptp(machine)];
