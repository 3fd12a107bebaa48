/** What a frame's time is judged by: how the camera is set, and what came with the frame. */
import type { StampCalibration } from '../calibration/stamp-calibration.js';
import type { HeaderPacking } from '../header/header-packing.js';
import type { ImageRegion } from '../rows/row-model.js';
import type { ShutterModel } from '../rows/shutter.js';
import type { FrameCounting } from './frame-account.js';
import type { HostWitness } from './second-guard.js';

/** What stays the same from frame to frame, until the camera is set otherwise. */
export interface CameraTiming {
  /** Null: the camera does not say, its bytes are looked at. */
  readonly hasGpsHeader: boolean | null;
  readonly shutter: ShutterModel;
  /** What was measured of the stamps with this exposure; null or left out: nothing. */
  readonly calibration?: StampCalibration | null;
  readonly region: ImageRegion;
  /** As the camera is set; 0 where not known. */
  readonly exposureNs: bigint;
  readonly framePeriodNs: bigint | null;
  /**
   * How long a frame may be held back on its way to the host, beyond a delivery over a network; left out: not. Where that is near a
   * second, the host cannot tell a whole second that GPS is off from a frame that comes late.
   */
  readonly heldBackNs?: bigint;
  /** Of the leader's time stamp; 0 where not known. */
  readonly tickFrequencyHz: bigint;
  /** `tai`: the camera's clock is held by PTP. */
  readonly leaderScale: 'tai' | 'unknown';
  /** Left out: its count goes through a stream, and begins with the first frame. */
  readonly counting?: FrameCounting;
}

export interface FrameEvidence {
  readonly blockId: bigint;
  /** The first 44 payload bytes, taken before unpacking; null when not all of them arrived. */
  readonly headerBytes: Uint8Array | null;
  /** See `StampInput.headerPacking`. */
  readonly headerPacking?: HeaderPacking;
  readonly leaderTicks: bigint;
  /** Kernel receive time of the first packet, nanoseconds since 1970 UTC. */
  readonly receivedNs: bigint;
  readonly host: HostWitness;
}
