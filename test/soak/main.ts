/** `npm run soak`: recordings killed at random, power cuts imitated, main threads held up; prints its tables. Ends with 1 where anything failed. */
import { parseArgs } from 'node:util';
import { formats } from './format-session.js';
import { heldUpRows } from './held-up.js';
import { type KillRow, KillSeries } from './kills.js';
import { type PowerCutRow, powerCuts } from './power-cuts.js';

const USAGE = `npm run soak [-- --kills N --cuts N --held-up SECONDS --seed S]
  --kills N   recordings that are killed, half of them qhy411-bin3 at 20 fps, half tiny at 1000 fps (300)
  --cuts N    power cuts that are imitated (1000)
  --held-up SECONDS  of recording from each maker's camera (doubles), 20 fps of 17 Mpx, with main threads held up at random (60; 0: none)
  --seed S    of everything random (1); a failure names what repeats it
Ctrl-C ends it after what is under way, with the table of what was done.
`;

interface Options {
  readonly kills: number;
  readonly cuts: number;
  readonly heldUpSeconds: number;
  readonly seed: number;
}

function optionsOf(): Options | null {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { kills: text, cuts: text, 'held-up': text, seed: text, help: { type: 'boolean' } },
    });
    const number = (value: string | undefined, fallback: number): number => {
      const given = value === undefined ? fallback : Number(value);
      if (!Number.isSafeInteger(given) || given < 0) throw new RangeError(`${value} is no count`);
      return given;
    };
    if (values.help === true) return null;
    return {
      kills: number(values.kills, 300),
      cuts: number(values.cuts, 1000),
      heldUpSeconds: number(values['held-up'], 60),
      seed: number(values.seed, 1),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return null;
  }
}

/** `total` in as equal parts as can be. */
const shares = (total: number, parts: number): number[] =>
  Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0));

function counter(what: string, total: number): () => void {
  let done = 0;
  const started = performance.now();
  return () => {
    done++;
    if (done % 10 !== 0 && done !== total) return;
    process.stderr.write(`${what}: ${done} of ${total}, ${Math.round((performance.now() - started) / 1000)} s\n`);
  };
}

const CAMERAS = [
  { model: 'qhy411-bin3', fps: 20, mostMs: 3_000, segmentBytes: '256MiB' },
  { model: 'tiny', fps: 1000, mostMs: 2_000, segmentBytes: '32MiB' },
] as const;

async function runKills({ kills, seed }: Options): Promise<KillRow[]> {
  const each = CAMERAS.flatMap((camera) => formats().map((format) => ({ ...camera, format })));
  const told = counter('kills', kills);
  const share = shares(kills, each.length);
  const series = each.map((plan, i) => new KillSeries({ ...plan, kills: share[i] ?? 0, seed: seed + i }));
  // In turn, so that all have had theirs whenever it is ended.
  while (!stopped && series.some(({ done }) => !done)) {
    for (const one of series) {
      if (stopped || one.done) continue;
      await one.next();
      told();
    }
  }
  return series.map(({ row }) => row).filter(({ kills: made }) => made > 0);
}

async function runCuts({ cuts, seed }: Options): Promise<PowerCutRow[]> {
  const names = formats();
  const told = counter('power cuts', cuts);
  const rows: PowerCutRow[] = [];
  for (const [i, share] of shares(cuts, names.length).entries()) {
    const format = names[i];
    if (format !== undefined && share > 0 && !stopped) rows.push(...(await powerCuts([format], share, seed, told)));
  }
  return rows;
}

function printRows(title: string, rows: readonly object[]): void {
  process.stdout.write(`${title}\n`);
  const shown = rows.map((row) => Object.entries(row).map(([name, value]) => [name, cell(value)] as const));
  const names = shown[0]?.map(([name]) => name) ?? [];
  const widths = names.map((name, i) => Math.max(name.length, ...shown.map((row) => row[i]?.[1].length ?? 0)));
  for (const row of [names.map((name) => [name, name] as const), ...shown]) {
    process.stdout.write(
      `  ${row
        .map(([, text], i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  return typeof value === 'number' ? String(Math.round(value)) : String(value);
}

let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});

const options = optionsOf();
if (options === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const killed = await runKills(options);
  const cut = await runCuts(options);
  const { heldUpSeconds, seed } = options;
  const held = heldUpSeconds > 0 ? await heldUpRows(heldUpSeconds, seed, () => stopped) : [];
  if (killed.length > 0) printRows('kill -9 while recording', killed);
  if (cut.length > 0) printRows('power cuts, imitated by cutting and by zeroing the tail of a file', cut);
  if (held.length > 0) printRows('20 fps of 17 Mpx from doubles, main threads held up', held);
  const failures = [...killed, ...cut, ...held].flatMap((row) => row.failures);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  process.stdout.write(failures.length === 0 ? 'all as it must be\n' : `${failures.length} failed\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
