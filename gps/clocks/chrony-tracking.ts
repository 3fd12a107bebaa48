/** What `chronyc -c -n tracking` says of the host's clock: one line of comma-separated values (chronyc(1), report format). */

export interface ChronyTracking {
  /** The reference's address or name. */
  readonly referenceId: string;
  readonly stratum: number;
  /** The system clock's offset from NTP time, positive: it is slow; nanoseconds. */
  readonly offsetNs: bigint;
  readonly rootDelayNs: bigint;
  readonly rootDispersionNs: bigint;
  readonly synchronised: boolean;
  /** Bound of the clock's error: |offset| + root dispersion + root delay / 2, as chronyc(1) gives it. */
  readonly boundNs: bigint;
}

/** Null for text that is no such line. */
export function parseChronyTracking(text: string): ChronyTracking | null {
  const fields = text.trim().split('\n')[0]?.split(',') ?? [];
  // Reference id (hex), name, stratum, reference time, system time, last offset, RMS offset, frequency, residual frequency,
  // skew, root delay, root dispersion, update interval, leap status.
  if (fields.length < 14) return null;
  const [, name = '', stratum = '', , system = ''] = fields;
  const [offset, delay, dispersion] = [system, fields[10] ?? '', fields[11] ?? ''].map(nanoseconds);
  if (offset === null || offset === undefined || delay === null || delay === undefined) return null;
  if (dispersion === null || dispersion === undefined || !/^\d{1,2}$/.test(stratum)) return null;
  const size = offset < 0n ? -offset : offset;
  return {
    referenceId: name === '' ? (fields[0] ?? '') : name,
    stratum: Number(stratum),
    offsetNs: offset,
    rootDelayNs: delay,
    rootDispersionNs: dispersion,
    synchronised: fields[13] !== 'Not synchronised' && Number(stratum) > 0 && Number(stratum) < 16,
    boundNs: size + dispersion + delay / 2n,
  };
}

/** Decimal seconds, at most nine digits of a fraction; null for anything else. */
function nanoseconds(text: string): bigint | null {
  const match = /^([+-]?)(\d{1,9})(?:\.(\d{1,9})\d*)?$/.exec(text.trim());
  if (match === null) return null;
  const size = BigInt(match[2] ?? '0') * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return match[1] === '-' ? -size : size;
}
