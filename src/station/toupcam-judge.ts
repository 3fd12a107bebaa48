/**
 * Times of frames beside which ToupTek's library tells its own: as a chunk behind the image, whether it came over the network or
 * straight into the ring. A camera without a GPS receiver has the times of its frames as any other.
 */
import { decodeToupcamFrameInfo, TOUPCAM_FRAME_INFO_BYTES, type ToupcamGps } from '#gps/header/toupcam-frame-info.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import type { HostClock } from '#gps/judge/host-check.js';
import { stampToupcam, withToldExposure } from '#gps/judge/toupcam-stamp.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';
import { findChunk } from '#pipeline/wire/chunks.js';
import { PAYLOAD_TYPE } from '#pipeline/wire/gvsp.js';
import { SDK_INFO_CHUNK_ID } from '#src/cameras/sdk/sdk-camera.js';
import type { JudgeFrame } from './frame-judge.js';

export interface ToupcamJudgeParts {
  /** As the camera is set now. */
  readonly timing: () => CameraTiming;
  readonly host: () => HostClock;
  /** Judges frames beside which nothing is told, and keeps the account of all. */
  readonly otherwise: JudgeFrame;
}

/** For the frames of one stream. */
export function toupcamJudge({ timing, host, otherwise }: ToupcamJudgeParts): JudgeFrame {
  let previous: ToupcamGps | null = null;
  return (ring, slot, info) => {
    const time = otherwise(ring, slot, info);
    const libraryInfo = infoOf(ring.payload(slot), info);
    if (libraryInfo === null) return time;
    const told = decodeToupcamFrameInfo(libraryInfo);
    // Without a receiver no frame ever has GPS times; with one, a frame that lacks them says why.
    if (told.gps === null && previous === null) {
      return { ...withToldExposure(time, told), sequence: time.sequence ?? told.sequence, libraryInfo };
    }
    const { shutter, region, framePeriodNs, exposureNs } = timing();
    const stamped = stampToupcam({
      ...{ shutter, region, framePeriodNs, exposureNs, previous },
      info: told,
      // The library says so of a frame by the flag of its GPS times.
      online: told.gps !== null,
      accuracyNs: null,
      receivedNs: info.firstPacketNs,
      hostClock: host(),
    });
    previous = told.gps ?? previous;
    return { ...stamped, libraryInfo };
  };
}

/** The bytes that the library told, in memory of their own: the slot is used again. */
function infoOf(payload: Uint8Array, info: SlotInfo): Uint8Array | null {
  if (!info.complete || (info.payloadType & PAYLOAD_TYPE.withChunks) === 0) return null;
  const chunk = findChunk(payload.subarray(0, info.payloadBytes), SDK_INFO_CHUNK_ID);
  return chunk === null || chunk.byteLength !== TOUPCAM_FRAME_INFO_BYTES ? null : new Uint8Array(chunk);
}
