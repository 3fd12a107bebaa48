/** The README's table, made from bench/results. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keptResults, machineText, RESULTS, type Row, spreadText, targetText, titleOf } from './results.js';

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
const BEGIN = '<!-- benchmarks: written by `npm run bench -- table`, see CONTRIBUTING.md -->';
const END = '<!-- end of benchmarks -->';

const cells = (words: readonly string[]): string => `| ${words.map((word) => word.replaceAll('|', '/')).join(' | ')} |`;

function line(bench: string, row: Row): string {
  const measured = row.measured === null ? row.note : `${spreadText(row.measured)} ${row.unit}`;
  const reference = `${row.reference}${row.referenceMeasured === null ? '' : ` ${spreadText(row.referenceMeasured)}`}`;
  const result = row.reached ?? (row.note === '' ? '-' : row.note);
  const words = [bench, `${titleOf(row)}, ${row.figure}`, measured, reference, spreadText(row.ratio)];
  return cells([...words, targetText(row.target), result]);
}

/** The rows that have a target; the others stand in the JSON files. */
function tableText(): string {
  const names = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
  const machines = new Set<string>();
  const lines: string[] = [];
  for (const name of names) {
    const results = keptResults(name);
    if (results === null) continue;
    machines.add(machineText(results.machine));
    lines.push(...results.rows.filter((row) => row.target !== null).map((row) => line(name, row)));
  }
  return [
    `Medians [least to most], measured on ${[...machines].join('; ')}. Judge the ratios: absolute figures are the machine's.`,
    '',
    cells(['bench', 'figure', 'measured', 'reference', 'ratio', 'target', '']),
    cells(Array<string>(7).fill('---')),
    ...lines,
  ].join('\n');
}

/** Writes the table between the README's two markers. Throws where they are missing. */
export function writeReadmeTable(): void {
  const text = readFileSync(README, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the lines '${BEGIN}' and '${END}'`);
  const between = `\n${tableText()}\n`;
  writeFileSync(README, `${text.slice(0, begin + BEGIN.length)}${between}${text.slice(end)}`);
}
