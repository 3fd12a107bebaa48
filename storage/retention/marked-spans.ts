/** The spans of time that marks keep, so that it is quickly told whether a segment stands in one. */

export interface Mark {
  readonly sessionId: string;
  /** Null: of all cameras of the session. */
  readonly cameraId: string | null;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  readonly cause: string;
  readonly detail: string;
}

interface Span {
  fromUtcNs: bigint;
  toUtcNs: bigint;
  /** The first mark of those that the span is made of. */
  readonly mark: Mark;
}

export class MarkedSpans {
  /** By session, in order, disjoint; the cameras of a session are told apart by a list each, '' for all of them. */
  readonly #spans = new Map<string, Span[]>();

  constructor(marks: readonly Mark[] = []) {
    for (const mark of marks) this.add(mark);
  }

  add(mark: Mark): void {
    const key = keyOf(mark.sessionId, mark.cameraId);
    const spans = this.#spans.get(key) ?? [];
    const first = spans.findIndex((span) => span.toUtcNs >= mark.fromUtcNs);
    const at = first < 0 ? spans.length : first;
    let count = 0;
    let { fromUtcNs, toUtcNs } = mark;
    for (let span = spans[at]; span !== undefined && span.fromUtcNs <= mark.toUtcNs; span = spans[at + count]) {
      if (span.fromUtcNs < fromUtcNs) fromUtcNs = span.fromUtcNs;
      if (span.toUtcNs > toUtcNs) toUtcNs = span.toUtcNs;
      count++;
    }
    spans.splice(at, count, { fromUtcNs, toUtcNs, mark: count === 0 ? mark : (spans[at]?.mark ?? mark) });
    this.#spans.set(key, spans);
  }

  /** A mark that touches the span (both ends belong to it), or null. */
  touching(sessionId: string, cameraId: string, fromUtcNs: bigint, toUtcNs: bigint): Mark | null {
    for (const key of [keyOf(sessionId, null), keyOf(sessionId, cameraId)]) {
      const spans = this.#spans.get(key) ?? [];
      let low = 0;
      let high = spans.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((spans[middle] as Span).toUtcNs < fromUtcNs) low = middle + 1;
        else high = middle;
      }
      const span = spans[low];
      if (span !== undefined && span.fromUtcNs <= toUtcNs) return span.mark;
    }
    return null;
  }
}

const keyOf = (sessionId: string, cameraId: string | null): string => `${sessionId} ${cameraId ?? ''}`;
