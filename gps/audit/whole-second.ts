/**
 * What vouches for the whole second. A receiver is known to be 1 to 3 s off with "locked" in every flag, until its almanac
 * has come, up to 12.5 minutes after a cold start (K. Getrost, SharpCap forum); so the host is a witness, or nobody.
 */
import { type AuditFinding, auditFinding } from './finding.js';
import { type AuditEvent, type AuditFrame, booleanIn, numberIn, textIn } from './rows.js';

export interface ClockCheck {
  readonly utcNs: bigint;
  /** GPS less host. */
  readonly differenceS: number;
  readonly hostSynchronised: boolean | null;
}

export interface WholeSecond {
  /** Frames timed by GPS. */
  readonly gpsFrames: number;
  /** Of them, those whose second a synchronised host was there to see. */
  readonly proven: number;
  /** Those that rest on the receiver alone, or on an unsynchronised host. */
  readonly unsynchronised: number;
  readonly contradicted: number;
  readonly hostDisagrees: number;
  /** Frames with no GPS time whose host nobody vouches for. */
  readonly hostOnlyUnsynchronised: number;
  /** Rows of checks; null where none were recorded. */
  readonly checks: number | null;
  /** Checks with a difference that is not 0, the first ones. */
  readonly differences: readonly ClockCheck[];
  readonly differing: number;
  /** When the receiver was first seen to lock within the session; null where it was locked from the first frame on, or never. */
  readonly lockedUtcNs: bigint | null;
  /** Locked frames within 12.5 minutes of that, without a synchronised host, that do not say so themselves. */
  readonly young: number;
  /** As the newest check tells it; null where none does. */
  readonly almanacAgeS: number | null;
}

const ALMANAC_NS = 750_000_000_000n;
const MOST_LISTED = 100;

export class WholeSecondWatch {
  readonly #differences: ClockCheck[] = [];
  #checks = 0;
  #differing = 0;
  #synchronisedDiffering = 0;
  #almanacAgeS: number | null = null;
  #lockedUtcNs: bigint | null = null;
  #gpsFrames = 0;
  #unsynchronised = 0;
  #contradicted = 0;
  #hostDisagrees = 0;
  #hostOnly = 0;
  #proven = 0;
  #young = 0;
  #firstYoung: AuditFrame | null = null;
  #lastYoung: AuditFrame | null = null;
  #lastFlags: string | null = null;
  #has = { unsynchronised: false, contradiction: false, disagrees: false, young: false };

  check({ data, startUtcNs }: AuditEvent): void {
    this.#checks++;
    this.#almanacAgeS = numberIn(data, 'almanacAgeS') ?? this.#almanacAgeS;
    const differenceS = numberIn(data, 'differenceS') ?? 0;
    if (Math.round(differenceS) === 0) return;
    const hostSynchronised = booleanIn(data, 'hostSynchronised');
    this.#differing++;
    if (hostSynchronised === true) this.#synchronisedDiffering++;
    if (this.#differences.length < MOST_LISTED) {
      this.#differences.push({ utcNs: startUtcNs, differenceS, hostSynchronised });
    }
  }

  /** A change of the receiver's state. */
  state({ data, startUtcNs }: AuditEvent): void {
    if (textIn(data, 'to') === 'locked' && textIn(data, 'from') !== null) this.#lockedUtcNs ??= startUtcNs;
  }

  /** After the events. */
  frame(frame: AuditFrame): void {
    if (frame.flags !== this.#lastFlags) {
      const words = frame.flags.split(' ');
      this.#lastFlags = frame.flags;
      this.#has = {
        unsynchronised: words.includes('host-unsynchronised'),
        contradiction: words.includes('gps-host-contradiction'),
        disagrees: words.includes('host-disagrees'),
        young: words.includes('gps-almanac-young'),
      };
    }
    const has = this.#has;
    if (has.disagrees) this.#hostDisagrees++;
    if (has.contradiction) this.#contradicted++;
    if (frame.source !== 'gps-header' && frame.source !== 'toupcam-gps') {
      if (has.unsynchronised) this.#hostOnly++;
      return;
    }
    this.#gpsFrames++;
    if (!has.unsynchronised) {
      if (!has.contradiction) this.#proven++;
      return;
    }
    this.#unsynchronised++;
    const locked = this.#lockedUtcNs;
    // What the frame says of itself is not found again.
    if (locked === null || frame.grade !== 'locked' || has.young) return;
    if (frame.startUtcNs < locked || frame.startUtcNs - locked >= ALMANAC_NS) return;
    this.#young++;
    this.#firstYoung ??= frame;
    this.#lastYoung = frame;
  }

  result(): { wholeSecond: WholeSecond; findings: AuditFinding[] } {
    const findings: AuditFinding[] = [];
    const [first] = this.#differences;
    if (this.#synchronisedDiffering > 0 && first !== undefined) {
      const evidence = `${this.#synchronisedDiffering} checks differ from a synchronised host, the first by ${first.differenceS} s`;
      findings.push(auditFinding('whole-second', evidence, null, this.#synchronisedDiffering));
    }
    const [from, to] = [this.#firstYoung, this.#lastYoung];
    if (from !== null && to !== null) {
      const evidence = `${this.#young} frames within 12.5 minutes of the lock, with no synchronised host`;
      const range = {
        fromFrame: from.number,
        toFrame: to.number,
        frames: this.#young,
        fromUtcNs: from.startUtcNs,
        toUtcNs: to.startUtcNs,
      };
      findings.push(auditFinding('young-lock', evidence, range, this.#young));
    }
    const wholeSecond = {
      gpsFrames: this.#gpsFrames,
      proven: this.#proven,
      unsynchronised: this.#unsynchronised,
      contradicted: this.#contradicted,
      hostDisagrees: this.#hostDisagrees,
      hostOnlyUnsynchronised: this.#hostOnly,
      checks: this.#checks > 0 ? this.#checks : null,
      differences: this.#differences,
      differing: this.#differing,
      lockedUtcNs: this.#lockedUtcNs,
      young: this.#young,
      almanacAgeS: this.#almanacAgeS,
    };
    return { wholeSecond, findings };
  }
}
