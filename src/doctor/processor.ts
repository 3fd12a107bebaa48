/** CPUs: how many, how fast they may run, what they can. */
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import { type Machine, numberIn } from './machine.js';

const CPU = 'sys/devices/system/cpu';

function cpuNames(machine: Machine): string[] {
  return machine.names(CPU).filter((name) => /^cpu\d+$/.test(name));
}

function count(machine: Machine): Finding {
  const point = {
    id: 'cpu.count',
    title: 'CPUs',
    why: 'One receives while the others compress and write; with one alone each takes from the other.',
  };
  const cpus = cpuNames(machine).length;
  if (cpus === 0) return unknown(point, `/${CPU} cannot be read`);
  const model = /^model name\s*:\s*(.+)$/m.exec(machine.text('proc/cpuinfo') ?? '')?.[1] ?? '';
  const found = `${cpus}${model === '' ? '' : ` x ${model}`}`;
  return cpus >= 2 ? ok(point, found) : bad(point, found, null);
}

function governor(machine: Machine): Finding {
  const point = {
    id: 'cpu.governor',
    title: 'governor',
    why: 'Other governors slow a CPU down between frames, and the first packets of the next find it slow.',
  };
  const set = cpuNames(machine)
    .map((cpu) => machine.text(`${CPU}/${cpu}/cpufreq/scaling_governor`))
    .filter((name) => name !== null);
  if (set.length === 0) return unknown(point, 'no frequency control here (usual in virtual machines)');
  const found = [...new Set(set)].join(', ');
  if (found === 'performance') return ok(point, found);
  return warn(point, found, `echo performance | sudo tee /${CPU}/cpu*/cpufreq/scaling_governor`);
}

function heat(machine: Machine): Finding {
  const point = {
    id: 'cpu.heat',
    title: 'heat',
    why: 'A CPU that is too hot slows itself down, usually an hour into the night.',
  };
  const throttles = cpuNames(machine)
    .map((cpu) => numberIn(machine, `${CPU}/${cpu}/thermal_throttle/core_throttle_count`))
    .filter((times) => times !== null);
  const zones = machine
    .names('sys/class/thermal')
    .filter((name) => name.startsWith('thermal_zone'))
    .map((zone) => numberIn(machine, `sys/class/thermal/${zone}/temp`))
    .filter((value) => value !== null)
    .map((milli) => milli / 1000);
  if (throttles.length === 0 && zones.length === 0) return unknown(point, 'no temperatures or throttle counts to read');
  const hottest = zones.length === 0 ? '' : `, at most ${Math.max(...zones).toFixed(0)} degrees C now`;
  const times = throttles.reduce((sum, each) => sum + each, 0);
  const found = `slowed down ${times} times since the start of the machine${hottest}`;
  return times === 0 ? ok(point, found) : warn(point, found, 'sensors   # clean the fans, give the case air');
}

function vectors(machine: Machine): Finding {
  const point = {
    id: 'cpu.vectors',
    title: 'AVX2',
    why: 'Unpacking, statistics and compression run several times faster with it.',
  };
  const flags = /^flags\s*:\s*(.+)$/m.exec(machine.text('proc/cpuinfo') ?? '')?.[1];
  if (flags === undefined) return unknown(point, 'the CPU tells no x86 features; the portable code runs');
  return / avx2( |$)/.test(` ${flags}`) ? ok(point, 'there') : warn(point, 'missing: the portable code runs', null);
}

export const processor = (machine: Machine): Finding[] => [
  count(machine),
  governor(machine),
  heat(machine),
  vectors(machine),
];
