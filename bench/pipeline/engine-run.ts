/** One run of `appulse record` on a simulated camera, watched from outside. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SessionSummary } from '#src/station/messages.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { ended, ownFolder, ownProcess } from '../harness/own.js';
import type { Figures } from '../harness.js';

export interface EngineRequest {
  readonly camera: string;
  /** Further words of the command line. */
  readonly words: readonly string[];
}

/**
 * `held-up`: the program's main thread stands still for 2 s at random times while a client reads the index in a loop.
 * `disk`: several dd write to the same disk, past its cache, for a third of the time.
 */
export type Disturbance = 'none' | 'held-up' | 'disk';

const SECONDS = Number(process.env.APPULSE_BENCH_SECONDS) || 60;
/** Pixels kept on disk at most: runs write up to 30 GB. */
const MAX_BYTES = '6GiB';
const CLOCK_TICKS = 100;
/** Processes of dd that load the disk. */
const LOADS = 4;

const program = fileURLToPath(new URL('../../../bin/appulse.mjs', import.meta.url));
const holdUp = new URL('./hold-up-main.js', import.meta.url).href;

/** CPU seconds of a process, without its children; null when it is gone. */
function cpuSecondsOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  } catch {
    return null;
  }
}

/** The cores that a process takes from now on until it ends, its last second left out. */
async function watchCores(pid: number): Promise<number> {
  const samples: { atMs: number; cpu: number }[] = [];
  for (let cpu = cpuSecondsOf(pid); cpu !== null; cpu = cpuSecondsOf(pid)) {
    samples.push({ atMs: performance.now(), cpu });
    await sleep(500);
  }
  const first = samples[0];
  const last = samples.at(-4) ?? samples.at(-1);
  if (first === undefined || last === undefined || first === last) return Number.NaN;
  return ((last.cpu - first.cpu) * 1_000) / (last.atMs - first.atMs);
}

/** Reads the newest rows of the index until `done`. */
async function readIndex(file: string, done: () => boolean): Promise<number> {
  let reads = 0;
  while (!done()) {
    try {
      const reader = new IndexReader(file);
      try {
        reader.frames({}, { limit: 1_000, newestFirst: true });
      } finally {
        reader.close();
      }
      reads++;
    } catch {
      // Not there yet.
    }
    await sleep(10);
  }
  return reads;
}

export async function engineRun(request: EngineRequest, disturbance: Disturbance, parent: string): Promise<Figures> {
  const folder = ownFolder(parent);
  const data = join(folder, 'data');
  const words = ['record', '--camera', request.camera, '--duration', `${SECONDS}s`, '--data', data];
  const heldUp = disturbance === 'held-up' ? { NODE_OPTIONS: `--import=${holdUp}` } : {};
  const engine = ownProcess(
    process.execPath,
    [program, ...words, '--max-bytes', MAX_BYTES, ...request.words, '--json'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...heldUp },
    },
  );
  let answer = '';
  engine.stdout?.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  let said = '';
  const streams = new Promise<void>((done) => {
    engine.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(' streams ')) done();
    });
  });
  let over = false;
  const end = ended(engine).then(() => {
    over = true;
  });
  await Promise.race([streams, end]);
  await sleep(1_000);
  const cores = watchCores(engine.pid ?? 0);
  const besides = disturb(disturbance, folder, join(data, INDEX_FILE), () => over);
  await end;
  const loadEndNs = await besides;
  const summary = JSON.parse(answer.trimEnd().split('\n').at(-1) ?? '') as SessionSummary;
  if (process.env.APPULSE_BENCH_SAID !== undefined) process.stderr.write(`${said}\n${JSON.stringify(summary)}\n`);
  return { ...figuresOf(summary, await cores), recoverSeconds: secondsToRecover(summary, loadEndNs) };
}

/** Returns when a load of the disk ended; null where there was none. */
async function disturb(kind: Disturbance, folder: string, index: string, over: () => boolean): Promise<bigint | null> {
  if (kind === 'held-up') await readIndex(index, over);
  if (kind !== 'disk') return null;
  await sleep((SECONDS / 3) * 1_000);
  const until = performance.now() + (SECONDS / 3) * 1_000;
  await Promise.all(
    Array.from({ length: LOADS }, async (_, i) => {
      while (!over() && performance.now() < until) {
        const words = ['if=/dev/zero', `of=${join(folder, `dd${i}`)}`, 'bs=64M', 'count=32', 'oflag=direct'];
        await ended(spawn('dd', words, { stdio: 'ignore' }));
      }
    }),
  );
  return BigInt(Date.now()) * 1_000_000n;
}

/** How long after `loadEndNs` the last frame began that the disk did not take; 0 where there is none. */
function secondsToRecover(summary: SessionSummary, loadEndNs: bigint | null): number {
  if (loadEndNs === null) return 0;
  const index = new IndexReader(summary.index);
  try {
    let seconds = 0;
    for (const gap of index.gaps({ sessionId: summary.session })) {
      if (gap.cause === 'disk' && gap.toUtcNs !== null)
        seconds = Math.max(seconds, Number(gap.toUtcNs - loadEndNs) / 1e9);
    }
    return seconds;
  } finally {
    index.close();
  }
}

function figuresOf(summary: SessionSummary, cores: number): Figures {
  // The summary's own time includes the closing of its files.
  const { frames, ring, stageSeconds, pixelBytes, bytes } = summary;
  const perSecond = (value: number) => value / SECONDS;
  const stages = Object.entries(stageSeconds).map(([name, value]) => [`${name}Cores`, perSecond(value)] as const);
  const stageCores = stages.reduce((sum, [, value]) => sum + value, 0);
  return {
    cores,
    lost: frames.lost,
    incomplete: frames.incomplete,
    unrecorded: frames.received - frames.recorded,
    fps: frames.received / SECONDS,
    frameMicroseconds: (cores * SECONDS * 1e6) / frames.received,
    ringHighPercent: (100 * ring.highWater) / ring.slots,
    resent: summary.packets.resent,
    compression: pixelBytes / bytes,
    ...Object.fromEntries(stages),
    restCores: cores - stageCores,
  };
}
