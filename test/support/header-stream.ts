/** A camera's GPS headers without a camera: frames on a beat, with whatever a test does to them. */
import { encodeQhyHeader, type QhyHeader, type QhyStamp, utcNsToStamp } from '#gps/header/qhy-header.js';
import type { CameraTiming, FrameEvidence } from '#gps/judge/frame-evidence.js';
import type { HostWitness } from '#gps/judge/second-guard.js';

export const SECOND = 1_000_000_000n;
/** 2026-08-14T00:00:10 UTC. */
export const ORIGIN = 1_786_665_610_000_000_000n;

export const GOOD_HOST: HostWitness = { synchronised: true, boundNs: 5_000_000n, steppedNs: 0n };
export const POOR_HOST: HostWitness = { synchronised: false, boundNs: SECOND, steppedNs: 0n };

export function globalTiming(changes: Partial<CameraTiming> = {}): CameraTiming {
  return {
    hasGpsHeader: true,
    shutter: { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false },
    region: { offsetY: 0, rows: 1200, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' },
    exposureNs: 5_000_000n,
    framePeriodNs: 20_000_000n,
    tickFrequencyHz: SECOND,
    leaderScale: 'unknown',
    ...changes,
  };
}

export function rollingTiming(changes: Partial<CameraTiming> = {}): CameraTiming {
  return globalTiming({
    shutter: { kind: 'rolling', linePeriodNs: 13_800n, rowZeroEndOffsetNs: 1_974_300n, rowPairs: false },
    exposureNs: 15_000_000n,
    ...changes,
  });
}

/** Stamp of `utcNs` by an oscillator that is `ppm` fast and a PPS at every second. */
export function stampAt(utcNs: bigint, flag: number, ppm: number): QhyStamp {
  const exact = utcNsToStamp((utcNs / SECOND) * SECOND, flag);
  const ticks = Math.floor((Number(utcNs % SECOND) / 100) * (1 + ppm / 1e6));
  return { ...exact, ticks };
}

export interface Sent {
  readonly evidence: FrameEvidence;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
}

export interface StreamOptions {
  readonly timing: CameraTiming;
  readonly ppm?: number;
  readonly host?: HostWitness;
  /** Delay of the first packet after the end of exposure. */
  readonly delayNs?: (n: number) => bigint;
  /** Where frame 0 would begin; left out: ORIGIN. */
  readonly originUtcNs?: bigint;
}

/** Frame `n` of a camera on a beat of `framePeriodNs`; `change` does to its header what the test wants. */
export function frameOf(options: StreamOptions, n: number, change: (header: QhyHeader) => QhyHeader = (h) => h): Sent {
  const { timing, ppm = 0, host = GOOD_HOST, delayNs = () => 20_000_000n, originUtcNs = ORIGIN } = options;
  const period = timing.framePeriodNs ?? 20_000_000n;
  const startUtcNs = originUtcNs + period * BigInt(n) + 123_400n;
  const endUtcNs = startUtcNs + timing.exposureNs;
  const rolling = timing.shutter.kind === 'rolling';
  const t0 = endUtcNs - (timing.shutter.rowZeroEndOffsetNs ?? 0n);
  const headerEnd = rolling ? t0 : endUtcNs;
  const headerStart = rolling ? t0 - 400n : startUtcNs;
  const header = change({
    sequence: n + 1,
    reserved: 0,
    width: 1936,
    height: 1024,
    latitudeRaw: 411_026_600,
    longitudeRaw: 1_073_196_500,
    start: stampAt(headerStart, 0x33, ppm),
    end: stampAt(headerEnd, 0x33, ppm),
    now: stampAt(headerEnd, 0x33, ppm),
    ppsCount: Math.round(1e7 * (1 + ppm / 1e6)),
  });
  return {
    startUtcNs,
    endUtcNs,
    evidence: {
      blockId: BigInt(n + 1),
      headerBytes: encodeQhyHeader(header),
      leaderTicks: startUtcNs,
      receivedNs: endUtcNs + delayNs(n) + host.steppedNs,
      host,
    },
  };
}
