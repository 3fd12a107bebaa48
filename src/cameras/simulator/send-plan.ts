import { PLAN_REACH, PLAN_WORDS, SEND_MODE } from '../gige-vision/device/send-modes.js';
import { Random } from '../random.js';
import type { FaultOptions } from './options.js';

/** The order in which a frame's packets leave, and what a receiver can know of them. */
export interface SendPlan {
  /** Null: every packet once, in order. */
  readonly ranges: Uint32Array | null;
  /** Packets that are not sent intact. */
  readonly withheld: number[];
  readonly faults: string[];
  /** Packets of this frame that go out with a later one. */
  readonly delayed: number;
}

interface DelayedPacket {
  readonly job: number;
  readonly packetId: number;
  /** Packets to go by before it leaves. */
  left: number;
}

const payloadDamage = [
  SEND_MODE.badFormat,
  SEND_MODE.idOutOfRange,
  SEND_MODE.truncated,
  SEND_MODE.overlong,
  SEND_MODE.blockZero,
] as const;
/** A leader or trailer of odd length may be legal, so they are cut within the header or marked otherwise. */
const edgeDamage = [SEND_MODE.badFormat, SEND_MODE.truncated, SEND_MODE.blockZero] as const;

/** Draws the faults of one stream, frame after frame, from the seed alone. */
export class SendPlanner {
  readonly #faults: FaultOptions;
  readonly #seed: number;
  readonly #anyPacketFault: boolean;
  #burstLeft = 0;
  #delayed: DelayedPacket[] = [];

  constructor(faults: FaultOptions, seed: number) {
    this.#faults = faults;
    this.#seed = seed;
    const { loss, burstLoss, reorder, duplicate, corrupt, stall } = faults;
    const sum = loss + burstLoss.probability + reorder.probability + duplicate + corrupt + stall.probability;
    this.#anyPacketFault = sum > 0;
  }

  /** Whether the camera loses frame `sequence` before it is sent. */
  skips(sequence: number): boolean {
    return this.#faults.frameGap > 0 && new Random(this.#seed, 0x676170, sequence).float() < this.#faults.frameGap;
  }

  /** The plan of the frame that job `job` sends; its packets are 0..lastPacketId. */
  plan(job: number, sequence: number, lastPacketId: number): SendPlan {
    if (!this.#anyPacketFault) return { ranges: null, withheld: [], faults: [], delayed: 0 };
    const faults = this.#faults;
    const random = new Random(this.#seed, 0x706c616e, sequence);
    const ranges = new RangeList();
    const withheld: number[] = [];
    const names = new Set<string>();
    const stallAt = random.float() < faults.stall.probability ? 1 + random.below(Math.max(1, lastPacketId)) : -1;
    const depth = Math.max(1, faults.reorder.depth);
    for (let id = 0; id <= lastPacketId; id++) {
      if (id === stallAt) {
        names.add('stall');
        ranges.add(Math.round(faults.stall.milliseconds * 1000), SEND_MODE.pause, 0);
      }
      if (faults.burstLoss.probability > 0 && random.float() < faults.burstLoss.probability) {
        this.#burstLeft = Math.max(this.#burstLeft, faults.burstLoss.packets);
      }
      if (this.#burstLeft > 0) {
        this.#burstLeft--;
        withheld.push(id);
        names.add('burst-loss');
      } else if (faults.loss > 0 && random.float() < faults.loss) {
        withheld.push(id);
        names.add('loss');
      } else if (faults.corrupt > 0 && random.float() < faults.corrupt) {
        const damages = id === 0 || id === lastPacketId ? edgeDamage : payloadDamage;
        ranges.add(id, damages[random.below(damages.length)] as number, 0);
        withheld.push(id);
        names.add('corrupt');
        this.#passOne(job, ranges);
      } else if (faults.reorder.probability > 0 && random.float() < faults.reorder.probability) {
        this.#delayed.push({ job, packetId: id, left: 1 + random.below(depth) });
        names.add('reorder');
      } else {
        ranges.add(id, SEND_MODE.plain, 0);
        if (faults.duplicate > 0 && random.float() < faults.duplicate) {
          ranges.add(id, SEND_MODE.plain, 0);
          names.add('duplicate');
        }
        this.#passOne(job, ranges);
      }
    }
    if (faults.reorder.withinFrame) this.#release(job, ranges, () => true);
    // Far behind the present job nothing can be fetched any more: let go before that.
    this.#release(job, ranges, (packet) => job - packet.job >= PLAN_REACH);
    const delayed = this.#delayed.filter((packet) => packet.job === job).length;
    return { ranges: ranges.words(), withheld, faults: [...names], delayed };
  }

  /** Whether packets of earlier frames still wait; `lastPlan` sends them. */
  get waiting(): boolean {
    return this.#delayed.length > 0;
  }

  /** The jobs whose packets still wait. */
  waitingJobs(): Set<number> {
    return new Set(this.#delayed.map((packet) => packet.job));
  }

  /**
   * A plan for the packets that still wait and for `others`, to be sent by job `job`, which has no frame of its own.
   * Packets of jobs that were cancelled (`job` and later) are forgotten.
   */
  lastPlan(job: number, others: readonly { job: number; packetId: number }[] = []): Uint32Array {
    const ranges = new RangeList();
    for (const packet of others) ranges.add(packet.packetId, SEND_MODE.plain, job - packet.job);
    this.#release(job, ranges, (packet) => packet.job < job);
    this.#delayed = [];
    return ranges.words();
  }

  #passOne(job: number, ranges: RangeList): void {
    if (this.#delayed.length === 0) return;
    for (const packet of this.#delayed) packet.left--;
    this.#release(job, ranges, (packet) => packet.left <= 0);
  }

  #release(job: number, ranges: RangeList, which: (packet: DelayedPacket) => boolean): void {
    if (!this.#delayed.some(which)) return;
    for (const packet of this.#delayed) {
      if (which(packet)) ranges.add(packet.packetId, SEND_MODE.plain, job - packet.job);
    }
    this.#delayed = this.#delayed.filter((packet) => !which(packet));
  }
}

/** Ranges, joined where one continues the other. */
class RangeList {
  readonly #words: number[] = [];

  add(packetId: number, mode: number, framesBack: number): void {
    const words = this.#words;
    const at = words.length - PLAN_WORDS;
    const joins =
      at >= 0 &&
      mode === SEND_MODE.plain &&
      words[at + 1] === packetId - 1 &&
      words[at + 2] === mode &&
      words[at + 3] === framesBack;
    if (joins) words[at + 1] = packetId;
    else words.push(packetId, packetId, mode, framesBack);
  }

  words(): Uint32Array {
    return Uint32Array.from(this.#words);
  }
}
