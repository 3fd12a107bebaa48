/** What is told of frames beyond their times: each finding with its evidence, once, in the order of the blocks. */
import type { FrameTime } from '../frame-time.js';
import type { QhyHeader } from '../header/qhy-header.js';
import type { Finding, FindingKind } from './finding.js';
import type { CameraLoss, Remark } from './frame-account.js';
import { type Observation, PPS_TOLERANCE } from './grading.js';

/** Frames whose neighbours are remembered, more than a late frame may be late. */
const AROUND = 32;

/** What the timekeeper knew when it judged the frame. */
export interface Judged {
  readonly blockId: bigint;
  readonly time: FrameTime;
  readonly seen: Observation;
  readonly header: QhyHeader;
  /** As the camera is set, and as it was before. */
  readonly exposure: { readonly setNs: bigint; readonly beforeNs: bigint | null };
  readonly host: { readonly synchronised: boolean; readonly differenceS: number };
}

export class FrameFindings {
  readonly #tell: (finding: Finding) => void;
  #contradicting = false;
  #inLeapSecond = false;
  #newestUtcNs: bigint | null = null;
  /** Of the newest frames: their times and those of the frames before them. */
  readonly #around = new Map<bigint, { readonly fromUtcNs: bigint | null; readonly toUtcNs: bigint }>();

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  remarks(remarks: readonly Remark[], blockId: bigint, time: FrameTime): void {
    for (const { kind, frames, evidence } of remarks) this.#find(kind, blockId, time, frames, evidence);
  }

  /** A frame that has a GPS header was judged. */
  judged({ blockId, time, seen, header, exposure, host }: Judged): void {
    const find = (kind: FindingKind, evidence: string) => this.#find(kind, blockId, time, 1, evidence);
    const far = seen.leapt ? `${Math.round(Number(seen.offBeatNs) / 1e9)} s` : `${seen.offBeatNs} ns`;
    const off = `${far} off the beat of its neighbours`;
    if (seen.leapt) find('second-step', off);
    else if (seen.offBeatNs > 0n) find('interval', off);
    if (seen.oddPps > PPS_TOLERANCE) {
      find('pps-jump', `PPS count ${header.ppsCount}, ${seen.oddPps} ticks from the seconds before`);
    }
    if (time.flags.includes('gps-duration')) {
      find('exposure-change', `exposure ${time.exposureNs} ns, set to ${exposure.setNs} ns`);
    } else if (seen.exposure.changed) {
      find('exposure-change', `exposure ${time.exposureNs} ns, before ${exposure.beforeNs} ns`);
    }
    const contradicting = seen.second === 'contradicted';
    if (contradicting && !this.#contradicting) {
      const whose = host.synchronised ? 'synchronised' : 'unsynchronised';
      find('whole-second', `GPS is ${host.differenceS} s ahead of the ${whose} host`);
    }
    this.#contradicting = contradicting;
  }

  allZero(blockId: bigint, time: FrameTime): void {
    this.#find('all-zero', blockId, time, 1, 'the first 44 bytes of the frame are zero');
  }

  /** The frame's time stands. */
  timed(blockId: bigint, time: FrameTime): void {
    if (time.leapSecond && !this.#inLeapSecond) {
      this.#find('leap-second', blockId, time, 1, 'the frame began in a leap second');
    }
    this.#inLeapSecond = time.leapSecond;
    this.#around.set(blockId, { fromUtcNs: this.#newestUtcNs, toUtcNs: time.startUtcNs });
    if (this.#around.size > AROUND) this.#around.delete(this.#around.keys().next().value as bigint);
    if (!time.flags.includes('gps-stale')) this.#newestUtcNs = time.startUtcNs;
  }

  /** `time`: of the newest frame; null at the end of a stream. */
  losses(losses: readonly CameraLoss[], time: FrameTime | null): void {
    for (const { frames, beforeBlock } of losses) {
      const evidence = `the camera's own frame count went ${frames} further than the frames that came`;
      const between = this.#around.get(beforeBlock) ?? { fromUtcNs: null, toUtcNs: null };
      const utcNs = between.toUtcNs ?? time?.startUtcNs ?? null;
      this.#tell({ kind: 'lost-in-camera', blockId: beforeBlock, sequence: null, utcNs, frames, evidence, between });
    }
  }

  #find(kind: FindingKind, blockId: bigint, time: FrameTime, frames: number, evidence: string): void {
    const { startUtcNs: utcNs, sequence } = time;
    this.#tell({ kind, blockId, sequence, utcNs, frames, evidence });
  }
}
