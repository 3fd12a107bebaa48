/** UTC against TAI. */
const SECOND = 1_000_000_000n;
/** Unix seconds from which on TAI - UTC has each value, 1972 on: IERS Bulletin C. */
const TABLE: readonly (readonly [bigint, bigint])[] = [
  [63072000n, 10n],
  [78796800n, 11n],
  [94694400n, 12n],
  [126230400n, 13n],
  [157766400n, 14n],
  [189302400n, 15n],
  [220924800n, 16n],
  [252460800n, 17n],
  [283996800n, 18n],
  [315532800n, 19n],
  [362793600n, 20n],
  [394329600n, 21n],
  [425865600n, 22n],
  [489024000n, 23n],
  [567993600n, 24n],
  [631152000n, 25n],
  [662688000n, 26n],
  [709948800n, 27n],
  [741484800n, 28n],
  [773020800n, 29n],
  [820454400n, 30n],
  [867715200n, 31n],
  [915148800n, 32n],
  [1136073600n, 33n],
  [1230768000n, 34n],
  [1341100800n, 35n],
  [1435708800n, 36n],
  [1483228800n, 37n],
];

export function taiMinusUtcSeconds(utcNs: bigint): number {
  let found = 10n;
  for (let i = TABLE.length - 1; i >= 0; i--) {
    const [from, value] = TABLE[i] as readonly [bigint, bigint];
    if (utcNs >= from * SECOND) {
      found = value;
      break;
    }
  }
  return Number(found);
}
export function utcToTai(utcNs: bigint, leapSecond = false): bigint {
  return utcNs + BigInt(taiMinusUtcSeconds(utcNs)) * SECOND - (leapSecond ? SECOND : 0n);
}
export function taiToUtc(taiNs: bigint): { readonly utcNs: bigint; readonly leapSecond: boolean } {
  for (let i = TABLE.length - 1; i >= 0; i--) {
    const [from, value] = TABLE[i] as readonly [bigint, bigint];
    const begins = (from + value) * SECOND;
    if (taiNs >= begins) return { utcNs: taiNs - value * SECOND, leapSecond: false };
    if (i > 0 && taiNs >= begins - SECOND) return { utcNs: taiNs - value * SECOND + SECOND, leapSecond: true };
  }
  return { utcNs: taiNs - 10n * SECOND, leapSecond: false };
}
/** Midnight (POSIX count) whose day before ended with a leap second, if one lies within a second of the instant. */
export function leapMidnightNear(utcNs: bigint): bigint | null {
  for (let i = TABLE.length - 1; i > 0; i--) {
    const midnight = (TABLE[i] as readonly [bigint, bigint])[0] * SECOND;
    if (utcNs >= midnight - SECOND && utcNs < midnight + SECOND) return midnight;
    if (utcNs >= midnight + SECOND) return null;
  }
  return null;
}
