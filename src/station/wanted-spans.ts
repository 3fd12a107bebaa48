/** The spans of time that triggers want, joined where they overlap. */
interface Span {
  fromUtcNs: bigint;
  toUtcNs: bigint;
}

export class WantedSpans {
  #spans: Span[] = [];

  add(fromUtcNs: bigint, toUtcNs: bigint): void {
    const joined: Span = { fromUtcNs, toUtcNs };
    const others: Span[] = [];
    for (const span of this.#spans) {
      if (span.toUtcNs < joined.fromUtcNs || span.fromUtcNs > joined.toUtcNs) {
        others.push(span);
        continue;
      }
      if (span.fromUtcNs < joined.fromUtcNs) joined.fromUtcNs = span.fromUtcNs;
      if (span.toUtcNs > joined.toUtcNs) joined.toUtcNs = span.toUtcNs;
    }
    this.#spans = [...others, joined];
  }

  /** Whether a frame that starts then is wanted; both ends belong to a span. */
  has(utcNs: bigint): boolean {
    for (const span of this.#spans) if (span.fromUtcNs <= utcNs && utcNs <= span.toUtcNs) return true;
    return false;
  }

  /** Forgets what ended before `utcNs`. */
  forget(utcNs: bigint): void {
    if (this.#spans.some((span) => span.toUtcNs < utcNs)) {
      this.#spans = this.#spans.filter((span) => span.toUtcNs >= utcNs);
    }
  }
}
