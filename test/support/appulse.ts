/** Runs the program as a user does: its own process, its own data folder, its answer on the last line. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../bin/appulse.mjs', import.meta.url));
/** The same station in every test, and none of the user's own files. */
const STATION_ID = '3f2a7c9e-6f0e-4a53-9f55-0d5d1f1c0a77';

export interface Ended {
  readonly code: number | null;
  /** What ended it from outside or by a fault of its own; null where it ended by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, where it is JSON. */
  readonly json: unknown;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error has shown `text`. */
  says(text: string): Promise<void>;
}

/** Starts `appulse ARGS`, in a network namespace where one is named; killed after `limitMs`. */
export function startAppulse(
  args: readonly string[],
  options: { limitMs?: number; netns?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const inside = options.netns === undefined ? [] : ['ip', 'netns', 'exec', options.netns];
  const [command = process.execPath, ...words] = [...inside, process.execPath, program, ...args];
  const child = spawn(command, words, {
    env: { ...process.env, APPULSE_STATION_ID: STATION_ID, ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; done: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const each of waiting.splice(0)) (stderr.includes(each.text) ? each.done : () => waiting.push(each))();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 50_000);
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, stdout, stderr, json: lastJson(stdout) });
    });
  });
  const says = (text: string) =>
    new Promise<void>((done, failed) => {
      if (stderr.includes(text)) done();
      else waiting.push({ text, done });
      void ended.then(() => failed(new Error(`ended without saying '${text}':\n${stderr}`)));
    });
  return { child, ended, says };
}

/** Runs `appulse ARGS` to its end. */
export function appulse(args: readonly string[], options: Parameters<typeof startAppulse>[1] = {}): Promise<Ended> {
  return startAppulse(args, options).ended;
}

function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}

/** A folder for one test, removed when `work` has ended. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-test-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line of the simulator's truth file. */
export interface TruthFrame {
  /** Null: the exposure never got a block. */
  readonly block: string | null;
  /** Counts exposures from 0. */
  readonly frame: number;
  readonly sequence: number;
  readonly startUtcNs: string;
  readonly endUtcNs: string;
  readonly row0EndUtcNs: string;
  readonly exposureNs: string;
  readonly leapSecond: boolean;
  readonly packetsWithheld: readonly number[];
  readonly faults: readonly string[];
}

export function readTruth(file: string): TruthFrame[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TruthFrame);
}
