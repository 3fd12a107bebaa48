/**
 * Keeps account of a camera's frames by its own count, the stream's block ids and the header's bytes together: intervals
 * alone cannot tell a lost frame from a late one, nor a repeated one from a new one.
 */
import { sequenceStep } from './cadence.js';
import type { FindingKind } from './finding.js';

/** Headers by which a repeated frame is known again. */
const REMEMBERED = 512;
/** A frame that is this many frames late is lost. */
const LATE_FRAMES = 8;
/** A larger leap of the count is a restart or damage: how many frames it stands for is not known. */
const BELIEVABLE_JUMP = 10_000;
/** A count that begins anew begins below. */
const NEW_COUNT = 16;

export interface Remark {
  readonly kind: FindingKind;
  readonly frames: number;
  readonly evidence: string;
}

/** What is known of a camera's own count of frames. */
export interface FrameCounting {
  /** So many frames at most are counted at the start of a stream and left out by the maker's library: nothing that was wanted is lost. */
  readonly leftOut: number;
  /** The count begins anew in the stream, with each burst. */
  readonly restarts: boolean;
}

/** A run of frames that the camera counted and did not send. */
export interface CameraLoss {
  readonly frames: number;
  /** The frame behind them. */
  readonly beforeBlock: bigint;
}

interface Counted {
  readonly sequence: number;
  readonly block: bigint;
  /** What its header says, good or not. */
  readonly utcNs: bigint;
}

interface Missing {
  /** The camera's counts that were not seen. */
  readonly sequences: Set<number>;
  readonly sinceBlock: bigint;
}

const follows = (a: Counted, b: Counted): boolean => sequenceStep(a.sequence, b.sequence) === Number(b.block - a.block);

export class FrameAccount {
  readonly #seen = new Map<string, bigint>();
  /** The newest frame whose count is believed. */
  #newest: Counted | null = null;
  /** A frame whose count leapt: believed when the next one goes on from it. */
  #leapt: Counted | null = null;
  #missing: Missing[] = [];
  #losses: CameraLoss[] = [];
  #counting: FrameCounting = { leftOut: 0, restarts: false };

