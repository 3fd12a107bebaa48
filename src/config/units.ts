/** Durations (`10s`, `5m`, `40ms`), sizes (`2GiB`, `512MB`), rates (`10Gb/s`) and their text for people. */
import { UsageError } from './usage-error.js';

const DURATION_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const SIZE_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Nanoseconds of a duration such as `1.5s`. @throws UsageError `usage.duration` */
export function parseDuration(text: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,9}))?(ns|us|ms|s|m|h)$/.exec(text.trim());
  const unit = DURATION_NS[match?.[3] ?? ''];
  if (match === null || unit === undefined) {
    throw new UsageError(
      'usage.duration',
      `'${text}' is not a duration: write a number and a unit, such as 10s, 5m or 40ms`,
    );
  }
  const fraction = match[2] ?? '';
  return BigInt(match[1] ?? '0') * unit + (BigInt(fraction || '0') * unit) / 10n ** BigInt(fraction.length);
}

/** Bytes of a size such as `2GiB`. @throws UsageError `usage.size` */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = SIZE_BYTES[match?.[2] ?? '?'];
  if (match === null || unit === undefined) {
    throw new UsageError('usage.size', `'${text}' is not a size: write a number and a unit, such as 2GiB or 500MB`);
  }
  return Math.round(Number(match[1]) * unit);
}

const RATE_BITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** Bits a second of a rate such as `10Gb/s`, `2.5G` or `1000Mbit/s`. @throws UsageError `usage.rate` */
export function parseBitRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kMG]?)(?:b|bit)?(?:\/s|ps)?$/.exec(text.trim());
  const rate = Math.round(Number(match?.[1]) * (RATE_BITS[match?.[2] ?? ''] ?? Number.NaN));
  if (rate > 0) return rate;
  throw new UsageError('usage.rate', `'${text}' is not a rate: write bits a second, such as 1Gb/s or 10G`);
}

/** A size for people: three digits and a binary unit. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** A duration for people: `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}
