/**
 * The time of a frame from what came with it. The rules of the grades stand here and nowhere else.
 *
 * A QHY GPS header that arrived and can be one (years 2015 to 2100, ticks and PPS count of their size, its stamps within
 * two hours) is judged:
 * - receiver status 0 or 1 in any stamp: its time is not used, `coarse` from the next source;
 * - contradicted or implausible (PPS sentinel or count, ticks beyond the second, stamps out of order, wrong duration, the same
 *   bytes as the frame before, whole second against the host): `untrusted`;
 * - status 2 in any stamp: `coarse`. With PPS the whole second is what is unproven, so the bound is 1 s; without PPS the
 *   oscillator runs free, so it is what a synchronised host proves, and without such a host `untrusted`;
 * - all three statuses 3: `locked`, 200 ns (0.1 us resolution, 0.1 us stated by the maker for the receiver), unless the
 *   offset of row 0 of a rolling shutter is not known: then `coarse`.
 * Whether a lost lock may count as `holdover` takes the history of the oscillator, which a single frame does not have.
 *
 * An LED calibration moves the header's start and end by what it has measured and adds three of its standard deviations.
 *
 * Without such a header: the leader's time stamp where it is UTC within a day of the host (`camera-clock`), else the
 * kernel's receive time of the first packet (`host-clock`); both `coarse`, both taken for the end of exposure of row 0.
 */

import { calibratedShutter, calibrationBoundNs, type StampCalibration } from '../calibration/stamp-calibration.js';
import { utcToTai } from '../clocks/leap-seconds.js';
import { type FrameTime, type Grade, instantsOf, type TimeSource } from '../frame-time.js';
import type { HeaderPacking } from '../header/header-packing.js';
import { canBeHeader } from '../header/plausible-header.js';
import {
  decodeQhyHeader,
  isPlausiblePps,
  PPS_SENTINEL,
  QHY_HEADER_BYTES,
  type QhyHeader,
  RECEIVER_STATUS,
  receiverStatus,
  stampUtcNs,
} from '../header/qhy-header.js';
import { type ImageRegion, lineOffsetNs, lineOfRow, type RowModel, rowModelOf } from '../rows/row-model.js';
import type { ShutterModel } from '../rows/shutter.js';
import { compareWithHost, type HostClock, type HostVerdict, UNSYNCHRONISED_HOST } from './host-check.js';
import type { TimeFlag } from './time-flags.js';

export interface StampInput {
  /** The first 44 payload bytes, taken before unpacking; null when not all of them arrived. */
  readonly headerBytes: Uint8Array | null;
  /** What `headerBytes` were unpacked from, where they did not come as they are. */
  readonly headerPacking?: HeaderPacking | undefined;
  /** Whether the camera writes a GPS header. Where false the bytes are pixels and not looked at. */
  readonly hasGpsHeader: boolean;
  readonly shutter: ShutterModel;
  /** What was measured of the stamps; null or left out: nothing. */
  readonly calibration?: StampCalibration | null | undefined;
  readonly region: ImageRegion;
  /** From frame to frame; null where not known. Bounds the readout of a shutter whose line period is not known. */
  readonly framePeriodNs: bigint | null;
  /** The exposure the camera was set to; 0 where not known. */
  readonly exposureNs: bigint;
  /** The leader's time stamp, and its ticks a second (0 where not known). */
  readonly leaderTicks: bigint;
  readonly tickFrequencyHz: bigint;
  /** Kernel receive time of the first packet, nanoseconds since 1970 UTC. */
  readonly receivedNs: bigint;
  /** Left out: unsynchronised. */
  readonly hostClock?: HostClock;
  /** What the host says of the whole second, where that was judged already; left out: it is judged here, by this frame alone. */
  readonly hostVerdict?: HostVerdict;
  /** The TAI of a stamp's UTC count; left out: as if it were in no leap second. */
  readonly toTai?: (utcNs: bigint, which: 'start' | 'end' | 'now') => bigint;
  /** The header bytes of the frame before, to find a camera that repeats them. */
  readonly previousHeader?: Uint8Array | null;
}

const SECOND = 1_000_000_000n;
const LOCKED_UNCERTAINTY = 200n;
/** Of a published offset of 2 ms (QHY600) and lines that may be longer. */
const UNKNOWN_OFFSET_UNCERTAINTY = 20_000_000n;
/** From the end of an exposure to the first packet on the wire, where the camera says nothing: readout of a frame. */
const DELIVERY_UNCERTAINTY = 200_000_000n;

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** The time of row 0 and everything that vouches for it, see the top of this file. Never throws for any bytes. */
export function stampFrame(input: StampInput): FrameTime {
  const flags: TimeFlag[] = [];
  if (!input.hasGpsHeader) return stampWithoutGps(input, null, flags);
  if (input.headerBytes === null || input.headerBytes.byteLength < QHY_HEADER_BYTES) {
    return stampWithoutGps(input, null, ['gps-header-missing']);
  }
  const header = decodeQhyHeader(input.headerBytes);
  if (!canBeHeader(header)) return stampWithoutGps(input, null, ['gps-header-implausible']);
  const status = Math.min(...[header.start, header.end, header.now].map((s) => receiverStatus(s.flag)));
  if (status < RECEIVER_STATUS.unlockedValid) return stampWithoutGps(input, header.sequence, ['gps-unlocked']);
  return stampFromHeader(input, header, status);
}

