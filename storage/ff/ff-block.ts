/**
 * A block of 256 frame periods, as RMS compresses them. A frame's place in it, which MAXFRAME counts, is the distance of its block
 * id from the first one's: the place of a frame that was lost stays empty, so `start + place / FPS` stays its time. (RMS counts
 * received frames, and its times slip by each lost one.)
 */
import { elapsedNs } from '#gps/found/found-time.js';
import type { FrameRecord } from '../frame-record.js';
import type { StackedFrame } from '../stacks/stack-format.js';
import type { FfBlockId } from './ff-name.js';

/** Frames of a block: RMS and what reads its files take it for granted. */
export const FF_FRAMES = 256;

export interface FfBlock extends FfBlockId {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** In order, the first at place 0. */
  readonly frames: readonly StackedFrame[];
  readonly planeSums: readonly number[];
}

/** RMS counts frames in 32 bits: the block id, which a camera counts from 1. */
export function counterOf({ blockId }: Pick<FrameRecord, 'blockId'>): number {
  return Number(BigInt.asUintN(32, blockId));
}

/** The place of `record` in the block that begins with `first`; one that does not follow belongs to the next block. */
export function placeInBlock(record: FrameRecord, first: FrameRecord): number {
  const apart = record.blockId - first.blockId;
  return apart >= 0n && apart < BigInt(FF_FRAMES) ? Number(apart) : FF_FRAMES;
}

export interface BlockTiming {
  /** Frames a second from the first frame to the last, by their times, in millionths; 0 where there is no such number. */
  readonly microHertz: bigint;
  /** Empty places before the last frame. */
  readonly lost: number;
  /** The most that a frame's start is away from where its place and the rate put it. */
  readonly deviationNs: bigint;
}

/** Nanoseconds of a second times a million. */
const SECOND_NS_MICRO = 1_000_000_000_000_000n;

const startOf = ({ record: { time } }: StackedFrame) => ({ utcNs: time.startUtcNs, leapSecond: time.leapSecond });

export function timingOf(frames: readonly StackedFrame[]): BlockTiming {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return { microHertz: 0n, lost: 0, deviationNs: 0n };
  const places = BigInt(last.place);
  const lost = last.place + 1 - frames.length;
  const spanNs = elapsedNs(startOf(first), startOf(last));
  if (places === 0n || spanNs <= 0n) return { microHertz: 0n, lost, deviationNs: 0n };
  let deviationNs = 0n;
  for (const frame of frames) {
    const apart = elapsedNs(startOf(first), startOf(frame)) - (BigInt(frame.place) * spanNs) / places;
    const size = apart < 0n ? -apart : apart;
    if (size > deviationNs) deviationNs = size;
  }
  return { microHertz: (places * SECOND_NS_MICRO + spanNs / 2n) / spanNs, lost, deviationNs };
}
