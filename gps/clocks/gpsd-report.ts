/**
 * What gpsd says, line by line of JSON (gpsd_json(5)), gathered to the state of a second witness: a receiver of its own, that
 * knows nothing of the camera's. Lines of other programs, damaged ones and classes that are not known leave the state as it is.
 */
import { reasonOf } from '../errors.js';
import { parseUtc } from '../instant.js';

export interface GpsdWitness {
  /** gpsd's release; null before it said so. */
  readonly version: string | null;
  /** 0 nothing known, 1 no fix, 2 two-dimensional, 3 three-dimensional. */
  readonly mode: number;
  readonly satellitesUsed: number | null;
  readonly satellitesSeen: number | null;
  readonly latitudeDeg: number | null;
  readonly longitudeDeg: number | null;
  /** Above the ellipsoid. */
  readonly heightM: number | null;
  /** GPS time less the host's clock at the newest pulse, nanoseconds: what PPS says of the host. */
  readonly ppsOffsetNs: bigint | null;
  /** The same by the receiver's messages, with their delay. */
  readonly messageOffsetNs: bigint | null;
  /** Seconds that GPS is ahead of UTC, as the receiver knows; null where it does not say. */
  readonly leapSeconds: number | null;
  /** Time of the newest fix. */
  readonly fixUtcNs: bigint | null;
  /** What was wrong last, in words; null: nothing. */
  readonly problem: string | null;
}

export const NOTHING_KNOWN: GpsdWitness = {
  version: null,
  mode: 0,
  satellitesUsed: null,
  satellitesSeen: null,
  latitudeDeg: null,
  longitudeDeg: null,
  heightM: null,
  ppsOffsetNs: null,
  messageOffsetNs: null,
  leapSeconds: null,
  fixUtcNs: null,
  problem: null,
};

type Fields = Readonly<Record<string, unknown>>;

/** The state after `line`. Never throws: what cannot be read is the state's `problem`. */
export function withReport(state: GpsdWitness, line: string): GpsdWitness {
  let fields: Fields;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
    fields = value as Fields;
  } catch (error) {
    return { ...state, problem: `gpsd sent a line that is no JSON: ${reasonOf(error)}` };
  }
  switch (fields.class) {
    case 'VERSION':
      return { ...state, version: text(fields.release), problem: null };
    case 'TPV':
      return withFix(state, fields);
    case 'SKY':
      return withSky(state, fields);
    case 'PPS':
      return { ...state, ppsOffsetNs: offsetOf(fields) ?? state.ppsOffsetNs };
    case 'TOFF':
      return { ...state, messageOffsetNs: offsetOf(fields) ?? state.messageOffsetNs };
    case 'ERROR':
      return { ...state, problem: `gpsd: ${text(fields.message) ?? 'an error without words'}` };
    default:
      return state;
  }
}

function withFix(state: GpsdWitness, fields: Fields): GpsdWitness {
  const mode = whole(fields.mode, 0, 3) ?? state.mode;
  const hasFix = mode >= 2;
  return {
    ...state,
    mode,
    latitudeDeg: hasFix ? (real(fields.lat, 90) ?? state.latitudeDeg) : null,
    longitudeDeg: hasFix ? (real(fields.lon, 180) ?? state.longitudeDeg) : null,
    heightM: mode === 3 ? (real(fields.altHAE, 100_000) ?? real(fields.alt, 100_000) ?? state.heightM) : null,
    leapSeconds: whole(fields.leapseconds, 0, 255) ?? state.leapSeconds,
    fixUtcNs: instant(fields.time) ?? state.fixUtcNs,
  };
}

function withSky(state: GpsdWitness, fields: Fields): GpsdWitness {
  const list: unknown[] = Array.isArray(fields.satellites) ? fields.satellites : [];
  const used = list.filter((each) => (each as Fields | null)?.used === true).length;
  const hasList = Array.isArray(fields.satellites);
  return {
    ...state,
    satellitesUsed: whole(fields.uSat, 0, 1000) ?? (hasList ? used : state.satellitesUsed),
    satellitesSeen: whole(fields.nSat, 0, 1000) ?? (hasList ? list.length : state.satellitesSeen),
  };
}

/** `real` is the time of the pulse by GPS, `clock` the same by the host. */
function offsetOf(fields: Fields): bigint | null {
  const parts = ['real_sec', 'real_nsec', 'clock_sec', 'clock_nsec'].map((name) => fields[name]);
  if (!parts.every((part) => Number.isSafeInteger(part))) return null;
  const [realS, realNs, clockS, clockNs] = parts.map((part) => BigInt(part as number)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return (realS - clockS) * 1_000_000_000n + realNs - clockNs;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 200) : null;
}

function whole(value: unknown, least: number, most: number): number | null {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most ? (value as number) : null;
}

function real(value: unknown, limit: number): number | null {
  return typeof value === 'number' && Math.abs(value) <= limit ? value : null;
}

function instant(value: unknown): bigint | null {
  if (typeof value !== 'string') return null;
  try {
    return parseUtc(value);
  } catch {
    return null;
  }
}
