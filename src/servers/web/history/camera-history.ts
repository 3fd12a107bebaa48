/** The last hour of each camera by minute, made from what the station tells of them anyway. Kept in memory; a bounded number of rows. */
import { z } from 'zod';
import { GRADES, type Grade } from '#gps/frame-time.js';
import type { StationFace } from '#src/station/station-face.js';
import { type CameraState, nanosecondsSchema } from '#src/station/station-state.js';

const KEPT_MINUTES = 60;
const NS_PER_MINUTE = 60_000_000_000n;

const count = z.number().int().nonnegative();

/** A minute of a camera: rates and shares are means over what was told in it (`ringFill` the highest), counts are what it added. */
export const minuteStateSchema = z.object({
  /** Begin of the minute by the host's clock. */
  fromUtcNs: nanosecondsSchema,
  framesPerSecond: z.number(),
  gigabitsPerSecond: z.number(),
  ringFill: z.number(),
  workerLoad: z.number(),
  diskBytesPerSecond: z.number(),
  lost: count,
  incomplete: count,
  packetsResent: count,
  /** Error of the camera's oscillator, the mean of what was known. */
  ppsErrorPpb: z.number().nullable(),
  /** The worst of the minute. */
  grade: z.enum(GRADES).nullable(),
});
export type MinuteState = z.infer<typeof minuteStateSchema>;

interface Counted {
  readonly lost: number;
  readonly incomplete: number;
  readonly packetsResent: number;
}

/** Sums of the minute that runs. */
interface Minute {
  readonly number: bigint;
  readonly told: number;
  readonly sums: Pick<MinuteState, 'framesPerSecond' | 'gigabitsPerSecond' | 'workerLoad' | 'diskBytesPerSecond'>;
  readonly ringFill: number;
  readonly added: Counted;
  readonly ppbSum: number;
  readonly ppbTold: number;
  readonly grade: Grade | null;
}

const histories = new WeakMap<StationFace, CameraHistory>();

/** The history of a station's cameras; it begins when it is first asked for, and ends with the station. */
export function historyOf(station: StationFace): CameraHistory {
  const kept = histories.get(station) ?? new CameraHistory();
  if (!histories.has(station)) {
    histories.set(station, kept);
    station.on('camera', (state) => kept.add(state, BigInt(Date.now()) * 1_000_000n));
  }
  return kept;
}

export class CameraHistory {
  readonly #minutes = new Map<number, Minute[]>();
  readonly #counted = new Map<number, Counted>();

  /** Oldest first, at most an hour; minutes in which nothing was told are left out. The last one still runs. */
  minutes(camera: number): readonly MinuteState[] {
    return (this.#minutes.get(camera) ?? []).map(stateOf);
  }

  /** What is told of a camera at an instant of the host's clock. */
  add(state: CameraState, nowUtcNs: bigint): void {
    const { camera, frames, packetsResent, clock } = state;
    const counted = { lost: frames.lost, incomplete: frames.incomplete, packetsResent };
    const before = this.#counted.get(camera) ?? counted;
    this.#counted.set(camera, counted);
    const minutes = this.#minutes.get(camera) ?? [];
    this.#minutes.set(camera, minutes);
    const number = nowUtcNs / NS_PER_MINUTE;
    const last = minutes.at(-1);
    const running = last !== undefined && last.number >= number ? last : begun(number);
    if (running === last) minutes.pop();
    minutes.push({
      number: running.number,
      told: running.told + 1,
      sums: {
        framesPerSecond: running.sums.framesPerSecond + state.framesPerSecond,
        gigabitsPerSecond: running.sums.gigabitsPerSecond + state.gigabitsPerSecond,
        workerLoad: running.sums.workerLoad + state.workerLoad,
        diskBytesPerSecond: running.sums.diskBytesPerSecond + state.diskBytesPerSecond,
      },
      ringFill: Math.max(running.ringFill, state.ringFill),
      added: {
        lost: running.added.lost + grown(before.lost, counted.lost),
        incomplete: running.added.incomplete + grown(before.incomplete, counted.incomplete),
        packetsResent: running.added.packetsResent + grown(before.packetsResent, counted.packetsResent),
      },
      ppbSum: running.ppbSum + (clock?.ppsErrorPpb ?? 0),
      ppbTold: running.ppbTold + (clock?.ppsErrorPpb == null ? 0 : 1),
      grade: worse(running.grade, clock?.grade ?? null),
    });
    while (minutes.length > 0 && (minutes[0]?.number ?? number) <= number - BigInt(KEPT_MINUTES)) minutes.shift();
  }
}

function begun(number: bigint): Minute {
  return {
    number,
    told: 0,
    sums: { framesPerSecond: 0, gigabitsPerSecond: 0, workerLoad: 0, diskBytesPerSecond: 0 },
    ringFill: 0,
    added: { lost: 0, incomplete: 0, packetsResent: 0 },
    ppbSum: 0,
    ppbTold: 0,
    grade: null,
  };
}

/** A count that is smaller than before began anew with a session. */
function grown(before: number, now: number): number {
  return now >= before ? now - before : now;
}

function worse(one: Grade | null, other: Grade | null): Grade | null {
  if (one === null || other === null) return one ?? other;
  return GRADES.indexOf(other) > GRADES.indexOf(one) ? other : one;
}

function stateOf({ number, told, sums, ringFill, added, ppbSum, ppbTold, grade }: Minute): MinuteState {
  return {
    fromUtcNs: String(number * NS_PER_MINUTE),
    framesPerSecond: sums.framesPerSecond / told,
    gigabitsPerSecond: sums.gigabitsPerSecond / told,
    ringFill,
    workerLoad: sums.workerLoad / told,
    diskBytesPerSecond: sums.diskBytesPerSecond / told,
    ...added,
    ppsErrorPpb: ppbTold === 0 ? null : ppbSum / ppbTold,
    grade,
  };
}
