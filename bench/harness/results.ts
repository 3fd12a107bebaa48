/** From samples to rows: medians, ratios, targets; shown, and kept as JSON. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Figures, Samples, Target } from '../harness.js';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Row {
  readonly case: string;
  readonly contestant: string;
  readonly figure: string;
  readonly unit: string;
  readonly measured: Spread | null;
  readonly reference: string;
  readonly referenceMeasured: Spread | null;
  /** Of the two in each round. */
  readonly ratio: Spread | null;
  readonly target: Target | null;
  /** Null without a target, and where it cannot be judged. */
  readonly reached: 'ok' | 'missed' | null;
  readonly rounds: number;
  readonly note: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

/** All that is known of one benchmark on one machine. */
export interface Results {
  readonly bench: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

export const RESULTS = fileURLToPath(new URL('../../../bench/results', import.meta.url));

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
  };
}

export const machineText = ({ cpu, cores, memoryGiB, kernel, node }: Machine): string =>
  `${cores} x ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}`;

/** Median, least and most of the numbers among `values`; null where there is none. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const [least] = sorted;
  const median = sorted[sorted.length >> 1];
  const most = sorted.at(-1);
  return least === undefined || median === undefined || most === undefined ? null : { median, least, most };
}

function judge(target: Target, value: number): 'ok' | 'missed' {
  const reached = {
    'at most': value <= target.value,
    'at least': value >= target.value,
    below: value < target.value,
  }[target.is];
  return reached ? 'ok' : 'missed';
}

/** One row for each contestant and figure of `one`. */
export function rowsOf(one: Case, { contestants, reference, note }: Samples): Row[] {
  const rows: Row[] = [];
  const valuesOf = (samples: readonly Figures[], figure: string): number[] =>
    samples.map((each) => each[figure] ?? NaN);
  for (const [contestant, targets] of Object.entries(one.contestants)) {
    const samples = contestants[contestant] ?? [];
    for (const [figure, { unit, ratio: hasRatio }] of Object.entries(one.figures)) {
      const own = valuesOf(samples, figure);
      const others = valuesOf(reference ?? [], figure);
      const measured = spreadOf(own);
      const ratio = hasRatio === false ? null : spreadOf(own.map((value, i) => value / (others[i] ?? NaN)));
      const target = targets[figure] ?? null;
      const judged = target?.of === 'ratio' ? ratio : measured;
      const reached = target === null || judged === null ? null : judge(target, judged.median);
      // A figure that a contestant does not have is no row; a contestant that could not run is.
      if (measured === null && samples.length > 0) continue;
      rows.push({
        case: one.name,
        contestant,
        figure,
        unit,
        measured,
        reference: one.reference,
        referenceMeasured: spreadOf(others),
        ratio,
        target,
        reached,
        rounds: samples.length,
        note,
      });
    }
  }
  return rows;
}

/** Three digits that count. */
export const digits = (value: number): string => String(Number(value.toPrecision(3)));

export const spreadText = (spread: Spread | null): string =>
  spread === null ? '-' : `${digits(spread.median)} [${digits(spread.least)} to ${digits(spread.most)}]`;

export function targetText(target: Target | null): string {
  if (target === null) return '';
  const sign = { 'at most': '<=', 'at least': '>=', below: '<' }[target.is];
  return `${target.of === 'ratio' ? 'ratio ' : ''}${sign} ${digits(target.value)}`;
}

/** The case's name, and the contestant's where it says more. */
export const titleOf = (row: Row): string =>
  row.contestant === row.case ? row.case : `${row.case}: ${row.contestant}`;

/** Writes rows to standard error, for a person who waits. */
export function showRows(rows: readonly Row[]): void {
  for (const row of rows) {
    const words = [
      `${titleOf(row)}, ${row.figure}`.padEnd(52),
      `${spreadText(row.measured)} ${row.unit}`.padEnd(32),
      `${row.reference} ${spreadText(row.referenceMeasured)}`.padEnd(40),
      `ratio ${spreadText(row.ratio)}`.padEnd(30),
      targetText(row.target).padEnd(14),
      row.reached ?? '',
      row.note,
    ];
    process.stderr.write(`${words.join(' ').trimEnd()}\n`);
  }
}

/** What was kept of benchmark `name`; null where nothing was. */
export function keptResults(name: string): Results | null {
  const file = join(RESULTS, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : null;
}

/**
 * Keeps `rows` in bench/results/NAME.json, in the order of the benchmark's `cases`. Cases measured earlier on the same
 * machine stay, since a case carries its own reference; those of another machine go.
 */
export function keepRows(name: string, rows: readonly Row[], cases: readonly Case[]): void {
  if (rows.length === 0) return;
  const machine = thisMachine();
  const kept = keptResults(name);
  const isSame = kept !== null && machineText(kept.machine) === machineText(machine);
  const all = cases.flatMap((one) => {
    const now = rows.filter((row) => row.case === one.name);
    return now.length > 0 || !isSame ? now : kept.rows.filter((row) => row.case === one.name);
  });
  const results: Results = { bench: name, machine, rows: all };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
}
