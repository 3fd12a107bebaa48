/** Machines made of files: trees of /proc and /sys in a folder, and canned programs. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KernelClock } from '#pipeline/native/clock-addon.js';
import { loadSettings } from '#src/config/load.js';
import type { SettingKey } from '#src/config/settings.js';
import type { Disk } from '#src/doctor/data-disk.js';
import { type Machine, machineAt } from '#src/doctor/machine.js';
import { type Plan, planFor } from '#src/doctor/plan.js';

export interface MachineParts {
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Output by program and arguments; what is not here is not installed. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly clock?: KernelClock | { reason: string };
}

export function buildMachine(root: string, parts: MachineParts): Machine {
  const place = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  for (const [path, text] of Object.entries(parts.files)) writeFileSync(place(path), `${text}\n`);
  for (const [path, target] of Object.entries(parts.links ?? {})) symlinkSync(target, place(path));
  return {
    ...machineAt(root),
    platform: 'linux',
    addresses: ['192.168.1.2'],
    run: (program, args) => {
      const text = parts.programs?.[[program, ...args].join(' ')];
      return text === undefined ? { reason: `${program} is not installed` } : { text };
    },
    clock: () => parts.clock ?? { reason: 'no clock' },
  };
}

const cpus = (files: (cpu: string) => Record<string, string>) =>
  Object.assign({}, ...['cpu0', 'cpu1', 'cpu2', 'cpu3'].map((cpu) => files(`sys/devices/system/cpu/${cpu}`)));

const rings = (set: number) => `Ring parameters for enp3s0:
Pre-set maximums:
RX:		4096
RX Mini:	n/a
TX:		4096
Current hardware settings:
RX:		${set}
RX Mini:	n/a
TX:		256`;

const coalescing = (rxUsecs: number) => `Coalesce parameters for enp3s0:
Adaptive RX: off  TX: off
rx-usecs:	${rxUsecs}
rx-frames:	n/a
tx-usecs:	0`;

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eno1	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
eno1	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
enp3s0	0005000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
old0	0005000A	00000000	0000	0	0	0	00FFFFFF	0	0	0`;

const card = (parts: { mtu: number; missed: number; cpu: string }): Record<string, string> => ({
  'proc/net/route': ROUTES,
  'sys/class/net/enp3s0/operstate': 'up',
  'sys/class/net/enp3s0/carrier': '1',
  'sys/class/net/enp3s0/speed': '10000',
  'sys/class/net/enp3s0/mtu': String(parts.mtu),
  'sys/class/net/enp3s0/ifindex': '3',
  'sys/class/net/enp3s0/statistics/rx_packets': '1000000',
  'sys/class/net/enp3s0/statistics/rx_dropped': '3',
  'sys/class/net/enp3s0/statistics/rx_missed_errors': String(parts.missed),
  'sys/class/net/enp3s0/statistics/rx_crc_errors': '0',
  'sys/bus/card/msi_irqs/41': 'msix',
  'proc/irq/41/smp_affinity_list': '0-3',
  'proc/irq/41/effective_affinity_list': parts.cpu,
});

const limits = (rtprio: number) => `Limit                     Soft Limit           Hard Limit           Units
Max locked memory         8388608              8388608              bytes
Max realtime priority     ${rtprio}                    ${rtprio}`;

const LINKS = {
  'sys/class/net/enp3s0/device': '../../../bus/card',
  'sys/bus/card/driver': '../drivers/ixgbe',
};

export const GOOD: MachineParts = {
  files: {
    ...card({ mtu: 9000, missed: 0, cpu: '1' }),
    ...cpus((cpu) => ({
      [`${cpu}/cpufreq/scaling_governor`]: 'performance',
      [`${cpu}/thermal_throttle/core_throttle_count`]: '0',
    })),
    'sys/class/thermal/thermal_zone0/temp': '45000',
    'sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
    'sys/class/ptp/ptp0/clock_name': 'ixgbe',
    'proc/cpuinfo': 'model name\t: A good one\nflags\t\t: fpu avx avx2 bmi2',
    'proc/meminfo': 'MemTotal:       65536000 kB\nMemAvailable:   60000000 kB',
    'proc/swaps': 'Filename Type Size Used Priority',
    'proc/sys/vm/swappiness': '60',
    'proc/sys/net/core/rmem_max': '536870912',
    'proc/sys/net/core/netdev_max_backlog': '10000',
    'proc/sys/net/core/netdev_budget': '600',
    'proc/net/softnet_stat': '000f4240 00000000 00000002 00000000\n000f4240 00000000 00000000 00000000',
    'proc/self/status': 'CapEff:\t0000000000000000',
    'proc/self/limits': limits(50),
    'proc/self/mountinfo':
      '21 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 21 8:2 / /data\\040night rw,noatime shared:1 - xfs /dev/nvme0n1p1 rw',
  },
  links: LINKS,
  programs: {
    'ethtool -g enp3s0': rings(4096),
    'ethtool -c enp3s0': coalescing(64),
    'chronyc -n tracking':
      'Reference ID    : C0A80101 (192.168.1.1)\nStratum         : 2\nSystem time     : 0.000012 seconds slow of NTP time\nLeap status     : Normal',
  },
  clock: { synchronized: true, estimatedErrorUs: 20, maximumErrorUs: 3_000, leapSecond: 0 },
};

export const BAD: MachineParts = {
  files: {
    ...GOOD.files,
    ...card({ mtu: 1500, missed: 812, cpu: '2' }),
    ...cpus((cpu) => ({
      [`${cpu}/cpufreq/scaling_governor`]: 'powersave',
      [`${cpu}/thermal_throttle/core_throttle_count`]: '7',
    })),
    'sys/kernel/mm/transparent_hugepage/enabled': 'always madvise [never]',
    'proc/cpuinfo': 'model name\t: An old one\nflags\t\t: fpu sse2',
    'proc/meminfo': 'MemTotal:       4000000 kB\nMemAvailable:   500000 kB',
    'proc/swaps': 'Filename Type Size Used Priority\n/dev/sda2 partition 2097148 0 -2',
    'proc/sys/net/core/rmem_max': '212992',
    'proc/sys/net/core/netdev_max_backlog': '1000',
    'proc/net/softnet_stat': '000003e8 000000ff 00000010 00000000',
    'proc/self/limits': limits(0),
    'proc/self/mountinfo': '21 1 0:40 / / rw - nfs4 server:/data rw',
  },
  links: LINKS,
  programs: { 'ethtool -g enp3s0': rings(512), 'ethtool -c enp3s0': coalescing(3), 'timedatectl show': 'NTP=no' },
  clock: { synchronized: false, estimatedErrorUs: 16_000_000, maximumErrorUs: 16_000_000, leapSecond: 0 },
};

export function disk(parts: { folder?: string; freeGB: number; gigabytesPerSecond: number }): Disk {
  return {
    folder: parts.folder ?? '/data night/appulse',
    free: () => ({ freeBytes: parts.freeGB * 1e9, totalBytes: 8e12 }),
    measure: (bytes) => ({ bytes, bytesPerSecond: parts.gigabytesPerSecond * 1e9, direct: true }),
    writable: () => true,
  };
}

export function planOf(uris: readonly string[], options: Partial<Record<SettingKey, unknown>> = {}): Promise<Plan> {
  return planFor(loadSettings({ environment: {}, options }).values, uris);
}
