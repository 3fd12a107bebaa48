/**
 * A QHY GPS header without the stream it came in: no neighbours, no host clock, no receive time. It is judged by the rules
 * of `stampFrame`, as far as a single header can be, and says so.
 */

import type { Grade } from '../frame-time.js';
import { looksLikeGpsHeader } from '../header/plausible-header.js';
import { decodeQhyHeader, QHY_HEADER_BYTES, stampUtcNs } from '../header/qhy-header.js';
import { stampFrame } from '../judge/stamp.js';
import { TIME_FLAGS, type TimeFlag } from '../judge/time-flags.js';
import { type FoundSource, type FoundTime, spanFields } from './found-time.js';

/** What the file says about the exposure that the header belongs to. */
export interface HeaderSurroundings {
  /** Null where not known. */
  readonly exposureNs: bigint | null;
  /** Of a rolling shutter: from the header's end stamp to the end of the image's row 0; null where not known. */
  readonly rowZeroEndOffsetNs: bigint | null;
}

export type SingleHeader =
  | { readonly time: Omit<FoundTime, 'family'> }
  | { readonly time: null; readonly reasons: readonly string[] };

/** Below this, end - start is the pulse of a rolling shutter (0.4 us) and not an exposure. */
const PULSE_LIMIT_NS = 1_000n;
const ALONE = 'judged by itself: no frames around it and no host clock to contradict it';
/** Flags that speak of a host which is not there. */
const ABOUT_HOST: readonly TimeFlag[] = ['host-unsynchronised', 'host-disagrees'];

/** What a flag of `stampFrame` says, for people. */
export function flagReason(flag: string): string {
  const meaning = (TIME_FLAGS as Readonly<Record<string, string>>)[flag];
  return meaning === undefined ? flag : `${flag}: ${meaning}`;
}

/** The time that 44 header bytes give, or why they give none. */
export function judgeHeader(bytes: Uint8Array, { exposureNs, rowZeroEndOffsetNs }: HeaderSurroundings): SingleHeader {
  if (!looksLikeGpsHeader(bytes)) return { time: null, reasons: [flagReason('gps-header-implausible')] };
  const header = decodeQhyHeader(bytes);
  const isPulse = stampUtcNs(header.end, header.ppsCount) - stampUtcNs(header.start, header.ppsCount) < PULSE_LIMIT_NS;
  // A pulse with no exposure beside it would pass for an exposure of 0.4 us.
  const kind = isPulse && exposureNs === null ? ('rolling' as const) : ('unknown' as const);
  const input = {
    headerBytes: bytes.subarray(0, QHY_HEADER_BYTES),
    hasGpsHeader: true,
    shutter: { kind, linePeriodNs: null, rowZeroEndOffsetNs, rowPairs: false },
    // The offset that was handed in is that of the image's first row, wherever it stands on the sensor.
    region: { offsetY: 0, rows: 1, binning: 1, binningBy: 'nobody' as const, rowDirection: 'top-down' as const },
    framePeriodNs: null,
    exposureNs: exposureNs ?? 0n,
    leaderTicks: 0n,
    tickFrequencyHz: 0n,
    receivedNs: stampUtcNs(header.now, header.ppsCount),
  };
  const stamped = stampFrame(input);
  const flags = stamped.flags.filter((flag) => !ABOUT_HOST.some((other) => other === flag)).map(flagReason);
  if (stamped.source !== 'gps-header') return { time: null, reasons: flags };
  return {
    time: {
      ...spanFields({
        start: { utcNs: stamped.startUtcNs, leapSecond: stamped.leapSecond },
        exposureNs: stamped.exposureNs,
      }),
      uncertaintyNs: stamped.uncertaintyNs,
      source: stamped.source as FoundSource,
      grade: stamped.grade as Grade,
      reasons: [...flags, ALONE],
      sequence: header.sequence,
    },
  };
}
