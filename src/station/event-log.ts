/**
 * Turns findings about frames into rows of the index. One of a kind is a row at once; more of it within two seconds become one
 * row together, so that a camera gone wrong at 1000 fps does not drown the index.
 */
import { FINDINGS, type Finding, type FindingKind } from '#gps/judge/finding.js';
import type { EventRecord } from '#storage/frame-record.js';

const TOGETHER_NS = 2_000_000_000n;
/** A run of findings is told at the latest so long after it began. */
const LONGEST_RUN_NS = 60_000_000_000n;

interface Run {
  readonly first: Finding;
  last: Finding;
  frames: number;
  count: number;
}

export class EventLog {
  readonly #write: (event: EventRecord) => void;
  readonly #runs = new Map<FindingKind, Run>();

  constructor(write: (event: EventRecord) => void) {
    this.#write = write;
  }

  finding(finding: Finding): void {
    const run = this.#runs.get(finding.kind);
    const goesOn =
      run !== undefined &&
      timeOf(finding) - timeOf(run.last) <= TOGETHER_NS &&
      timeOf(finding) - timeOf(run.first) <= LONGEST_RUN_NS;
    if (goesOn) {
      run.last = finding;
      run.frames += finding.frames;
      run.count++;
      return;
    }
    if (run !== undefined) this.#tell(run);
    this.#runs.set(finding.kind, { first: finding, last: finding, frames: finding.frames, count: 1 });
  }

  /** Tells the runs that have gone on for `nowNs`, host time, long enough; all of them at the end. */
  flush(nowNs: bigint | null): void {
    for (const [kind, run] of this.#runs) {
      if (nowNs !== null && nowNs - timeOf(run.last) <= TOGETHER_NS) continue;
      this.#runs.delete(kind);
      this.#tell(run);
    }
  }

  #tell({ first, last, frames, count }: Run): void {
    this.#write({
      kind: 'frame-finding',
      startUtcNs: timeOf(first),
      endUtcNs: timeOf(last),
      data: {
        finding: first.kind,
        meaning: FINDINGS[first.kind],
        block: String(first.blockId),
        lastBlock: String(last.blockId),
        sequence: first.sequence,
        frames,
        count,
        evidence: first.evidence,
      },
    });
  }
}

const timeOf = (finding: Finding): bigint => finding.utcNs ?? 0n;
