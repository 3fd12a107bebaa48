/**
 * Times of frames, made in the order of their block ids before any worker touches them: what a time is worth shows in its
 * neighbours. The GPS header's 44 bytes are copied aside here, and only if all of them arrived.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { QHY_HEADER_BYTES } from '#gps/qhy-header.js';
import type { HostWitness } from '#gps/second-guard.js';
import type { Timekeeper } from '#gps/timekeeper.js';
import type { Ring } from '#pipeline/ring/ring.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';

/** Judges the frame in a leased slot. */
export type JudgeFrame = (ring: Ring, slot: number, info: SlotInfo) => FrameTime;

export function frameJudge(timekeeper: Timekeeper, host: () => HostWitness): JudgeFrame {
  return (ring, slot, info) =>
    timekeeper.judge({
      blockId: info.blockId,
      headerBytes: headerBytesOf(ring, slot, info),
      leaderTicks: info.cameraTimestamp,
      receivedNs: info.firstPacketNs,
      host: host(),
    });
}

/** A copy: the slot is used again. */
function headerBytesOf(ring: Ring, slot: number, info: SlotInfo): Uint8Array | null {
  if (info.payloadBytes < QHY_HEADER_BYTES) return null;
  const arrived = info.complete || !ring.missingRanges(slot).some((range) => range.offset < QHY_HEADER_BYTES);
  return arrived ? ring.payload(slot).slice(0, QHY_HEADER_BYTES) : null;
}
