/**
 * Aravis and Appulse as receivers of the same simulated camera, one after the other in a network namespace of their own:
 * CPU seconds a GB of the whole receiving process over some seconds in mid-stream, and those that the machine spent in
 * soft interrupts meanwhile, where the kernel does the rest of the receiver's work (at the sender's cost, on loopback).
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Namespace } from '#test/support/netns.js';
import { APPULSE, SimulatorProcess } from '#test/support/simulator-process.js';
import { ended, hasProgram, ownFolder, ownProcess } from './harness/own.js';
import { type BenchOptions, type Case, type Contest, type Figures, type Run, skipped } from './harness.js';

/** 3.7 Gb/s. Frames of one socket buffer: Aravis' socket mode loses most of a stream of larger ones. */
const FRAME_RATE = 100;
const FRAME_BYTES = 1920 * 1200 * 2;
const SIMULATOR = ['qhy174gps', '--format', 'Mono16', '--fps', String(FRAME_RATE), '--send', 'mmsg'];
const ARAVIS = [
  'arv-camera-test-0.8',
  '-n',
  '127.0.0.1',
  '-i',
  '9000',
  '-a',
  '-f',
  String(FRAME_RATE),
  '--duration',
  '5',
];
/** The first second touches the memory of frames, and is nobody's steady state. */
const SETTLE_MS = 1000;
const WINDOW_MS = 2500;
/** Of /proc/PID/stat and /proc/stat, see proc(5). */
const TICKS_PER_SECOND = 100;

/** Seconds in user and kernel mode of a process, all its threads. */
function processSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th words after it.
  const words = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
}

/** Seconds that all cores spent in soft interrupts: the seventh figure of the first line. */
function softirqSeconds(): number {
  return Number(readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/)[7]) / TICKS_PER_SECOND;
}

/** What is known of a receiving process: the lines it writes, and when it is in mid-stream. */
interface Receiving {
  readonly child: ChildProcess;
  readonly streams: Promise<void>;
  /** Ends it: how many frames failed after it streamed. */
  readonly finish: () => Promise<number>;
}

/** All lines of a stream of a child, as they come. */
function linesOf(stream: NodeJS.ReadableStream | null): { lines: string[]; until: (pattern: RegExp) => Promise<void> } {
  if (stream === null) throw new Error('the process was started without its output');
  const lines: string[] = [];
  const reader = createInterface({ input: stream });
  reader.on('line', (line) => lines.push(line));
  const until = (pattern: RegExp) =>
    new Promise<void>((done, failed) => {
      if (lines.some((line) => pattern.test(line))) done();
      reader.on('line', (line) => pattern.test(line) && done());
      reader.on('close', () => failed(new Error(`ended without '${pattern}':\n${lines.join('\n')}`)));
    });
  return { lines, until };
}

/** Runs `words` in the namespace. */
function inside(
  namespace: Namespace,
  words: readonly string[],
  stdio: ('pipe' | 'ignore' | 'inherit')[],
): ChildProcess {
  const [program, ...rest] = [...namespace.prefix, ...words];
  return ownProcess(program, rest, { stdio });
}

function aravis(namespace: Namespace, words: readonly string[]): Receiving {
  // It would keep its lines to itself until its end.
  const child = inside(namespace, ['stdbuf', '-oL', ...ARAVIS, ...words], ['ignore', 'pipe', 'inherit']);
  const { lines, until } = linesOf(child.stdout);
  return {
    child,
    // A line a second, as `100 frames/s  -  461 MiB/s - 3 errors`; the first tells of the time before.
    streams: until(/frames?\/s/),
    finish: async () => {
      await ended(child);
      const seconds = lines.filter((line) => /frames?\/s/.test(line)).slice(1);
      return seconds.reduce((sum, line) => sum + Number(/(\d+) errors?/.exec(line)?.[1] ?? 0), 0);
    },
  };
}

