/** The file system of the data folder: kind, space, speed. */

import { accessSync, constants, existsSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { formatSeconds, formatSize } from '#src/config/units.js';
import { bad, type Finding, ok, unknown, warn } from './finding.js';
import type { Machine } from './machine.js';
import { type Plan, rateText } from './plan.js';
import { measureWriteSpeed, type WriteSpeed } from './write-test.js';

/** What the disk itself tells; tests give their own. */
export interface Disk {
  /** The data folder, or the nearest folder above it that is there. */
  readonly folder: string;
  free(): { freeBytes: number; totalBytes: number };
  /** Throws what the file system throws. */
  measure(limitBytes: number): WriteSpeed;
  writable(): boolean;
}

const TEST_BYTES = 2 ** 30;
const TEST_SECONDS = 2;

export function diskOf(dataFolder: string): Disk {
  let folder = resolve(dataFolder);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  folder = realpathSync(folder);
  return {
    folder,
    free: () => {
      const { bavail, blocks, bsize } = statfsSync(folder);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
    measure: (bytes) => measureWriteSpeed(folder, { bytes, seconds: TEST_SECONDS }),
    writable: () => {
      try {
        accessSync(folder, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Type and device of the file system that holds `folder`, from /proc/self/mountinfo: the longest mount point above it. */
export function fileSystemOf(machine: Machine, folder: string): { type: string; device: string } | null {
  let best: { point: string; type: string; device: string } | null = null;
  for (const line of (machine.text('proc/self/mountinfo') ?? '').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const raw = before.split(' ')[4];
    if (raw === undefined) continue;
    const point = raw.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const [type = '', device = ''] = after.split(' ');
    const above = point === '/' || folder === point || folder.startsWith(`${point}/`);
    // Of two mounts at one point the later one is seen.
    if (above && (best === null || point.length >= best.point.length)) best = { point, type, device };
  }
  return best;
}

const NETWORK = /^(nfs|cifs|smb|fuse|9p|virtiofs|ceph|afs)/;

function kind(machine: Machine, disk: Disk): Finding {
  const point = {
    id: 'disk.kind',
    title: 'file system',
    why: 'A disk over a network stalls when the network does; one in memory ends with the power.',
  };
  const found = fileSystemOf(machine, disk.folder);
  if (found === null) return unknown(point, `${disk.folder}: /proc/self/mountinfo tells no file system`);
  const text = `${disk.folder}: ${found.type} on ${found.device}`;
  if (!disk.writable()) return bad(point, `${text}, not writable`, `sudo chown "$USER" ${disk.folder}`);
  const poor = NETWORK.test(found.type) || ['tmpfs', 'ramfs', 'vfat', 'exfat'].includes(found.type);
  return poor
    ? warn(point, text, 'appulse record --data FOLDER   # on a local disk with ext4 or xfs')
    : ok(point, text);
}

const ENOUGH_SECONDS = 4 * 3600;
const LEAST_SECONDS = 900;
const LEAST_FREE = 10e9;

function space(disk: Disk, plan: Plan): Finding {
  const point = {
    id: 'disk.space',
    title: 'free space',
    why: 'On a full disk frames become gaps in the index; a rolling archive (--max-bytes) drops the oldest instead.',
  };
  let free: { freeBytes: number; totalBytes: number };
  try {
    free = disk.free();
  } catch (error) {
    return unknown(point, reasonOf(error));
  }
  const seconds = free.freeBytes / plan.bytesPerSecond;
  const text = `${formatSize(free.freeBytes)} of ${formatSize(free.totalBytes)}: ${formatSeconds(seconds)} uncompressed at ${rateText(plan)}, about twice that with --format fits`;
  const kept = plan.settings['recording.max-bytes'];
  if (kept !== null) {
    const found = `${text}; the archive is kept at ${formatSize(kept)}`;
    return free.freeBytes > kept
      ? ok(point, found)
      : warn(point, found, `appulse record --max-bytes ${Math.floor(free.freeBytes / 2 ** 30)}GiB`);
  }
  const remedy = 'appulse record --max-bytes SIZE   # a rolling archive; or free some';
  if (free.freeBytes < LEAST_FREE || (plan.rateKnown && seconds < LEAST_SECONDS)) return bad(point, text, remedy);
  return seconds >= ENOUGH_SECONDS || !plan.rateKnown ? ok(point, text) : warn(point, text, remedy);
}

/** Sky in 12 to 16 bits halves, so half the rate is the least; all of it and a fifth more is ease. */
const EASE = 1.2;
const RICE = 0.5;

function speed(disk: Disk, plan: Plan, test: boolean): Finding {
  const point = {
    id: 'disk.speed',
    title: 'write speed',
    why: 'A disk slower than the camera fills the ring, and then frames are lost.',
  };
  if (!test) return unknown(point, 'not measured (--no-disk-test)');
  try {
    const limit = Math.min(TEST_BYTES, disk.free().freeBytes / 4);
    const { bytesPerSecond, bytes, direct } = disk.measure(limit);
    if (bytes === 0) return unknown(point, 'too little free space to measure it');
    const how = direct ? 'O_DIRECT' : 'through the page cache: O_DIRECT is refused here';
    const text = `${(bytesPerSecond / 1e9).toFixed(2)} GB/s for ${formatSize(bytes)} (${how}); ${rateText(plan)} to write, about half with --format fits`;
    const remedy = 'appulse record --data FOLDER   # on a faster disk; or choose a smaller region or rate';
    if (bytesPerSecond >= plan.bytesPerSecond * EASE) return ok(point, text);
    if (bytesPerSecond >= plan.bytesPerSecond * RICE || !plan.rateKnown) return warn(point, text, remedy);
    return bad(point, text, remedy);
  } catch (error) {
    return unknown(point, reasonOf(error));
  }
}

export const dataDisk = (machine: Machine, disk: Disk, plan: Plan, test: boolean): Finding[] => [
  kind(machine, disk),
  space(disk, plan),
  speed(disk, plan, test),
];