function stampFromHeader(input: StampInput, header: QhyHeader, status: number): FrameTime {
  const flags = packingFlags(input.headerPacking ?? 'bytes');
  const host = input.hostClock ?? UNSYNCHRONISED_HOST;
  const toTai = input.toTai ?? ((utcNs: bigint) => utcToTai(utcNs));
  const t = {
    start: toTai(stampUtcNs(header.start, header.ppsCount), 'start'),
    end: toTai(stampUtcNs(header.end, header.ppsCount), 'end'),
    now: toTai(stampUtcNs(header.now, header.ppsCount), 'now'),
  };
  const shutter = shutterOf(input, t.end - t.start, flags);
  const calibrated = calibratedShutter({ ...input.shutter, kind: shutter }, input.calibration);
  const rows = rowModelOf(calibrated, shutter, input.region, input.framePeriodNs);
  const span = rowZero(input, rows, t, flags);
  const delayNs = utcToTai(input.receivedNs) - t.now;

  const doubts = doubtsOf(input, header, shutter, t);
  const hasPps = isPlausiblePps(header.ppsCount);
  if (!hasPps) flags.push(header.ppsCount === PPS_SENTINEL ? 'gps-no-pps' : 'gps-pps-implausible');
  const verdict = input.hostVerdict ?? compareWithHost(delayNs, host);
  if (verdict === 'contradicts') doubts.push('gps-host-contradiction');
  flags.push(...doubts);
  if (!host.synchronised) flags.push('host-unsynchronised');
  if (verdict === 'unclear') flags.push('host-disagrees');

  const widened = flags.includes('row-offset-unknown') ? unknownOffset(rows) : 0n;
  let grade: Grade = widened > 0n || flags.includes('exposure-unknown') ? 'coarse' : 'locked';
  let uncertaintyNs = LOCKED_UNCERTAINTY + widened + calibrationBoundNs(input.calibration);
  if (status !== RECEIVER_STATUS.locked) {
    flags.unshift('gps-holding');
    const provable = hasPps || host.synchronised;
    grade = provable ? 'coarse' : 'untrusted';
    uncertaintyNs += hasPps ? SECOND : abs(delayNs) + host.boundNs;
  } else if (!hasPps) {
    grade = 'untrusted';
  }
  if (doubts.length > 0) grade = 'untrusted';
  const { sequence } = header;
  const time = finish(input, rows, {
    start: span.start,
    end: span.end,
    uncertaintyNs,
    source: 'gps-header',
    grade,
    flags,
    sequence,
  });
  return input.calibration ? { ...time, calibration: input.calibration } : time;
}

function packingFlags(packing: HeaderPacking): TimeFlag[] {
  if (packing === 'bytes') return [];
  if (packing === 'swapped') return ['gps-header-swapped'];
  return [packing.startsWith('16') ? 'gps-header-16bit' : 'gps-header-packed'];
}

/** TAI. */
interface HeaderInstants {
  readonly start: bigint;
  readonly end: bigint;
  readonly now: bigint;
}

/** What in the header contradicts itself, the shutter or the frame before. */
function doubtsOf(input: StampInput, header: QhyHeader, shutter: 'global' | 'rolling', t: HeaderInstants): TimeFlag[] {
  const doubts: TimeFlag[] = [];
  const lastTick = isPlausiblePps(header.ppsCount) ? header.ppsCount : PPS_SENTINEL;
  if ([header.start, header.end, header.now].some((s) => s.ticks > lastTick)) doubts.push('gps-ticks-implausible');
  if (t.start > t.end || t.end > t.now) doubts.push('gps-order');
  const duration = t.end - t.start;
  const expectedNs = input.exposureNs + (input.calibration?.stampExcessNs ?? 0n);
  if (shutter === 'rolling') {
    // ShutterMeasure is a pulse of 0.4 us: 4 ticks, give or take one.
    if (duration < 250n || duration > 550n) doubts.push('gps-duration');
  } else if (input.exposureNs > 0n && abs(duration - expectedNs) > 100_000n + input.exposureNs / 1000n) {
    // Cameras set exposures in whole lines (tens of microseconds); a tenth of a per cent leaves room for long ones.
    doubts.push('gps-duration');
  }
  const previous = input.previousHeader;
  if (
    previous &&
    input.headerBytes &&
    Buffer.compare(previous, input.headerBytes.subarray(0, QHY_HEADER_BYTES)) === 0
  ) {
    doubts.push('gps-stale');
  }
  return doubts;
}

