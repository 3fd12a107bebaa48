/**
 * The measuring of every benchmark. A benchmark is a module with `cases()`; each case runs in a process of its own, its
 * contestants and their reference in turn (R A B, R A B, ...), so that a slow neighbour slows all of them: a ratio is
 * taken within one round, and what is judged is the median of the rounds.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keepRows, type Row, rowsOf, showRows } from './harness/results.js';

/** What one run gave, by the names of the case's figures. */
export type Figures = Readonly<Record<string, number>>;
export type Run = () => Figures | Promise<Figures>;

export interface Target {
  /** What is judged: the median ratio to the reference, or the median of the figure itself. */
  readonly of: 'ratio' | 'measured';
  readonly is: 'at most' | 'at least' | 'below';
  readonly value: number;
}

export interface Figure {
  readonly unit: string;
  /** False where a ratio to the reference says nothing, as of a loss that should be 0. */
  readonly ratio?: false;
}

export interface BenchOptions {
  /** Where benchmarks of the disk write. */
  readonly folder: string;
}

export interface Case {
  readonly name: string;
  /** What the ratios are taken to. */
  readonly reference: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** Who is measured, each with its targets by figure. */
  readonly contestants: Readonly<Record<string, Readonly<Record<string, Target>>>>;
  /** Rounds that count (5, at least 5 but for runs of minutes), and rounds before them that do not (1). */
  readonly rounds?: number;
  readonly warmUps?: number;
  /** It takes minutes, and runs only with --long. */
  readonly long?: boolean;
  /** Called in the case's own process; what it takes is not measured. */
  readonly open: (options: BenchOptions) => Contest | Promise<Contest>;
}

/** A case made ready. */
export interface Contest {
  /** By contestant; one without a run is left out of the results. */
  readonly runs: Readonly<Record<string, Run>>;
  /** Null where it is missing on this machine: `note` says why. */
  readonly reference: Run | null;
  readonly note?: string;
  readonly close?: () => void | Promise<void>;
}

/** A contest that cannot be held on this machine. */
export const skipped = (why: string): Contest => ({ runs: {}, reference: null, note: `skipped: ${why}` });

/** The figures of every round. `null` stands for the reference. */
export interface Samples {
  readonly contestants: Readonly<Record<string, readonly Figures[]>>;
  readonly reference: readonly Figures[] | null;
  readonly note: string;
}

/** Holds the contest of `one`; in the case's own process. */
export async function measure(one: Case, options: BenchOptions): Promise<Samples> {
  const contest = await one.open(options);
  const contestants: Record<string, Figures[]> = {};
  const reference: Figures[] = [];
  const { rounds = 5, warmUps = 1 } = one;
  try {
    for (let round = -warmUps; round < rounds; round++) {
      const figures = await contest.reference?.();
      if (figures !== undefined && round >= 0) reference.push(figures);
      for (const [name, run] of Object.entries(contest.runs)) {
        const own = await run();
        if (round < 0) continue;
        contestants[name] ??= [];
        contestants[name].push(own);
      }
    }
  } finally {
    await contest.close?.();
  }
  return { contestants, reference: contest.reference === null ? null : reference, note: contest.note ?? '' };
}

/** Runs case number `index` of a benchmark's module in a fresh process. */
async function inOwnProcess(module: string, index: number, options: BenchOptions): Promise<Samples> {
  const entry = fileURLToPath(new URL('./harness/case-process.js', import.meta.url));
  const words = [entry, module, String(index), JSON.stringify(options)];
  // Its standard input stays open as long as this process lives.
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the case ended with ${code}`);
  return JSON.parse(text) as Samples;
}

export interface BenchModule {
  readonly cases: readonly Case[];
}

/** Which cases are wanted: those whose name holds `word`, the long ones only with `long`. */
export interface Choice {
  readonly word: string;
  readonly long: boolean;
}

/** Runs cases of benchmark `name`, shows their rows on standard error as they end, keeps them in bench/results/NAME.json. */
export async function runBench(
  name: string,
  url: string,
  choice: Choice,
  options: BenchOptions,
): Promise<readonly Row[]> {
  const { cases } = (await import(url)) as BenchModule;
  const rows: Row[] = [];
  for (const [index, one] of cases.entries()) {
    if (!one.name.includes(choice.word) || (one.long === true && !choice.long)) continue;
    const found = rowsOf(one, await inOwnProcess(url, index, options));
    showRows(found);
    rows.push(...found);
  }
  keepRows(name, rows, cases);
  return rows;
}
