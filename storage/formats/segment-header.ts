import type { Site } from '../frame-record.js';
import type { SerStamp } from '../ser/ser-stamp.js';

/** What holds for all frames of a segment. */
export interface SegmentHeader {
  readonly sessionId: string;
  readonly stationId: string;
  readonly stationName: string;
  readonly cameraId: string;
  readonly cameraName: string;
  readonly cameraUri: string;
  /** Count of segments of the session, from 1. */
  readonly number: number;
  /** When the file was begun, host clock, nanoseconds since 1970 UTC. */
  readonly createdUtcNs: bigint;
  readonly software: string;
  readonly observer: string | null;
  readonly telescope: string | null;
  readonly object: string | null;
  readonly site: Site | null;
  /** Name of the place; left out where there is none. */
  readonly siteName?: string | null;
  /** Of SER: which instant a frame's stamp is; left out: the start. */
  readonly serStamp?: SerStamp;
}
