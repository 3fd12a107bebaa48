/**
 * The triggers of a session: commands, events from outside and rules on the frames' brightness. Each becomes a mark, which no
 * retention removes; where frames wait for a trigger, those of its span are kept.
 */
import { AppulseError } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import type { Settings } from '#src/config/settings.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { MarkDescription } from '#storage/index/index-changes.js';
import type { MarkEnd, MarkRequest } from './mark-request.js';
import type { LogLevel } from './messages.js';
import { RuleJudge } from './rule-judge.js';

/** While a rule holds on, a mark is made at most this often, and at least every half post-roll. */
const LEAST_BETWEEN_MARKS_NS = 1_000_000_000n;

export interface TriggerKeeperOptions {
  readonly settings: Settings;
  readonly mark: (mark: MarkDescription) => void;
  /** Frames of the span are wanted. */
  readonly want: (fromUtcNs: bigint, toUtcNs: bigint) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

/** Frames for which a rule held and that have no mark yet. */
interface Unmarked {
  firstUtcNs: bigint;
  lastUtcNs: bigint;
  detail: string;
}

const utcNow = (): bigint => BigInt(Date.now()) * 1_000_000n;

export class TriggerKeeper {
  readonly #options: TriggerKeeperOptions;
  readonly #preRollNs: bigint;
  readonly #postRollNs: bigint;
  readonly #betweenMarksNs: bigint;
  #rules: readonly RuleJudge[];
  #newest: FrameRecord | null = null;
  #firstUtcNs: bigint | null = null;
  #markedUtcNs: bigint | null = null;
  #unmarked: Unmarked | null = null;
  #count = 0;

  constructor(options: TriggerKeeperOptions) {
    const { settings } = options;
    this.#options = options;
    this.#preRollNs = settings['recording.pre-roll'];
    this.#postRollNs = settings['recording.post-roll'];
    const half = this.#postRollNs / 2n;
    this.#betweenMarksNs = half > LEAST_BETWEEN_MARKS_NS ? half : LEAST_BETWEEN_MARKS_NS;
    this.#rules = this.#newRules();
  }

  /** Marks made so far. */
  get count(): number {
    return this.#count;
  }

  /** Another stream begins: its brightness has nothing to do with that of the one before. */
  streamBegins(): void {
    this.#rules = this.#newRules();
  }

  /** A frame, in order, before it waits or goes to disk. */
  frame(record: FrameRecord): void {
    this.#newest = record;
    this.#firstUtcNs ??= record.time.startUtcNs;
    let held: RuleJudge | null = null;
    // Every rule sees every frame, or its median would lack some.
    for (const rule of this.#rules) if (rule.holds(record.statistics)) held = rule;
    const { startUtcNs } = record.time;
    if (held !== null) this.#bright(startUtcNs, held.rule.text);
    const since = this.#markedUtcNs === null ? null : startUtcNs - this.#markedUtcNs;
    if (this.#unmarked !== null && (since === null || since >= this.#betweenMarksNs || since < 0n)) this.#markBright();
  }

  /**
   * Makes the mark that is asked for. Instants are those of the frames' clock, so that a host whose own is wrong marks what it
   * means. @throws AppulseError `station.mark-span` for a span that ends before it begins, or before the session does
   */
  request({ cause, note, atUtcNs, from, to }: MarkRequest): MarkDescription {
    const at = atUtcNs ?? this.#frameClockNow();
    const fromUtcNs = from === null ? at - this.#preRollNs : instantOf(from, at);
    const toUtcNs = to === null ? at + this.#postRollNs : instantOf(to, at);
    if (toUtcNs < fromUtcNs) {
      throw new AppulseError(
        'station.mark-span',
        `a mark from ${formatUtc(fromUtcNs, 3)} to ${formatUtc(toUtcNs, 3)} ends before it begins`,
      );
    }
    if (toUtcNs < (this.#firstUtcNs ?? at)) {
      // Its mark would be one of this session, and keep nothing of the one that is meant.
      throw new AppulseError(
        'station.mark-span',
        `a mark from ${formatUtc(fromUtcNs, 3)} to ${formatUtc(toUtcNs, 3)} ends before this session begins: stop the station, and mark the folder at rest`,
      );
    }
    return this.#make({ fromUtcNs, toUtcNs, cause, detail: note, madeUtcNs: utcNow() });
  }

  /** No frame follows. */
  end(): void {
    this.#markBright();
  }

  #newRules(): RuleJudge[] {
    return (this.#options.settings['recording.trigger-when'] ?? []).map((rule) => new RuleJudge(rule));
  }

  #bright(startUtcNs: bigint, text: string): void {
    this.#options.want(startUtcNs - this.#preRollNs, startUtcNs + this.#postRollNs);
    if (this.#unmarked === null) this.#unmarked = { firstUtcNs: startUtcNs, lastUtcNs: startUtcNs, detail: text };
    else this.#unmarked.lastUtcNs = startUtcNs;
  }

  #markBright(): void {
    const unmarked = this.#unmarked;
    if (unmarked === null) return;
    const { firstUtcNs, lastUtcNs, detail } = unmarked;
    this.#unmarked = null;
    this.#markedUtcNs = lastUtcNs;
    this.#make({
      fromUtcNs: firstUtcNs - this.#preRollNs,
      toUtcNs: lastUtcNs + this.#postRollNs,
      cause: 'brightness',
      detail,
      madeUtcNs: utcNow(),
    });
  }

  #make(mark: MarkDescription): MarkDescription {
    const { log, want } = this.#options;
    this.#count++;
    this.#options.mark(mark);
    want(mark.fromUtcNs, mark.toUtcNs);
    const detail = mark.detail === '' ? '' : ` (${mark.detail})`;
    log('info', `${mark.cause}${detail} marks ${formatUtc(mark.fromUtcNs, 3)} to ${formatUtc(mark.toUtcNs, 3)}`);
    return mark;
  }

  /** Now, by the clock that stamps the frames. */
  #frameClockNow(): bigint {
    const newest = this.#newest;
    return newest === null ? utcNow() : newest.time.endUtcNs + (utcNow() - newest.receivedNs);
  }
}

const instantOf = (end: MarkEnd, at: bigint): bigint => ('utcNs' in end ? end.utcNs : at + end.offsetNs);
