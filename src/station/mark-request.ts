/** What is asked of a running station: to keep a span of time. Plain data: it crosses threads by structured clone. */

/** An instant, or a distance from the moment at which the request arrives. */
export type MarkEnd = { readonly utcNs: bigint } | { readonly offsetNs: bigint };

export interface MarkRequest {
  /** Number of the camera, from 0; null: all of them. */
  readonly camera: number | null;
  readonly cause: 'command' | 'event';
  /** For people. */
  readonly note: string;
  /** The moment that it is about; null: when it arrives. */
  readonly atUtcNs: bigint | null;
  /** Null: the settings' pre-roll before, and post-roll behind it. */
  readonly from: MarkEnd | null;
  readonly to: MarkEnd | null;
}

/** The mark that was made, of one camera. */
export interface MarkAnswer {
  readonly session: string;
  readonly camera: string;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
}
