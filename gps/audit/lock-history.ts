/** How the frames' grades went on through a session, and what the receiver was seen to be up to. */
import { GRADES, type Grade } from '../frame-time.js';
import { type FrameRange, FrameRanges, span } from './frame-ranges.js';
import { type AuditEvent, type AuditFrame, textIn } from './rows.js';

/** Frames one after the other of one grade and source. */
export interface LockRun extends FrameRange {
  /** The worst, where short runs were joined. */
  readonly grade: Grade;
  /** Of the last frame. */
  readonly source: string;
  /** How many of the frames have each flag. */
  readonly flags: Readonly<Record<string, number>>;
  /** Frames by grade, where short runs were joined; else null. */
  readonly grades: Readonly<Partial<Record<Grade, number>>> | null;
}

export interface ClockState {
  readonly utcNs: bigint;
  readonly from: string | null;
  readonly to: string;
  readonly why: string;
}

export interface LockHistory {
  readonly runs: readonly LockRun[];
  readonly grades: Readonly<Partial<Record<Grade, number>>>;
  readonly sources: Readonly<Record<string, number>>;
  readonly states: readonly ClockState[];
  /** Changes of state beyond those listed. */
  readonly statesNotListed: number;
}

const MOST_RUNS = 256;
const MOST_STATES = 500;

export class LockWatch {
  readonly #runs = new FrameRanges<LockRun>(MOST_RUNS, joinRuns);
  readonly #grades: Partial<Record<Grade, number>> = {};
  readonly #sources: Record<string, number> = {};
  readonly #states: ClockState[] = [];
  #statesNotListed = 0;
  /** The run that goes on, and how many of its frames have which flags. */
  #first: AuditFrame | null = null;
  #last: AuditFrame | null = null;
  #frames = 0;
  #flags = new Map<string, number>();
  /** The newest frames with the same flags. */
  #same = 0;

  frame(frame: AuditFrame): void {
    const last = this.#last;
    if (last !== null && last.grade === frame.grade && last.source === frame.source) {
      if (last.flags !== frame.flags) this.#countFlags(last);
    } else {
      this.#endRun();
      this.#first = frame;
    }
    this.#last = frame;
    this.#frames++;
    this.#same++;
  }

  state(event: AuditEvent): void {
    if (this.#states.length >= MOST_STATES) {
      this.#statesNotListed++;
      return;
    }
    const { data, startUtcNs } = event;
    this.#states.push({
      utcNs: startUtcNs,
      from: textIn(data, 'from'),
      to: textIn(data, 'to') ?? '?',
      why: textIn(data, 'why') ?? '',
    });
  }

  result(): LockHistory {
    this.#endRun();
    return {
      runs: this.#runs.list,
      grades: this.#grades,
      sources: this.#sources,
      states: this.#states,
      statesNotListed: this.#statesNotListed,
    };
  }

  #countFlags(frame: AuditFrame): void {
    this.#flags.set(frame.flags, (this.#flags.get(frame.flags) ?? 0) + this.#same);
    this.#same = 0;
  }

  #endRun(): void {
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null) return;
    this.#countFlags(last);
    this.#grades[last.grade] = (this.#grades[last.grade] ?? 0) + this.#frames;
    this.#sources[last.source] = (this.#sources[last.source] ?? 0) + this.#frames;
    this.#runs.add({
      fromFrame: first.number,
      toFrame: last.number,
      frames: this.#frames,
      fromUtcNs: first.startUtcNs,
      toUtcNs: last.startUtcNs,
      grade: last.grade,
      source: last.source,
      flags: countWords(this.#flags),
      grades: null,
    });
    this.#first = null;
    this.#last = null;
    this.#frames = 0;
    this.#flags = new Map();
  }
}

function countWords(sets: ReadonlyMap<string, number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [flags, count] of sets) {
    for (const flag of flags.split(' ')) if (flag !== '') counts[flag] = (counts[flag] ?? 0) + count;
  }
  return counts;
}

function joinRuns(a: LockRun, b: LockRun): LockRun {
  const flags = add(a.flags, b.flags);
  const grades = add(a.grades ?? { [a.grade]: a.frames }, b.grades ?? { [b.grade]: b.frames });
  const grade = GRADES.indexOf(a.grade) >= GRADES.indexOf(b.grade) ? a.grade : b.grade;
  return { ...span(a, b), grade, source: b.source, flags, grades };
}

function add(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
