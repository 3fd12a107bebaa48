/** What each frame's time is worth before a sceptical referee, by its grade and flags and by what was found about it. */
import type { Grade } from '../frame-time.js';
import { TIME_FLAGS } from '../judge/time-flags.js';
import type { AuditFinding } from './finding.js';
import { type FrameRange, FrameRanges, span } from './frame-ranges.js';
import { type Level, worse } from './level.js';
import type { AuditFrame } from './rows.js';

export interface VerdictRange {
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly frames: number;
  /** Null where a finding cut the range and the index was not asked again. */
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
  readonly level: Level;
  /** In words. */
  readonly reasons: readonly string[];
  /** True where short ranges of different levels were joined: the level is the worst of them. */
  readonly joined: boolean;
}

export interface Verdict {
  readonly level: Level;
  /** One sentence. */
  readonly summary: string;
  readonly ranges: readonly VerdictRange[];
  /** Frames of the ranges by level. */
  readonly frames: Readonly<Record<Level, number>>;
}

interface Judged {
  readonly level: Level;
  readonly reasons: readonly string[];
}

interface JudgedRange extends FrameRange, Judged {
  readonly joined: boolean;
}

const GRADE_REASONS: Readonly<Record<Grade, string | null>> = {
  locked: null,
  holdover: 'lock or PPS lost: the time runs on the oscillator, within its bound',
  coarse: 'no better than its stated bound',
  untrusted: 'untrusted',
};
const LEVEL_OF: Readonly<Record<Grade, Level>> = {
  locked: 'defensible',
  holdover: 'reservation',
  coarse: 'reservation',
  untrusted: 'not-defensible',
};
const MOST_RANGES = 256;
const MOST_REASONS = 12;

const words: Readonly<Record<string, string>> = TIME_FLAGS;

/** By its own grade and flags: a locked time without any flag is defensible, one with a flag needs the flag said. */
export function judgeFlags(grade: Grade, flags: string): Judged {
  const reasons = flags.split(' ').flatMap((flag) => (flag === '' ? [] : [words[flag] ?? flag]));
  const level = worse(LEVEL_OF[grade], reasons.length > 0 ? 'reservation' : 'defensible');
  const byGrade = GRADE_REASONS[grade];
  return { level, reasons: byGrade === null ? reasons : [byGrade, ...reasons] };
}

export class VerdictWatch {
  readonly #ranges = new FrameRanges<JudgedRange>(MOST_RANGES, (a, b) => ({
    ...join(a, b),
    ...span(a, b),
    joined: true,
  }));
  #first: AuditFrame | null = null;
  #last: AuditFrame | null = null;
  #frames = 0;

  frame(frame: AuditFrame): void {
    const last = this.#last;
    if (last === null || last.grade !== frame.grade || last.flags !== frame.flags) {
      this.#end();
      this.#first = frame;
    }
    this.#last = frame;
    this.#frames++;
  }

  #end(): void {
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null) return;
    this.#ranges.add({
      fromFrame: first.number,
      toFrame: last.number,
      frames: this.#frames,
      fromUtcNs: first.startUtcNs,
      toUtcNs: last.startUtcNs,
      joined: false,
      ...judgeFlags(last.grade, last.flags),
    });
    this.#first = null;
    this.#last = null;
    this.#frames = 0;
  }

  /** `findings`: those about frames weigh on them, those about the session on the whole. */
  result(findings: readonly AuditFinding[]): Verdict {
    this.#end();
    const heavy = findings.filter((finding) => finding.level !== 'defensible');
    const about = heavy.flatMap(({ range, level, meaning }) =>
      range === null ? [] : [{ range, level, reason: meaning }],
    );
    const ranges = overlay(this.#ranges.list, about);
    const frames: Record<Level, number> = { defensible: 0, reservation: 0, 'not-defensible': 0 };
    for (const range of ranges) frames[range.level] += range.frames;
    const level = heavy.reduce<Level>(
      (worst, finding) => worse(worst, finding.level),
      ranges.reduce<Level>((worst, range) => worse(worst, range.level), 'defensible'),
    );
    return { level, summary: summaryOf(level, frames, ranges, heavy), ranges, frames };
  }
}

