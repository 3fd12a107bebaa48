/** Where and how urgently the native receive thread runs, and what a refusal means for the user. */
import { readFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';

/** Both are optional; a receiver that cannot grant them says so in its warnings and receives all the same. */
export interface ThreadPlacement {
  /** CPU on which the receive thread stays. */
  readonly receiveCpu?: number | null;
  /** Priority of the receive thread under SCHED_FIFO, 1 to 99. */
  readonly realtimePriority?: number | null;
}

/** errno of each request, 0 where it was granted or not made. */
export interface PlacementRefusals {
  readonly cpuError: number;
  readonly realtimeError: number;
}

const { EPERM, EINVAL } = constants.errno;
const PAGE = 'docs/machine.md tells more';

function nameOf(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `error ${errno}`;
}

function allowedCpus(): string {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list === undefined ? '' : ` (this process may use ${list})`;
  } catch {
    return '';
  }
}

function cpuWarning(cpu: number, errno: number): string {
  const kept = `the receive thread is not pinned to CPU ${cpu}`;
  if (errno === EINVAL) return `${kept}: there is no such CPU here${allowedCpus()}; choose another --receive-cpu`;
  if (errno === EPERM)
    return `${kept}: a sandbox forbids it; allow sched_setaffinity there, or leave --receive-cpu out`;
  return `${kept}: ${nameOf(errno)}; leave --receive-cpu out`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'USER';
  }
}

function realtimeWarning(priority: number, errno: number): string {
  const kept = `the receive thread keeps its normal priority instead of SCHED_FIFO ${priority}`;
  if (errno === EPERM) {
    const line = `${userName()} - rtprio ${priority}`;
    return `${kept}: it is not permitted; run \`echo '${line}' | sudo tee /etc/security/limits.d/appulse.conf\` and log in again (systemd: LimitRTPRIO=${priority}); ${PAGE}`;
  }
  return `${kept}: ${nameOf(errno)}; leave --realtime out; ${PAGE}`;
}

/** A line for each request that was refused. */
export function placementWarnings(asked: ThreadPlacement, { cpuError, realtimeError }: PlacementRefusals): string[] {
  const { receiveCpu = null, realtimePriority = null } = asked;
  return [
    ...(receiveCpu !== null && cpuError !== 0 ? [cpuWarning(receiveCpu, cpuError)] : []),
    ...(realtimePriority !== null && realtimeError !== 0 ? [realtimeWarning(realtimePriority, realtimeError)] : []),
  ];
}

/** A line for each request made to a receiver that has no thread of its own. */
export function placementIgnored(asked: ThreadPlacement, kind: string): string[] {
  const why = `needs the native receiver, which needs Linux and the addon: ${kind} has no thread of its own, so it is ignored`;
  return [
    ...(typeof asked.receiveCpu === 'number' ? [`--receive-cpu ${asked.receiveCpu} ${why}`] : []),
    ...(typeof asked.realtimePriority === 'number' ? [`--realtime ${asked.realtimePriority} ${why}`] : []),
  ];
}
