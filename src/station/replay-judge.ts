/**
 * Times of frames that are played again: those that were recorded, with the flag `replayed`. Where a GPS header stands in the pixels, it is read
 * again and held against them; what does not agree is `untrusted`. A grade never becomes better than it was recorded.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { PACKED_HEADER_BYTES } from '#gps/header/header-packing.js';
import { looksLikeGpsHeader } from '#gps/header/plausible-header.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import { stampFrame } from '#gps/judge/stamp.js';
import { toupcamContradiction } from '#gps/judge/toupcam-stamp.js';
import type { RecordedTimes } from '#src/cameras/replay/recorded-times.js';
import { beginOf, headerEvidence, type JudgeFrame } from './frame-judge.js';

/** Of a second stamp against a recorded time: an oscillator that was followed over many seconds, and rounding. */
const SLACK_NS = 1_000_000n;

/** `otherwise` judges a frame whose recorded time is not known. */
export function replayJudge(times: RecordedTimes, timing: CameraTiming, otherwise: JudgeFrame): JudgeFrame {
  return (ring, slot, info) => {
    const recorded = times.take(info.blockId);
    if (recorded === null) {
      const time = otherwise(ring, slot, info);
      return { ...time, grade: 'untrusted', flags: [...time.flags, 'replayed', 'replayed-time-missing'] };
    }
    const { headerBytes } = headerEvidence(beginOf(ring, slot, info, PACKED_HEADER_BYTES), timing.hasGpsHeader);
    const again = headerBytes === null ? null : stampedAgain(recorded, headerBytes, timing, info.firstPacketNs);
    const flags = recorded.flags.includes('replayed') ? recorded.flags : [...recorded.flags, 'replayed'];
    const agreed =
      !isChanged(recorded, headerBytes) && (again === null || agrees(recorded, again)) && isAsTold(recorded);
    if (agreed) return { ...recorded, flags };
    return { ...recorded, grade: 'untrusted', flags: [...flags, 'replayed-contradicted'] };
  };
}

/** The time by the header alone; null where a recorded GPS time has none to be held against. */
function stampedAgain(
  recorded: FrameTime,
  headerBytes: Uint8Array,
  timing: CameraTiming,
  receivedNs: bigint,
): FrameTime | null {
  if (recorded.source !== 'gps-header' || !looksLikeGpsHeader(headerBytes)) return null;
  const { shutter, calibration, region, framePeriodNs, exposureNs } = timing;
  return stampFrame({
    ...{ headerBytes, hasGpsHeader: true, shutter, region, framePeriodNs, receivedNs },
    calibration: recorded.calibration ?? calibration ?? null,
    exposureNs: recorded.exposureNs > 0n ? recorded.exposureNs : exposureNs,
    leaderTicks: 0n,
    tickFrequencyHz: 0n,
  });
}

/** Whether the bytes are those of the recorded header but for a few: it was changed since, whatever time it gives now. */
function isChanged({ rawHeader }: FrameTime, headerBytes: Uint8Array | null): boolean {
  if (rawHeader === null || headerBytes === null) return false;
  const differing = rawHeader.reduce((count, byte, i) => count + (byte === headerBytes[i] ? 0 : 1), 0);
  return differing > 0 && differing < rawHeader.byteLength / 2;
}

/** A time by what a library told goes with the bytes that were kept of it. */
function isAsTold(recorded: FrameTime): boolean {
  const { source, libraryInfo } = recorded;
  return source !== 'toupcam-gps' || libraryInfo === undefined || toupcamContradiction(recorded, libraryInfo) === null;
}

function agrees(recorded: FrameTime, again: FrameTime): boolean {
  // About a leap second a label stands for two seconds, which only the frames around tell apart.
  if (recorded.leapSecond) return true;
  // The header gave a time when it was recorded: one that gives none now was changed.
  if (again.source !== 'gps-header') return false;
  const apart = again.endUtcNs - recorded.endUtcNs;
  const limit = recorded.uncertaintyNs + SLACK_NS;
  return apart <= limit && apart >= -limit;
}
