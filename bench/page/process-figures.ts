/** What processes take of the machine, as Linux counts it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const CLOCK_TICKS = 100;
const NAME_END = ') ';
/** Fields of proc_pid_stat(5), counted from the one behind the name. */
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** CPU seconds of a process so far: of all its threads, and of the main thread, where the server lives. */
export interface Snapshot {
  readonly atMs: number;
  readonly whole: number;
  readonly main: number;
}

function fieldsOf(path: string): readonly string[] {
  const stat = readFileSync(path, 'utf8');
  return stat.slice(stat.lastIndexOf(NAME_END) + NAME_END.length).split(' ');
}

function secondsOf(path: string): number {
  const fields = fieldsOf(path);
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / CLOCK_TICKS;
}

export function snapshotOf(pid: number): Snapshot {
  return {
    atMs: performance.now(),
    whole: secondsOf(`/proc/${pid}/stat`),
    main: secondsOf(`/proc/${pid}/task/${pid}/stat`),
  };
}

/** Cores between two snapshots. */
export function coresBetween(from: Snapshot, to: Snapshot): { readonly whole: number; readonly main: number } {
  const seconds = (to.atMs - from.atMs) / 1_000;
  return { whole: (to.whole - from.whole) / seconds, main: (to.main - from.main) / seconds };
}

/** Resident memory of a process. */
export function memoryMiB(pid: number): number {
  const kib = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  return Number(kib) / 1_024;
}

/** From now on: cores of the processes below this one that run a program of that name. */
export function coresOfProgram(name: string): () => number {
  const beganMs = performance.now();
  const before = secondsOfProgram(name);
  return () => {
    let seconds = 0;
    for (const [pid, now] of secondsOfProgram(name)) seconds += now - (before.get(pid) ?? 0);
    return (seconds * 1_000) / (performance.now() - beganMs);
  };
}

function secondsOfProgram(name: string): ReadonlyMap<number, number> {
  const parents = new Map<number, number>();
  const seconds = new Map<number, number>();
  for (const pid of readdirSync('/proc')
    .map(Number)
    .filter((each) => each > 0)) {
    try {
      const path = `/proc/${pid}/stat`;
      parents.set(pid, Number(fieldsOf(path)[PARENT]));
      if (readlinkSync(`/proc/${pid}/exe`).includes(name)) seconds.set(pid, secondsOf(path));
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  const isBelow = (pid: number): boolean => pid === process.pid || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return new Map([...seconds].filter(([pid]) => isBelow(pid)));
}
