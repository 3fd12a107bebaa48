/**
 * Times of frames, made in the order of their block ids before any worker touches them: what a time is worth shows in its
 * neighbours. The GPS header's 44 bytes are copied aside here, and only if all of them arrived.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { findHeader, headerDoubt, PACKED_HEADER_BYTES } from '#gps/header/header-packing.js';
import { NMEA_WINDOW_BYTES } from '#gps/header/nmea-block.js';
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import type { FrameEvidence } from '#gps/judge/frame-evidence.js';
import type { HostWitness } from '#gps/judge/second-guard.js';
import type { Timekeeper } from '#gps/judge/timekeeper.js';
import type { Ring } from '#pipeline/ring/ring.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';
import type { CameraTicks } from './camera-ticks.js';
import type { NmeaLog } from './nmea-log.js';

/** Judges the frame in a leased slot. */
export type JudgeFrame = (ring: Ring, slot: number, info: SlotInfo) => FrameTime;

export interface JudgeParts {
  readonly timekeeper: Timekeeper;
  /** Whether the camera says that it writes a GPS header; null where it says nothing. */
  readonly gpsHeader: boolean | null;
  readonly ticks: CameraTicks;
  readonly host: () => HostWitness;
  readonly nmea: NmeaLog;
}

/** For the frames of one stream. */
export function frameJudge({ timekeeper, gpsHeader, ticks, host, nmea }: JudgeParts): JudgeFrame {
  return (ring, slot, info) => {
    const time = timekeeper.judge({
      blockId: info.blockId,
      ...headerEvidence(beginOf(ring, slot, info, PACKED_HEADER_BYTES), gpsHeader),
      leaderTicks: ticks.of(info, ring.payload(slot)),
      receivedNs: info.firstPacketNs,
      host: host(),
    });
    if (gpsHeader !== false) nmea.frame(() => beginOf(ring, slot, info, NMEA_WINDOW_BYTES), time);
    return time;
  };
}

/**
 * The header out of the first bytes of a payload. Where they can be one as they are they are taken so; else one of another packing
 * is looked for, which counts where it is the only one.
 */
export function headerEvidence(
  payload: Uint8Array | null,
  gpsHeader: boolean | null,
): Pick<FrameEvidence, 'headerBytes' | 'headerPacking'> {
  if (payload === null) return { headerBytes: null };
  const headerBytes = payload.slice(0, QHY_HEADER_BYTES);
  if (gpsHeader === false || headerDoubt(headerBytes) === null) return { headerBytes };
  const found = findHeader(payload);
  return found.packing === null ? { headerBytes } : { headerBytes: found.bytes, headerPacking: found.packing };
}

/** The first bytes up to `most`, as many as arrived without a gap; null where they are fewer than a header has. */
export function beginOf(ring: Ring, slot: number, info: SlotInfo, most: number): Uint8Array | null {
  const gap = info.complete ? undefined : ring.missingRanges(slot)[0];
  const length = Math.min(info.payloadBytes, most, gap?.offset ?? Number.POSITIVE_INFINITY);
  return length < QHY_HEADER_BYTES ? null : ring.payload(slot).subarray(0, length);
}
