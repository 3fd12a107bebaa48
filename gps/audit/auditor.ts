/**
 * Whether the timing of a session is defensible: lock history, intervals, oscillator, whole second, accounting of frames,
 * uncertainty budget, and a verdict with reasons. Rows go in one after the other; memory grows with gap rows, about 200 bytes
 * each, and not with frames.
 *
 * Order of calls: every gap() and event() first, then every frame() in the order of writing, then result() once.
 */
import { type Accounting, BlockAccount } from './block-account.js';
import { type AuditFinding, auditFinding } from './finding.js';
import { GapStore } from './gap-store.js';
import { type Intervals, IntervalWatch } from './intervals.js';
import { LEVELS } from './level.js';
import { type LockHistory, LockWatch } from './lock-history.js';
import { type OscillatorRecord, OscillatorWatch } from './oscillator-record.js';
import { type RecordedFindings, RecordedFindingsWatch } from './recorded-findings.js';
import type { AuditEvent, AuditFrame, AuditGap, AuditOptions } from './rows.js';
import { type Budget, BudgetWatch } from './uncertainty-budget.js';
import { type Verdict, VerdictWatch } from './verdict.js';
import { type WholeSecond, WholeSecondWatch } from './whole-second.js';
import { type Witnesses, WitnessWatch } from './witnesses.js';

export interface AuditResult {
  readonly state: 'recording' | 'complete' | 'interrupted';
  readonly frames: number;
  /** Starts of the first and the last frame; null without frames. */
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
  readonly verdict: Verdict;
  /** The heaviest first. */
  readonly findings: readonly AuditFinding[];
  readonly lock: LockHistory;
  readonly intervals: Intervals;
  /** Null: not recorded. */
  readonly oscillator: OscillatorRecord | null;
  readonly wholeSecond: WholeSecond;
  readonly accounting: Accounting;
  readonly gaps: readonly AuditGap[];
  readonly budgets: readonly Budget[];
  readonly recorded: RecordedFindings;
  readonly witnesses: Witnesses;
}

export class Auditor {
  readonly #options: AuditOptions;
  readonly #gaps = new GapStore();
  readonly #account: BlockAccount;
  readonly #intervals: IntervalWatch;
  readonly #lock = new LockWatch();
  readonly #oscillator = new OscillatorWatch();
  readonly #wholeSecond = new WholeSecondWatch();
  readonly #budget = new BudgetWatch();
  readonly #recorded = new RecordedFindingsWatch();
  readonly #witnesses = new WitnessWatch();
  readonly #verdict = new VerdictWatch();
  #first: AuditFrame | null = null;
  #last: AuditFrame | null = null;
  #frames = 0;
  #present = 0;

  constructor(options: AuditOptions = {}) {
    this.#options = options;
    this.#account = new BlockAccount(this.#gaps);
    this.#intervals = new IntervalWatch(this.#gaps, options.startedUtcNs ?? null);
  }

  gap(gap: AuditGap): void {
    this.#gaps.add(gap);
  }

  /** Events of kinds that are not known are left alone. */
  event(event: AuditEvent): void {
    switch (event.kind) {
      case 'clock-state':
        this.#lock.state(event);
        this.#wholeSecond.state(event);
        break;
      case 'clock-check':
        this.#wholeSecond.check(event);
        break;
      case 'oscillator':
        this.#oscillator.event(event);
        break;
      case 'frame-finding':
        this.#recorded.event(event);
        break;
      case 'host-clock':
        this.#witnesses.hostClock(event);
        break;
      case 'gpsd':
        this.#witnesses.gpsd(event);
        break;
      case 'calibration':
        this.#budget.calibration(event);
        break;
    }
  }

  frame(frame: AuditFrame): void {
    this.#first ??= frame;
    this.#last = frame;
    this.#frames++;
    if (!frame.missing) this.#present++;
    this.#intervals.frame(frame, this.#account.frame(frame));
    this.#lock.frame(frame);
    this.#wholeSecond.frame(frame);
    this.#budget.frame(frame);
    this.#verdict.frame(frame);
  }

  result(): AuditResult {
    const state = this.#options.state ?? 'complete';
    const { accounting, findings: accounted } = this.#account.result(state === 'recording');
    const { intervals, findings: stepped } = this.#intervals.result();
    const { oscillator, findings: ticked } = this.#oscillator.result();
    const { wholeSecond, findings: checked } = this.#wholeSecond.result();
    const { recorded, findings: told } = this.#recorded.result();
    const budgets = this.#budget.result();
    const findings = [
      ...this.#ownFindings(state, budgets),
      ...accounted,
      ...stepped,
      ...ticked,
      ...checked,
      ...told,
    ].sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
    return {
      state,
      frames: this.#frames,
      fromUtcNs: this.#first?.startUtcNs ?? null,
      toUtcNs: this.#last?.startUtcNs ?? null,
      verdict: this.#verdict.result(findings),
      findings,
      lock: this.#lock.result(),
      intervals,
      oscillator,
      wholeSecond,
      accounting,
      gaps: this.#gaps.all.map(({ placed: _, ...gap }) => gap),
      budgets,
      recorded,
      witnesses: this.#witnesses.result(),
    };
  }

  #ownFindings(state: AuditResult['state'], budgets: readonly Budget[]): AuditFinding[] {
    const findings: AuditFinding[] = [];
    if (this.#frames === 0) findings.push(auditFinding('no-frames', 'no row of a frame'));
    if (state === 'interrupted')
      findings.push(auditFinding('interrupted', 'its process ended before it closed the session'));
    const counted = this.#options.framesRecorded ?? null;
    // Rows whose file was removed while it was written no longer count as recorded; those that a crash took do.
    if (counted !== null && (this.#frames < counted || this.#present > counted)) {
      const evidence = `${this.#frames} rows, ${this.#present} of them with pixels, where the session counts ${counted}`;
      findings.push(auditFinding('row-count', evidence));
    }
    for (const budget of budgets) {
      if (budget.understatedFrames === 0) continue;
      const evidence = `${budget.understatedFrames} ${budget.grade} frames by ${budget.source}`;
      findings.push(auditFinding('budget-understated', evidence, null, budget.understatedFrames));
    }
    return findings;
  }
}
