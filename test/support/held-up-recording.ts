/** Recordings from doubles of makers' libraries while main threads are held up at random, held to what the double says it exposed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import type { FrameRow } from '#storage/index/rows.js';
import { appulse, withFolder } from './appulse.js';

export type SdkScheme = 'qhy' | 'toupcam';
export type Held = 'none' | 'station' | 'bridge' | 'station,bridge';

export interface HeldUpPlan {
  readonly scheme: SdkScheme;
  /** Words for the double: models, frame rate. */
  readonly double: string;
  /** Words of `appulse record`. */
  readonly words: readonly string[];
  readonly inProcess: boolean;
  readonly held: Held;
  readonly seed: number;
  readonly limitMs: number;
}

/** What came of one; times in microseconds. */
export interface HeldUpRow {
  readonly camera: string;
  readonly way: 'bridge' | 'in process';
  readonly held: Held;
  holds: number;
  longestMs: number;
  heldSeconds: number;
  seconds: number;
  received: number;
  recorded: number;
  indexed: number;
  lost: number;
  fps: number;
  /** Longest way of a time from that of the double. */
  worstUs: number;
  /** Largest uncertainty that a frame states. */
  statedUs: number;
  /** Counted from the first frame that came in time: a host that nobody vouches for proves no second by one that is held up longer. */
  grades: string;
  lateAtFirst: number;
  readonly failures: string[];
}

/** Longest way of a frame to the host that still tells its second, milliseconds. */
const IN_TIME_MS = 450;

const VARIABLE = { qhy: 'APPULSE_QHY_DOUBLE', toupcam: 'APPULSE_TOUPCAM_DOUBLE' } as const;
const preload = new URL('./hold-up-randomly.js', import.meta.url).href;

interface Exposed {
  readonly sequence?: number;
  readonly startUtcNs?: string;
  readonly row0EndUtcNs?: string;
}

/** Runs one; what is not as it must be is in `failures`. Does not throw. */
export async function heldUpRecording(plan: HeldUpPlan): Promise<HeldUpRow> {
  const { scheme, inProcess, held } = plan;
  const row: HeldUpRow = {
    ...{ camera: scheme, way: inProcess ? 'in process' : 'bridge', held, holds: 0, longestMs: 0, heldSeconds: 0 },
    ...{ seconds: 0, received: 0, recorded: 0, indexed: 0, lost: 0, fps: 0, worstUs: 0, statedUs: 0, grades: '' },
    lateAtFirst: 0,
    failures: [],
  };
  try {
    await withFolder((folder) => recordHeldUp(plan, folder, row));
  } catch (error) {
    row.failures.push(`${scheme} ${row.way}, held up: ${held}, seed ${plan.seed}: ${(error as Error).stack}`);
  }
  return row;
}

async function recordHeldUp(plan: HeldUpPlan, folder: string, row: HeldUpRow): Promise<void> {
  const { scheme, double, words, inProcess, held, seed, limitMs } = plan;
  const truth = join(folder, 'truth');
  const log = join(folder, 'holds');
  const ended = await appulse(
    [
      ...['record', '--camera', `${scheme}:`, '--sdk-doubles', '--data', join(folder, 'data'), '--json', ...words],
      ...(inProcess ? ['--in-process'] : []),
    ],
    {
      limitMs,
      env: {
        ...{ [VARIABLE[scheme]]: `${double};truth=${truth}`, NODE_OPTIONS: `--import=${preload}` },
        ...{ HOLD_UP: held, HOLD_UP_SEED: String(seed), HOLD_UP_LOG: log },
      },
    },
  );
  const summary = ended.json as SessionSummary;
  assert.ok(summary?.frames, `code ${ended.code}, signal ${ended.signal}:\n${ended.stderr}${ended.stdout}`);
  Object.assign(row, holdsIn(log));
  const { received, recorded, indexed, lost } = summary.frames;
  Object.assign(row, { received, recorded, indexed, lost, seconds: summary.seconds, fps: received / summary.seconds });
  const reader = new IndexReader(summary.index);
  const frames = [...reader.iterateFrames({ sessionId: summary.session })];
  const gaps = reader.gaps({ sessionId: summary.session });
  reader.close();
  judgeTimes(scheme, frames, exposedIn(truth), row);
  assert.is(ended.code, 0, ended.stderr);
  assert.equal([lost, recorded, indexed, frames.length], [0, received, received, received]);
  assert.equal(gaps, [], 'no gap row');
  const first = frames[0]?.sequence ?? 0;
  assert.equal(
    frames.map(({ sequence }) => sequence),
    frames.map((_, at) => first + at),
    'every frame of the camera between the first and the last',
  );
}

function judgeTimes(
  scheme: SdkScheme,
  frames: readonly FrameRow[],
  truth: ReadonlyMap<number, Exposed>,
  row: HeldUpRow,
) {
  const grades = new Map<string, number>();
  const inTimeFrom = frames.findIndex(
    ({ receivedUtcNs, endUtcNs }) => Number(receivedUtcNs - endUtcNs) / 1e6 < IN_TIME_MS,
  );
  row.lateAtFirst = inTimeFrom === -1 ? frames.length : inTimeFrom;
  for (const [at, { sequence, startUtcNs, endUtcNs, uncertaintyNs, grade }] of frames.entries()) {
    if (at >= row.lateAtFirst) grades.set(grade, (grades.get(grade) ?? 0) + 1);
    // What told its number did not arrive.
    if (sequence === null) continue;
    const made = truth.get(sequence);
    assert.ok(made, `the camera exposed no frame ${sequence}`);
    // QHY's header counts the end of the first row, Toupcam's GPS the start.
    const off =
      scheme === 'qhy' ? endUtcNs - BigInt(made.row0EndUtcNs ?? 0) : startUtcNs - BigInt(made.startUtcNs ?? 0);
    row.worstUs = Math.max(row.worstUs, Math.abs(Number(off)) / 1_000);
    row.statedUs = Math.max(row.statedUs, Number(uncertaintyNs) / 1_000);
  }
  row.grades = [...grades].map(([grade, count]) => `${count} ${grade}`).join(', ');
}

function exposedIn(file: string): ReadonlyMap<number, Exposed> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const all = lines.map((line) => JSON.parse(line) as Exposed).filter(({ sequence }) => sequence !== undefined);
  return new Map(all.map((each) => [each.sequence ?? -1, each]));
}

function holdsIn(file: string): Pick<HeldUpRow, 'holds' | 'longestMs' | 'heldSeconds'> {
  if (!existsSync(file)) return { holds: 0, longestMs: 0, heldSeconds: 0 };
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const times = lines.map((line) => Number(line.split(' ')[1]));
  return {
    holds: times.length,
    longestMs: Math.max(...times),
    heldSeconds: times.reduce((sum, ms) => sum + ms, 0) / 1_000,
  };
}