function receiveOnly(namespace: Namespace): Receiving {
  const script = fileURLToPath(new URL('./peers/receiving-process.js', import.meta.url));
  const child = inside(namespace, [process.execPath, script], ['pipe', 'pipe', 'inherit']);
  const { lines, until } = linesOf(child.stdout);
  return {
    child,
    streams: until(/streams/),
    finish: async () => {
      child.stdin?.end();
      await ended(child);
      return (JSON.parse(lines.at(-1) ?? '{}') as { failed?: number }).failed ?? Number.NaN;
    },
  };
}

function record(namespace: Namespace, parent: string): Receiving {
  const data = join(ownFolder(parent), 'data');
  const words = [
    'record',
    '--camera',
    'gige:127.0.0.1',
    '--data',
    data,
    '--duration',
    '8s',
    '--max-bytes',
    '1GiB',
    '--json',
  ];
  const child = inside(namespace, [process.execPath, APPULSE, ...words], ['ignore', 'pipe', 'pipe']);
  const { lines } = linesOf(child.stdout);
  const { until } = linesOf(child.stderr);
  return {
    child,
    streams: until(/ streams /),
    finish: async () => {
      child.kill('SIGINT');
      await ended(child);
      const { frames } = JSON.parse(lines.at(-1) ?? '{}') as { frames?: Record<'lost' | 'incomplete', number> };
      return frames === undefined ? Number.NaN : frames.lost + frames.incomplete;
    },
  };
}

async function measureOne(start: (namespace: Namespace) => Receiving, namespace: Namespace): Promise<Figures> {
  const simulator = await SimulatorProcess.start(SIMULATOR, namespace.prefix);
  try {
    const { child, streams, finish } = start(namespace);
    await streams;
    await sleep(SETTLE_MS);
    const pid = child.pid ?? 0;
    const began = performance.now();
    const [cpu, softirq] = [processSeconds(pid), softirqSeconds()];
    await sleep(WINDOW_MS);
    const [cpuAfter, softirqAfter] = [processSeconds(pid), softirqSeconds()];
    const gigabytes = ((performance.now() - began) / 1000) * FRAME_RATE * FRAME_BYTES * 1e-9;
    return {
      'CPU s/GB': (cpuAfter - cpu) / gigabytes,
      'softirq s/GB, machine': (softirqAfter - softirq) / gigabytes,
      'frames failed': await finish(),
    };
  } finally {
    await simulator.stop();
  }
}

function open({ folder }: BenchOptions): Contest {
  if (process.getuid?.() !== 0) return skipped('packet sockets and network namespaces need root');
  for (const program of ['arv-camera-test-0.8', 'ip', 'stdbuf'])
    if (!hasProgram(program)) return skipped(`${program} is missing`);
  const namespace = new Namespace();
  process.on('exit', () => namespace.remove());
  const run =
    (start: (namespace: Namespace) => Receiving): Run =>
    () =>
      measureOne(start, namespace);
  return {
    runs: {
      'Aravis, packet socket': run((inside) => aravis(inside, [])),
      'Appulse, receive only': run(receiveOnly),
      'Appulse, record': run((inside) => record(inside, folder)),
    },
    reference: run((inside) => aravis(inside, ['--no-packet-socket'])),
  };
}

export const cases: readonly Case[] = [
  {
    name: `mmsg sender, ${((FRAME_BYTES * FRAME_RATE * 8) / 1e9).toFixed(1)} Gb/s`,
    reference: 'Aravis, socket',
    figures: {
      'CPU s/GB': { unit: 's/GB' },
      'softirq s/GB, machine': { unit: 's/GB' },
      'frames failed': { unit: 'frames', ratio: false },
    },
    contestants: {
      'Appulse, receive only': { 'CPU s/GB': { of: 'ratio', is: 'below', value: 1 } },
      'Appulse, record': {},
      'Aravis, packet socket': {},
    },
    warmUps: 0,
    open,
  },
];