function join(a: Judged, b: Judged): Judged {
  const reasons = [...new Set([...a.reasons, ...b.reasons])].slice(0, MOST_REASONS);
  return { level: worse(a.level, b.level), reasons };
}

interface About {
  readonly range: FrameRange;
  readonly level: Level;
  readonly reason: string;
}

/** `ranges` cut where findings begin and end, with their levels and reasons. */
function overlay(ranges: readonly JudgedRange[], about: readonly About[]): VerdictRange[] {
  const cut: VerdictRange[] = [];
  for (const range of ranges) {
    const touching = about.filter((a) => a.range.fromFrame <= range.toFrame && a.range.toFrame >= range.fromFrame);
    const begins = new Set([range.fromFrame]);
    for (const { range: found } of touching) {
      if (found.fromFrame > range.fromFrame) begins.add(found.fromFrame);
      if (found.toFrame < range.toFrame) begins.add(found.toFrame + 1);
    }
    const sorted = [...begins].sort((a, b) => a - b);
    sorted.forEach((fromFrame, i) => {
      const toFrame = (sorted[i + 1] ?? range.toFrame + 1) - 1;
      const on = touching.filter((a) => a.range.fromFrame <= fromFrame && a.range.toFrame >= toFrame);
      const judged = on.reduce<Judged>((all, { level, reason }) => join(all, { level, reasons: [reason] }), range);
      push(cut, {
        fromFrame,
        toFrame,
        frames: sorted.length === 1 ? range.frames : toFrame - fromFrame + 1,
        fromUtcNs: timeAt(fromFrame, range, on, 'from'),
        toUtcNs: timeAt(toFrame, range, on, 'to'),
        level: judged.level,
        reasons: judged.reasons,
        joined: range.joined,
      });
    });
  }
  return cut;
}

/** Adds a range, to the last one where both say the same. */
function push(ranges: VerdictRange[], range: VerdictRange): void {
  const last = ranges.at(-1);
  if (last === undefined || last.level !== range.level || last.reasons.join() !== range.reasons.join()) {
    ranges.push(range);
    return;
  }
  ranges[ranges.length - 1] = {
    ...last,
    toFrame: range.toFrame,
    toUtcNs: range.toUtcNs,
    frames: last.frames + range.frames,
    joined: last.joined || range.joined,
  };
}

function timeAt(frame: number, range: FrameRange, on: readonly About[], end: 'from' | 'to'): bigint | null {
  for (const found of [range, ...on.map((a) => a.range)]) {
    if (end === 'from' && found.fromFrame === frame) return found.fromUtcNs;
    if (end === 'to' && found.toFrame === frame) return found.toUtcNs;
  }
  return null;
}

function summaryOf(
  level: Level,
  frames: Readonly<Record<Level, number>>,
  ranges: readonly VerdictRange[],
  heavy: readonly AuditFinding[],
): string {
  const all = frames.defensible + frames.reservation + frames['not-defensible'];
  if (all === 0) return 'there are no frames';
  const worst = frames[level];
  const aboutFrames = ranges.filter((range) => range.level === level).flatMap((range) => range.reasons);
  const aboutSession = heavy.filter((finding) => finding.level === level && finding.range === null);
  const reasons = [...new Set([...aboutFrames, ...aboutSession.map((finding) => finding.meaning)])];
  const shown = reasons.slice(0, 3).join('; ') + (reasons.length > 3 ? `; and ${reasons.length - 3} more` : '');
  if (level === 'defensible') return `all ${all} frames, with no reservation`;
  if (worst === 0) return `no frame by itself, but the session: ${shown}`;
  const which = worst === all ? `all ${all} frames` : `${worst} of ${all} frames`;
  return `${which}: ${shown}`;
}
