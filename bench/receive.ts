/**
 * Receivers beside a small C program (bench/reference/receiver.c), all fed by the simulator's native sender over
 * loopback: Gb/s, loss, CPU seconds of the receiving process a GB. Each run is a process of its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const RUNS = 5;
/** A QHY411 frame in 3x3 binning, Mono12p. */
const FRAME_BYTES = 4096 * 6264;
const PACKET_DATA_BYTES = 8952;
const SLOTS = 12;
const STREAM_BYTES = 1.5e9;

type Send = 'gso' | 'mmsg';
interface Case {
  readonly receiver: string;
  readonly send: Send;
  /** 0: as fast as the sender can. */
  readonly gbps: number;
  /** Arguments of the receiving process before its sizes. */
  readonly words: readonly string[];
}

interface Run {
  readonly gbps: number;
  readonly lossPercent: number;
  readonly cpuSecondsPerGB: number;
}

const RECEIVERS: Record<string, { words: readonly string[]; sends: readonly Send[] }> = {
  'C, UDP_GRO': { words: ['c', 'gro'], sends: ['gso'] },
  'native, UDP_GRO': { words: ['native', 'gro'], sends: ['gso'] },
  'C, recvmmsg': { words: ['c', 'recvmmsg'], sends: ['mmsg'] },
  'native, recvmmsg': { words: ['native', 'nogro'], sends: ['mmsg'] },
  'native, UDP_GRO on single packets': { words: ['native', 'gro'], sends: ['mmsg'] },
  raw: { words: ['raw', 'gro'], sends: ['mmsg'] },
  dgram: { words: ['dgram', 'gro'], sends: ['mmsg'] },
};
const RATES: Record<Send, readonly number[]> = { gso: [10, 0], mmsg: [4, 10, 0] };

function casesOf(): Case[] {
  const cases: Case[] = [];
  for (const send of ['gso', 'mmsg'] as const) {
    for (const gbps of RATES[send]) {
      for (const [receiver, { words, sends }] of Object.entries(RECEIVERS)) {
        if (sends.includes(send) && (words[0] !== 'raw' || process.getuid?.() === 0))
          cases.push({ receiver, send, gbps, words });
      }
    }
  }
  return cases;
}

function compileReference(folder: string): string {
  const program = join(folder, 'receiver');
  const source = fileURLToPath(new URL('../../bench/reference/receiver.c', import.meta.url));
  const done = spawnSync('cc', ['-O3', '-o', program, source], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the C reference does not compile: ${done.stderr}`);
  return program;
}

const script = (name: string) => fileURLToPath(new URL(`./receive/${name}.js`, import.meta.url));
const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

async function run(one: Case, reference: string): Promise<Run> {
  const sizes = [FRAME_BYTES, PACKET_DATA_BYTES, SLOTS].map(String);
  const [kind = '', ...words] = one.words;
  const receiver =
    kind === 'c'
      ? spawn(reference, [...words, ...sizes], { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn(process.execPath, [script('receiver-process'), kind, ...words, ...sizes], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
  const received = ended(receiver);
  const lines = createInterface({ input: receiver.stdout });
  const next = async () => JSON.parse(String((await once(lines, 'line'))[0])) as Record<string, number>;
  const { port } = await next();
  const frames = Math.ceil(STREAM_BYTES / FRAME_BYTES);
  const stream = [port, one.send, one.gbps, frames, FRAME_BYTES, PACKET_DATA_BYTES].map(String);
  const sender = spawn(process.execPath, [script('sender-process'), ...stream], { stdio: 'inherit' });
  const sent = ended(sender);
  const result = await next();
  lines.close();
  await Promise.all([received, sent]);
  const { bytes = 0, gbps = 0, cpuSeconds = 0 } = result;
  return {
    gbps,
    lossPercent: 100 * (1 - bytes / (frames * FRAME_BYTES)),
    cpuSecondsPerGB: cpuSeconds / (bytes / 1e9),
  };
}

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}

const show = ({ median, least, most }: Spread, digits: number) =>
  `${median.toFixed(digits)} [${least.toFixed(digits)}-${most.toFixed(digits)}]`;

export async function bench(args: { json: boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-bench-'));
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}, loopback`;
  const results: object[] = [];
  try {
    const reference = compileReference(folder);
    process.stderr.write(
      `${machine}\n${RUNS} runs a case of ${STREAM_BYTES / 1e9} GB, ${PACKET_DATA_BYTES} B a packet\n`,
    );
    process.stderr.write('sender | rate | receiver | Gb/s | loss % | CPU s/GB (median [least-most])\n');
    for (const one of casesOf()) {
      const runs: Run[] = [];
      for (let i = 0; i < RUNS; i++) runs.push(await run(one, reference));
      const gbps = spreadOf(runs.map((each) => each.gbps));
      const lossPercent = spreadOf(runs.map((each) => each.lossPercent));
      const cpuSecondsPerGB = spreadOf(runs.map((each) => each.cpuSecondsPerGB));
      const rate = one.gbps === 0 ? 'unpaced' : `${one.gbps} Gb/s`;
      process.stderr.write(
        `${one.send} | ${rate} | ${one.receiver} | ${show(gbps, 1)} | ${show(lossPercent, 2)} | ${show(cpuSecondsPerGB, 3)}\n`,
      );
      results.push({ receiver: one.receiver, send: one.send, pacedGbps: one.gbps, gbps, lossPercent, cpuSecondsPerGB });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (args.json) process.stdout.write(`${JSON.stringify({ bench: 'receive', machine, runs: RUNS, results })}\n`);
}
