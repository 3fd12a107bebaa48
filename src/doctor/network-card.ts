/** The interface by which a camera is reached: link, MTU, drops. Queues and interrupts stand in card-queues.ts. */
import { cardQueues } from './card-queues.js';
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import { type Machine, numberIn } from './machine.js';
import { type CameraPlan, TEN_GIGABIT } from './plan.js';
import { routeTo } from './route.js';

const JUMBO = 9000;
/** From this link speed on packets of 1500 bytes cost more than a core: 0.9 CPU seconds a GB. */
const JUMBO_NEEDED_MBPS = 5000;

function link(machine: Machine, card: string, camera: CameraPlan): Finding {
  const point = {
    id: `card.link`,
    title: `${card}: link`,
    why: 'A link that came up slower than the camera sends loses frames from the first second on.',
  };
  const folder = `sys/class/net/${card}`;
  const driver = machine.link(`${folder}/device/driver`) ?? 'no hardware behind it';
  const state = machine.text(`${folder}/operstate`) ?? 'unknown';
  if (state === 'down' || machine.text(`${folder}/carrier`) === '0') {
    return bad(point, `${driver}, link down`, `sudo ip link set dev ${card} up   # and check cable and module`);
  }
  const speed = numberIn(machine, `${folder}/speed`);
  if (speed === null || speed <= 0) return unknown(point, `${driver}, link ${state}, speed not told by the driver`);
  const needed = ((camera.bytesPerSecond ?? 0) * 8) / 1e6;
  const found = `${driver}, ${speed} Mb/s`;
  if (speed < needed) return bad(point, `${found}; the camera sends ${needed.toFixed(0)} Mb/s`, `sudo ethtool ${card}`);
  if (camera.bytesPerSecond === null && speed < (TEN_GIGABIT * 8) / 1e6 && speed < 1000)
    return warn(point, `${found}: slower than any GigE Vision camera`, `sudo ethtool ${card}`);
  return ok(point, found);
}

function mtu(machine: Machine, card: string): Finding {
  const point = {
    id: 'card.mtu',
    title: `${card}: MTU`,
    why: 'Packets of 9000 bytes cost a fifth of the CPU time that packets of 1500 do.',
  };
  const folder = `sys/class/net/${card}`;
  const bytes = numberIn(machine, `${folder}/mtu`);
  if (bytes === null) return unknown(point, 'the MTU cannot be read');
  if (bytes >= JUMBO) return ok(point, String(bytes));
  const remedy = `sudo ip link set dev ${card} mtu ${JUMBO}   # switch and camera must carry it, too`;
  const fast = (numberIn(machine, `${folder}/speed`) ?? 0) >= JUMBO_NEEDED_MBPS;
  return fast ? bad(point, `${bytes} on a fast link`, remedy) : warn(point, String(bytes), remedy);
}

const LOSSES = ['rx_missed_errors', 'rx_fifo_errors', 'rx_over_errors', 'rx_crc_errors', 'rx_frame_errors'] as const;

function drops(machine: Machine, card: string): Finding {
  const point = {
    id: 'card.drops',
    title: `${card}: drops`,
    why: 'What the card itself lost never reached the kernel: a full ring (missed, fifo) or a bad cable (crc, frame).',
  };
  const read = (name: string) => numberIn(machine, `sys/class/net/${card}/statistics/${name}`);
  const counts = LOSSES.map((name) => [name, read(name)] as const);
  if (counts.every(([, count]) => count === null)) return unknown(point, 'its statistics cannot be read');
  const lossy = counts.filter(([, count]) => (count ?? 0) > 0).map(([name, count]) => `${name} ${count}`);
  const packets = read('rx_packets') ?? 0;
  // Packets of protocols that nobody takes count here, too: told, but not held against the card.
  const dropped = `rx_dropped ${read('rx_dropped') ?? 'unknown'}`;
  if (lossy.length === 0) return ok(point, `none in ${packets} packets; ${dropped}`);
  const dirty = lossy.some((text) => /crc|frame/.test(text));
  const remedy = dirty ? 'change cable or module, then look again' : `sudo ethtool -G ${card} rx 4096`;
  return warn(point, `${lossy.join(', ')} in ${packets} packets; ${dropped}`, remedy);
}

/** Everything about the way to one camera. */
export function cameraNetwork(machine: Machine, camera: CameraPlan, receiveCpu: number | null): Finding[] {
  const point = {
    id: 'camera.route',
    title: 'camera',
    why: 'The interface by which the camera is reached is the one that must be set up.',
  };
  const { uri, address } = camera;
  if (machine.platform !== 'linux') return [unknown(point, `${uri}: interfaces are read on Linux only`)];
  if (address === null) return [bad(point, `${uri}: ${camera.problem}`, 'appulse cameras')];
  const card = routeTo(machine, address);
  if (card === null) {
    return [bad(point, `${uri}: no route leads to ${address}`, 'sudo ip address add OWN-ADDRESS/24 dev INTERFACE')];
  }
  if (card === 'lo') {
    const why = camera.simulated ? 'simulated, streams over loopback' : `${address} is this machine, over loopback`;
    return [ok(point, `${uri}: ${why}; there is no network card to look at`)];
  }
  return [
    ok(point, `${uri}: ${address} by ${card}`),
    link(machine, card, camera),
    mtu(machine, card),
    drops(machine, card),
    ...cardQueues(machine, card, receiveCpu),
  ];
}