/** The shutter, by the header's look where the camera's kind is not known: a pulse below 1 us is a rolling one's VSYNC. */
function shutterOf(input: StampInput, duration: bigint | null, flags: TimeFlag[]): 'global' | 'rolling' {
  if (input.shutter.kind !== 'unknown') return input.shutter.kind;
  flags.push('shutter-unknown');
  return duration !== null && duration < 1000n && input.exposureNs > 10_000n ? 'rolling' : 'global';
}

/** Of row 0 of the image, TAI. */
interface RowZero {
  readonly start: bigint;
  readonly end: bigint;
}

/** Start and end of row 0. Rolling: t0 is the falling edge of ShutterMeasure, the header's `end`. */
function rowZero(input: StampInput, rows: RowModel, t: HeaderInstants, flags: TimeFlag[]): RowZero {
  const { startOffsetNs = 0n, endOffsetNs = 0n } = input.calibration ?? {};
  if (rows.shutter === 'global') return { start: t.start + startOffsetNs, end: t.end + endOffsetNs };
  const line = lineOfRow(rows, 0);
  if (rows.rowZeroEndOffsetNs === null || (rows.linePeriodNs === null && line !== 0)) flags.push('row-offset-unknown');
  if (input.exposureNs <= 0n) flags.push('exposure-unknown');
  const end = t.end + (rows.rowZeroEndOffsetNs ?? 0n) + lineOffsetNs(rows, line);
  // The row model has the calibrated end already.
  return { start: end - endOffsetNs - input.exposureNs + startOffsetNs, end };
}

/** What not knowing the offset, or the line period before row 0, leaves open. */
function unknownOffset(rows: RowModel): bigint {
  const readout = rows.linePeriodNs === null && lineOfRow(rows, 0) !== 0 ? rows.readoutBoundNs : 0n;
  return (rows.rowZeroEndOffsetNs === null ? UNKNOWN_OFFSET_UNCERTAINTY : 0n) + readout;
}

function stampWithoutGps(input: StampInput, sequence: number | null, flags: TimeFlag[]): FrameTime {
  const host = input.hostClock ?? UNSYNCHRONISED_HOST;
  const shutter = shutterOf(input, null, flags);
  if (input.exposureNs <= 0n) flags.push('exposure-unknown');
  if (!host.synchronised) flags.push('host-unsynchronised');
  const cameraNs = input.tickFrequencyHz > 0n ? (input.leaderTicks * SECOND) / input.tickFrequencyHz : 0n;
  const apart = abs(cameraNs - input.receivedNs);
  const isUtc = apart < 86_400n * SECOND;
  const end = utcToTai(isUtc ? cameraNs : input.receivedNs);
  const rows = rowModelOf(input.shutter, shutter, input.region, input.framePeriodNs);
  return finish(input, rows, {
    start: end - input.exposureNs,
    end,
    uncertaintyNs: host.boundNs + input.exposureNs + DELIVERY_UNCERTAINTY + (isUtc ? apart : 0n),
    source: isUtc ? 'camera-clock' : 'host-clock',
    grade: 'coarse',
    flags,
    sequence,
  });
}

function finish(
  input: StampInput,
  rows: RowModel,
  found: RowZero & {
    uncertaintyNs: bigint;
    source: TimeSource;
    grade: Grade;
    flags: TimeFlag[];
    sequence: number | null;
  },
): FrameTime {
  const { start, end, uncertaintyNs, source, grade, flags, sequence } = found;
  const arrived = input.hasGpsHeader && input.headerBytes !== null && input.headerBytes.byteLength >= QHY_HEADER_BYTES;
  const instants = instantsOf(start, end > start ? end : start);
  // Each by name: to spread the instants into it took a sixth of the time of a frame.
  return {
    startUtcNs: instants.startUtcNs,
    midUtcNs: instants.midUtcNs,
    endUtcNs: instants.endUtcNs,
    leapSecond: instants.leapSecond,
    midLeapSecond: instants.midLeapSecond,
    endLeapSecond: instants.endLeapSecond,
    exposureNs: instants.exposureNs,
    rows,
    uncertaintyNs,
    source,
    grade,
    flags,
    rawHeader: arrived && input.headerBytes ? headerCopy(input.headerBytes) : null,
    sequence,
  };
}

/** Its own bytes: those that came are the camera's buffer, or a part of it. */
function headerCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.byteLength === QHY_HEADER_BYTES ? bytes : bytes.subarray(0, QHY_HEADER_BYTES));
}