  /** What is to be said of the frame that came as `block` with the camera's count `sequence`. `header`: its bytes, as text; `utcNs`: the time in them. */
  frame(block: bigint, sequence: number, header: string, utcNs: bigint): Remark[] {
    const twin = this.#seen.get(header);
    if (twin !== undefined) {
      const back = Number(block - twin);
      if (this.#newest !== null) this.#skipBlock(this.#newest);
      const kind = back > 2 ? 'stale' : 'repeated';
      const where = back === 1 ? 'the one before' : `${back} blocks before`;
      return [{ kind, frames: 1, evidence: `its header is that of block ${twin}, ${where}` }];
    }
    this.#remember(header, block);
    const remarks = this.#count({ block, sequence, utcNs });
    while (this.#missing[0] !== undefined && block - this.#missing[0].sinceBlock >= BigInt(LATE_FRAMES)) {
      this.#lose(this.#missing.shift() as Missing);
    }
    return remarks;
  }

  /** Whether the count begins anew with this frame, as it does with each burst. */
  restartsWith(sequence: number, utcNs: bigint): boolean {
    const newest = this.#newest;
    return this.#counting.restarts && newest !== null && sequence <= newest.sequence && utcNs > newest.utcNs;
  }

  /** Of the stream that begins. */
  begin(counting: FrameCounting | undefined): void {
    this.#counting = counting ?? { leftOut: 0, restarts: false };
  }

  /** Losses that are certain by now. */
  takeLosses(): CameraLoss[] {
    return this.#losses.splice(0);
  }

  /** Another stream, or the end: what is missing is lost. */
  reset(): void {
    if (this.#leapt !== null) this.#believe(this.#leapt);
    for (const missing of this.#missing.splice(0)) this.#lose(missing);
    this.#newest = null;
    this.#leapt = null;
  }

  #count(frame: Counted): Remark[] {
    const { sequence } = frame;
    const newest = this.#newest;
    if (newest === null) return this.#begin(frame);
    if (this.restartsWith(sequence, frame.utcNs)) {
      this.#newest = frame;
      this.#leapt = null;
      return [];
    }
    if (follows(newest, frame)) {
      const wrapped = sequence < newest.sequence;
      this.#newest = frame;
      this.#leapt = null;
      return wrapped ? [this.#remark('sequence-wrap', newest, frame)] : [];
    }
    const leapt = this.#leapt;
    if (leapt !== null && follows(leapt, frame)) {
      this.#believe(leapt);
      this.#newest = frame;
      return [];
    }
    if (leapt !== null && isBetween(newest, leapt, sequence)) {
      // It was late: the count had not leapt.
      this.#newest = { ...leapt, block: frame.block };
      this.#leapt = null;
      return [this.#remark('out-of-order', leapt, frame, 1)];
    }
    const late = this.#missing.find((missing) => missing.sequences.delete(sequence));
    if (late !== undefined) {
      this.#newest = { ...newest, block: frame.block };
      return [this.#remark('out-of-order', newest, frame, 1)];
    }
    this.#leapt = frame;
    const step = sequenceStep(newest.sequence, sequence);
    if (step > 0 && step - Number(frame.block - newest.block) < BELIEVABLE_JUMP) {
      // Frames lost in the camera, or a damaged count: the next frame tells.
      return step < Number(frame.block - newest.block) ? [this.#remark('sequence-jump', newest, frame)] : [];
    }
    const isNew = sequence < NEW_COUNT && step < -NEW_COUNT && frame.utcNs > newest.utcNs;
    if (isNew) return [this.#remark('sequence-reset', newest, frame)];
    if (step < 0 && (step >= -REMEMBERED || frame.utcNs < newest.utcNs)) {
      this.#skipBlock(newest);
      return [this.#remark('stale', newest, frame, 1)];
    }
    return [this.#remark('sequence-jump', newest, frame)];
  }

  /**
   * The first frame of a stream. Block ids begin with 1, and so does a count that has just begun: where it is further, frames
   * never came. Over fibre the first burst after a start loses its first frame (QHYCCD SDK manual).
   */
  #begin(frame: Counted): Remark[] {
    this.#newest = frame;
    const lost = frame.sequence - Number(frame.block);
    if (lost <= this.#counting.leftOut || frame.sequence >= NEW_COUNT) return [];
    this.#losses.push({ frames: lost, beforeBlock: frame.block });
    const evidence = `the stream's first frame, block ${frame.block}, has count ${frame.sequence}`;
    return [{ kind: 'first-frames', frames: lost, evidence }];
  }

  /** A frame of before took a block id and no count. */
  #skipBlock(newest: Counted): void {
    this.#newest = { ...newest, block: newest.block + 1n };
  }

  /** The count did leap: what lies between was lost in the camera, as far as block ids do not explain it. */
  #believe(leapt: Counted): void {
    const newest = this.#newest as Counted;
    const step = sequenceStep(newest.sequence, leapt.sequence);
    const lost = step - Number(leapt.block - newest.block);
    this.#newest = leapt;
    this.#leapt = null;
    if (lost <= 0 || lost >= BELIEVABLE_JUMP) return;
    const sequences = new Set<number>();
    for (let i = 1; i <= lost; i++) sequences.add((newest.sequence + i) >>> 0);
    this.#missing.push({ sequences, sinceBlock: leapt.block });
  }

  #remark(kind: FindingKind, before: Counted, frame: Counted, frames = 0): Remark {
    const blocks = frame.block - before.block;
    return {
      kind,
      frames,
      evidence: `count ${before.sequence} was followed by ${frame.sequence} with block ids ${blocks} apart`,
    };
  }

  #lose({ sequences, sinceBlock }: Missing): void {
    if (sequences.size > 0) this.#losses.push({ frames: sequences.size, beforeBlock: sinceBlock });
  }

  #remember(header: string, block: bigint): void {
    this.#seen.set(header, block);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value as string);
  }
}

/** Whether `sequence` lies behind `from` and before `to`. */
function isBetween(from: Counted, to: Counted, sequence: number): boolean {
  const step = sequenceStep(from.sequence, sequence);
  return step > 0 && step < sequenceStep(from.sequence, to.sequence);
}
