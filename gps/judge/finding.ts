/** What is found about a frame beyond its own time: each becomes a row of the index, with its evidence. */

export const FINDINGS = {
  'lost-in-camera': 'the camera counted frames that it did not send',
  'first-frames': 'the first frames of the stream never came',
  repeated: 'the same frame came again',
  'out-of-order': 'a frame came behind its successor',
  stale: 'a frame of long before came',
  'all-zero': 'every byte is zero',
  'sequence-reset': "the camera's count began anew",
  'sequence-wrap': "the camera's count went round its 32 bits",
  'sequence-jump': "the camera's count leapt, the time did not",
  'exposure-change': 'the exposure is another from here on',
  interval: 'the frame is off the beat of its neighbours',
  'pps-jump': 'the PPS count is not that of the seconds around',
  'second-step': 'the time leapt by whole seconds',
  'whole-second': 'the whole second is not that of the host',
  'host-step': 'the host clock was set',
  'leap-second': 'a leap second',
} as const;
export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  readonly kind: FindingKind;
  readonly blockId: bigint;
  /** The camera's own count; null where there is none. */
  readonly sequence: number | null;
  /** The frame's time as it was judged; null before it was. */
  readonly utcNs: bigint | null;
  /** How many frames it is about. */
  readonly frames: number;
  /** For people: what shows it, with numbers and units. */
  readonly evidence: string;
  /** Of `lost-in-camera`: the times of the frames around, where they are known. */
  readonly between?: { readonly fromUtcNs: bigint | null; readonly toUtcNs: bigint | null };
}
