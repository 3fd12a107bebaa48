/** Is this machine ready for the night? All findings, in the order in which a person would mend them. */
import { clock } from './clock.js';
import { type Disk, dataDisk } from './data-disk.js';
import type { Finding } from './finding.js';
import { kernelNetwork } from './kernel-network.js';
import type { Machine } from './machine.js';
import { memory } from './memory.js';
import { cameraNetwork } from './network-card.js';
import type { Plan } from './plan.js';
import { privileges } from './privileges.js';
import { processor } from './processor.js';
import { software } from './software.js';

export interface Examination {
  readonly machine: Machine;
  readonly disk: Disk;
  readonly plan: Plan;
  /** Whether the disk's speed is measured. */
  readonly diskTest: boolean;
}

export function examine({ machine, disk, plan, diskTest }: Examination): Finding[] {
  const findings = [
    ...software(),
    ...plan.cameras.flatMap((camera, i) =>
      cameraNetwork(machine, camera, plan.settings['camera.receive-cpu']?.[i] ?? null),
    ),
    ...kernelNetwork(machine, plan),
    ...processor(machine),
    ...clock(machine),
    ...privileges(machine, plan),
    ...memory(machine, plan),
    ...dataDisk(machine, disk, plan, diskTest),
  ];
  // Two cameras behind one card: the card is told once.
  const told = new Set<string>();
  return findings.filter(({ id, title, found }) => {
    const key = `${id} ${title} ${found}`;
    return !told.has(key) && told.add(key);
  });
}
