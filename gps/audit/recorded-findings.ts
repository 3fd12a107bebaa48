/** Findings that the session itself made while it recorded, one row of the index for a run of a kind. */
import { type AuditFinding, auditFinding } from './finding.js';
import { type AuditEvent, numberIn, textIn } from './rows.js';

export interface RecordedFinding {
  readonly finding: string;
  readonly utcNs: bigint;
  readonly block: string | null;
  readonly frames: number;
  readonly evidence: string;
}

export interface RecordedFindings {
  readonly rows: number;
  /** Findings by kind, each row with all it stands for. */
  readonly counts: Readonly<Record<string, number>>;
  readonly list: readonly RecordedFinding[];
}

/** What is only noted: it says nothing against a time. */
const NOTES: ReadonlySet<string> = new Set([
  'sequence-wrap',
  'leap-second',
  'host-step',
  'lost-in-camera',
  'exposure-change',
]);
const MOST_LISTED = 200;
const MOST_KINDS = 64;

export class RecordedFindingsWatch {
  #rows = 0;
  readonly #counts = new Map<string, { count: number; first: RecordedFinding; meaning: string }>();
  readonly #list: RecordedFinding[] = [];

  event({ data, startUtcNs }: AuditEvent): void {
    this.#rows++;
    const found = {
      finding: textIn(data, 'finding') ?? 'unnamed',
      utcNs: startUtcNs,
      block: textIn(data, 'block'),
      frames: numberIn(data, 'frames') ?? 0,
      evidence: textIn(data, 'evidence') ?? '',
    };
    if (this.#list.length < MOST_LISTED) this.#list.push(found);
    const count = numberIn(data, 'count') ?? 1;
    const known = this.#counts.get(found.finding);
    if (known !== undefined) known.count += count;
    else if (this.#counts.size < MOST_KINDS) {
      this.#counts.set(found.finding, { count, first: found, meaning: textIn(data, 'meaning') ?? found.finding });
    }
  }

  result(): { recorded: RecordedFindings; findings: AuditFinding[] } {
    const findings = [...this.#counts].map(([name, { count, first, meaning }]) => {
      const times = count === 1 ? 'once' : `${count} times`;
      const where = first.block === null ? '' : `, first at block ${first.block}`;
      const evidence = `${name} ${times}${where}: ${first.evidence === '' ? meaning : first.evidence}`;
      return auditFinding(NOTES.has(name) ? 'frame-note' : 'frame-finding', evidence, null, count);
    });
    const counts = Object.fromEntries([...this.#counts].map(([name, { count }]) => [name, count]));
    return { recorded: { rows: this.#rows, counts, list: this.#list }, findings };
  }
}
