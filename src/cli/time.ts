/** `appulse time`: the times in files of ours and of others, each with its source, uncertainty, grade and reasons. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { FoundTime } from '#gps/found/found-time.js';
import { formatUtc } from '#gps/instant.js';
import { UsageError } from '#src/config/usage-error.js';
import { openTimeFile, type TimeFormat } from '#src/times/read-times.js';
import type { TimedFrame } from '#storage/times/timed-frame.js';
import { command, EXIT, printJson, printTable, runCommand } from './command-line.js';

interface TimeOptions extends Record<string, unknown> {
  readonly limit: string;
  readonly json?: boolean;
}

/** What was read of one file; `frames` are the first ones, up to the limit. */
interface FileTimes {
  readonly file: string;
  readonly format: TimeFormat | null;
  readonly total: number;
  readonly untrusted: number;
  readonly withoutTime: number;
  readonly frames: readonly TimedFrame[];
  readonly notes: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function timeCommand(): Command {
  return command(
    'time',
    'read the times in files: FITS of any program, SER, ADV, FF and FT; ends with 3 when one is untrusted',
    'appulse time night/*.fits capture.ser --limit 20',
  )
    .argument('<files...>', 'files of any of these formats, told apart by their contents')
    .option('--limit <n>', 'most frames to list of each file; all of them are read', '100')
    .action((files: string[], options: TimeOptions) =>
      runCommand(options.json === true, () => listTimes(files, options)),
    );
}

async function listTimes(files: readonly string[], options: TimeOptions): Promise<number> {
  const limit = Number(options.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError('usage.limit', `--limit ${options.limit}: a whole number of frames, at least 1`);
  }
  const read = files.map((file) => readFile(file, limit));
  for (const { error } of read) if (error !== null) process.stderr.write(`appulse: ${error.message}\n`);
  const untrusted = read.reduce((sum, each) => sum + each.untrusted, 0);
  if (options.json === true) printJson({ untrusted, files: read.map(jsonOf) });
  else show(read);
  if (read.some(({ error }) => error !== null)) return EXIT.failed;
  return untrusted > 0 ? EXIT.doneWithLosses : EXIT.done;
}

/** Reads all of a file, also one that breaks off: what came before its error is kept. Never throws. */
function readFile(file: string, limit: number): FileTimes {
  const frames: TimedFrame[] = [];
  const found = { file, format: null as TimeFormat | null, total: 0, untrusted: 0, withoutTime: 0 };
  try {
    const opened = openTimeFile(file);
    try {
      found.format = opened.format;
      for (;;) {
        const next = opened.frames.next();
        if (next.done) return { ...found, frames, notes: next.value, error: null };
        found.total += 1;
        const [best] = next.value.times;
        if (best === undefined) found.withoutTime += 1;
        else if (best.grade === 'untrusted') found.untrusted += 1;
        if (frames.length < limit) frames.push(next.value);
      }
    } finally {
      opened.close();
    }
  } catch (error) {
    const code = error instanceof AppulseError ? error.code : 'storage.times-file';
    const message = error instanceof AppulseError ? error.message : `${file}: ${reasonOf(error)}`;
    return { ...found, frames, notes: [], error: { code, message } };
  }
}

const jsonOf = (read: FileTimes) => ({
  ...read,
  frames: read.frames.map(({ frame, times: [time = null, ...others], reasons }) => ({
    frame,
    time: time && jsonOfTime(time),
    others: others.map(jsonOfTime),
    reasons,
  })),
});

const jsonOfTime = (time: FoundTime) => ({ ...time, startUtc: formatUtc(time.startUtcNs, 9, time.leapSecond) });

function show(files: readonly FileTimes[]): void {
  const rows = files.flatMap((read) => read.frames.map((frame) => ({ file: read.file, frame })));
  if (rows.length > 0) {
    const many = files.length > 1;
    const titles = ['frame', 'start (UTC)', 'exposure us', '+- ns', 'grade', 'source', 'family'];
    printTable(
      many ? ['file', ...titles] : titles,
      rows.map(({ file, frame }) => [...(many ? [basename(file)] : []), ...cellsOf(frame)]),
    );
  }
  for (const { file, frames, total, withoutTime, notes } of files) {
    const say = (text: string) => process.stdout.write(`${file}: ${text}\n`);
    for (const run of reasonRuns(frames)) say(run);
    if (frames.length < total) say(`${frames.length} of ${total} frames; --limit shows more`);
    if (withoutTime > 0) say(`${withoutTime} of ${total} frames without a time`);
    for (const note of notes) say(note);
  }
}

function cellsOf({ frame, times: [time] }: TimedFrame): (string | number | bigint)[] {
  if (time === undefined) return [frame, '-', '-', '-', '-', '-', '-'];
  const exposure = time.exposureNs === null ? '-' : time.exposureNs / 1000n;
  const { startUtcNs, leapSecond, uncertaintyNs, grade, source, family } = time;
  return [frame, formatUtc(startUtcNs, 9, leapSecond), exposure, uncertaintyNs ?? '?', grade, source, family];
}

/** The reasons of frames, those of neighbours with the same ones said once. */
function reasonRuns(frames: readonly TimedFrame[]): string[] {
  const runs: { first: number; last: number; text: string }[] = [];
  for (const { frame, times, reasons } of frames) {
    const text = (times[0]?.reasons ?? reasons).join('; ');
    const run = runs.at(-1);
    if (run !== undefined && run.text === text) run.last = frame;
    else runs.push({ first: frame, last: frame, text });
  }
  return runs
    .filter(({ text }) => text !== '')
    .map(({ first, last, text }) => `${first === last ? `frame ${first}` : `frames ${first} to ${last}`}: ${text}`);
}
