/** Frames that were handed to the sender, until all of their packets are out and the truth file has them. */
import { PLAN_WORDS, SEND_MODE } from '../gige-vision/device/send-modes.js';
import type { SendPlanner } from './send-plan.js';
import type { SentFrame, TruthFile } from './truth-file.js';

export interface FrameOnTheWay {
  readonly truth: Pick<SentFrame, 'block' | 'frame'>;
  readonly withheld: number[];
  readonly faults: string[];
  readonly job: number;
  /** The job's plan; null: all packets in order. */
  readonly ranges: Uint32Array | null;
  /** Jobs that must be done before all packets of the frame are out. */
  doneAfter: number;
}

/** As `doneAfter`: the frame never leaves the camera. */
export const LOST_IN_CAMERA = 0;
/** As `doneAfter`: packets of it were held back for a later job. */
export const NOT_YET_KNOWN = Number.MAX_SAFE_INTEGER;

interface Progress {
  readonly framesSent: number;
  /** The next one is on its way. */
  readonly sending: boolean;
  readonly planIndex: number;
  readonly planPackets: number;
}

export class FramesOnTheWay {
  readonly #planner: SendPlanner;
  readonly #lastPacketId: number;
  readonly #truth: TruthFile | null;
  #frames: FrameOnTheWay[] = [];

  constructor(planner: SendPlanner, lastPacketId: number, truth: TruthFile | null) {
    this.#planner = planner;
    this.#lastPacketId = lastPacketId;
    this.#truth = truth;
  }

  add(frame: FrameOnTheWay): void {
    this.#frames.push(frame);
  }

  /** Jobs from `job` on are cancelled; returns the delayed packets of earlier ones that they would have brought. */
  cancelFrom(job: number): { job: number; packetId: number }[] {
    const forgotten = this.#frames.filter((frame) => frame.job >= job);
    this.#frames = this.#frames.filter((frame) => frame.job < job);
    return forgotten.flatMap((frame) => packetsOfEarlier(frame, job));
  }

  /** Frames whose last delayed packets leave with `job` are complete behind it. */
  settleDelayed(job: number, ranges: Uint32Array | null): void {
    if (!this.#frames.some((frame) => frame.doneAfter === NOT_YET_KNOWN)) return;
    const referred = new Set<number>();
    for (let at = 0; ranges && at < ranges.length; at += PLAN_WORDS) referred.add(job - (ranges[at + 3] as number));
    const stillWaiting = this.#planner.waitingJobs();
    for (const frame of this.#frames) {
      if (frame.doneAfter === NOT_YET_KNOWN && !stillWaiting.has(frame.job)) {
        frame.doneAfter = referred.has(frame.job) ? job + 1 : frame.job + 1;
      }
    }
  }

  /** Writes the truth of the first ones, as far as they are out with the first `framesSent` jobs. */
  sent(framesSent: number): void {
    let count = 0;
    for (const frame of this.#frames) {
      if (frame.job >= framesSent || framesSent < frame.doneAfter) break;
      this.#truth?.write({ ...frame.truth, packetsWithheld: frame.withheld, faults: frame.faults });
      count++;
    }
    this.#frames.splice(0, count);
  }

  /** The sender was stopped, in mid-frame if need be: what had not left counts as withheld. */
  aborted(progress: Progress): void {
    this.sent(progress.framesSent);
    for (const frame of this.#frames) {
      // Frames behind the one on its way have not begun.
      if (frame.job > progress.framesSent || (frame.job === progress.framesSent && !progress.sending)) continue;
      const lostInCamera = frame.doneAfter === LOST_IN_CAMERA;
      const left = frame.job === progress.framesSent && !lostInCamera ? this.#notSent(frame, progress) : [];
      const withheld = [...new Set([...frame.withheld, ...left])].sort((a, b) => a - b);
      const faults = lostInCamera ? frame.faults : [...frame.faults, 'aborted'];
      this.#truth?.write({ ...frame.truth, packetsWithheld: withheld, faults });
    }
  }

  /** Packets of a frame that a stopped sender had not sent. */
  #notSent(frame: FrameOnTheWay, at: Progress): number[] {
    const ranges = frame.ranges ?? Uint32Array.of(0, this.#lastPacketId, SEND_MODE.plain, 0);
    const sent = new Set<number>();
    for (let range = 0; range * PLAN_WORDS < ranges.length && range <= at.planIndex; range++) {
      const [first = 0, last = 0, mode = 0, back = 0] = ranges.subarray(range * PLAN_WORDS);
      if (mode !== SEND_MODE.plain || back !== 0) continue;
      const end = range === at.planIndex ? first + at.planPackets : last + 1;
      for (let id = first; id < end; id++) sent.add(id);
    }
    const all = Array.from({ length: this.#lastPacketId + 1 }, (_, id) => id);
    return all.filter((id) => !sent.has(id));
  }
}

/** Delayed packets of jobs before `cancelled`, which the cancelled `frame` would have brought. */
function packetsOfEarlier(frame: FrameOnTheWay, cancelled: number): { job: number; packetId: number }[] {
  const packets: { job: number; packetId: number }[] = [];
  for (let at = 0; frame.ranges && at < frame.ranges.length; at += PLAN_WORDS) {
    const [first = 0, last = 0, , back = 0] = frame.ranges.subarray(at);
    const job = frame.job - back;
    if (back === 0 || job >= cancelled) continue;
    for (let packetId = first; packetId <= last; packetId++) packets.push({ job, packetId });
  }
  return packets;
}
