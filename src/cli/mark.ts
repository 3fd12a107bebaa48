/** `appulse trigger` and `appulse mark`: keep a span of time, on a running station; `mark` also in a data folder at rest. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppulseError } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import { instantOption, withinIndex } from '#src/archive/instant-option.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { type ControlRequest, MOST_NOTE_CHARACTERS } from '#src/control/calls.js';
import { callStation } from '#src/control/client.js';
import type { MarkAnswer, MarkEnd } from '#src/station/mark-request.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { markAtRest } from '#storage/retention/mark-at-rest.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';

export function triggerCommand(): Command {
  const trigger = command(
    'trigger',
    'keep the pre-roll before now and the post-roll behind it, on the running station',
    "appulse trigger --data /data/night --note 'bolide in the east'",
  );
  return addSettings(trigger, ['recording.data'])
    .option('--note <text>', 'words that are kept with it')
    .option('--at <time>', 'the moment that it is about, UTC (default: now)')
    .option('--event', 'another program saw something: the cause is event instead of command')
    .option('--number <n>', 'of several cameras, which one (default: all)')
    .action((options: Record<string, unknown>) =>
      runCommand(options.json === true, async () => {
        const { 'recording.data': data } = settingsOf(options).values;
        const at = options.at === undefined ? {} : { atUtcNs: String(instantOption('--at', String(options.at))) };
        const cause = options.event === true ? { cause: 'event' as const } : {};
        const request = { call: 'trigger' as const, ...noteOf(options), ...cameraOf(options), ...at, ...cause };
        showMarks((await callStation(data, request)) as readonly MarkAnswer[], options.json === true);
        return EXIT.done;
      }),
    );
}

export function markCommand(): Command {
  const mark = command(
    'mark',
    'keep a span of time from retention, on the running station or in a data folder at rest',
    "appulse mark --data /data/night --from -30s --to +5s --note 'satellite'",
  );
  return addSettings(mark, ['recording.data'])
    .option('--from <time>', 'UTC, or a distance from now such as -10s (default: the pre-roll before now)')
    .option(
      '--to <time>',
      'UTC, or a distance such as +5s from now, or from --from where that is UTC (default: the post-roll)',
    )
    .option('--note <text>', 'words that are kept with it')
    .option('--number <n>', 'of several cameras of the running station, which one (default: all)')
    .option('--camera-id <id>', 'at rest: only frames of the camera with this identifier')
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => markSpan(options)));
}

async function markSpan(options: Record<string, unknown>): Promise<number> {
  const { 'recording.data': data } = settingsOf(options).values;
  const span = spanOf(options);
  const request = { call: 'mark' as const, ...noteOf(options), ...cameraOf(options), ...onTheWire(span) };
  try {
    showMarks((await callStation(data, request)) as readonly MarkAnswer[], options.json === true);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof AppulseError) || error.code !== 'control.no-station') throw error;
  }
  return markFolder(data, span, options);
}

async function markFolder(data: string, span: Span, options: Record<string, unknown>): Promise<number> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const { from, to } = span;
  if (from === null || to === null) {
    throw new UsageError('usage.mark', 'no station records here: say which span is meant with --from and --to');
  }
  const [fromUtcNs, toUtcNs] = [from, to].map((end) =>
    'utcNs' in end ? end.utcNs : withinIndex(now + end.offsetNs),
  ) as [bigint, bigint];
  if (toUtcNs < fromUtcNs) throw new UsageError('usage.mark', '--to is before --from');
  // Says in words where there is no index, and does not make one.
  if (!existsSync(join(data, INDEX_FILE))) new IndexReader(join(data, INDEX_FILE)).close();
  const folder = await openDataFolder(data);
  try {
    const { note: detail = '' } = noteOf(options);
    const cameraId = typeof options.cameraId === 'string' ? options.cameraId : null;
    const marked = markAtRest(folder.path, { fromUtcNs, toUtcNs, cause: 'command', detail, madeUtcNs: now }, cameraId);
    if (options.json === true) printJson({ marks: marked.map((session) => ({ ...session, fromUtcNs, toUtcNs })) });
    else {
      for (const { session, frames } of marked)
        process.stdout.write(`session ${session}: ${frames} frames on disk are kept\n`);
    }
    return EXIT.done;
  } finally {
    folder.close();
  }
}

interface Span {
  readonly from: MarkEnd | null;
  readonly to: MarkEnd | null;
}

function spanOf({ from, to }: Record<string, unknown>): Span {
  const begin = from === undefined ? null : endOf('--from', from);
  const end = to === undefined ? null : endOf('--to', to);
  if (begin !== null && end !== null && 'utcNs' in begin && 'offsetNs' in end) {
    return { from: begin, to: { utcNs: withinIndex(begin.utcNs + end.offsetNs) } };
  }
  return { from: begin, to: end };
}

/** `-10s`, `+5s` or a time. */
function endOf(option: string, word: unknown): MarkEnd {
  const [, sign, duration] = /^([+-])(\d.*[a-z])$/.exec(String(word)) ?? [];
  if (duration === undefined) return { utcNs: instantOption(option, String(word)) };
  const ns = parseDuration(duration);
  return { offsetNs: sign === '-' ? -ns : ns };
}

function onTheWire({ from, to }: Span): Pick<ControlRequest, 'from' | 'to'> {
  const wire = (end: MarkEnd) => ('utcNs' in end ? { utcNs: String(end.utcNs) } : { offsetNs: String(end.offsetNs) });
  return { ...(from === null ? {} : { from: wire(from) }), ...(to === null ? {} : { to: wire(to) }) };
}

function noteOf({ note }: Record<string, unknown>): { note?: string } {
  if (typeof note !== 'string') return {};
  if (note.length > MOST_NOTE_CHARACTERS) {
    throw new UsageError('usage.note', `--note has ${note.length} characters: at most ${MOST_NOTE_CHARACTERS}`);
  }
  return { note };
}

/** `--number`, as the station counts its cameras. */
export function cameraOf({ number }: Record<string, unknown>): { camera?: number } {
  if (number === undefined) return {};
  const camera = Number(number);
  if (Number.isSafeInteger(camera) && camera >= 1 && camera <= 64) return { camera: camera - 1 };
  throw new UsageError('usage.camera-number', `--number ${number}: the number of the camera as it was named, from 1`);
}

function showMarks(marks: readonly MarkAnswer[], json: boolean): void {
  if (json) printJson({ marks });
  else {
    for (const { camera, fromUtcNs, toUtcNs } of marks) {
      process.stdout.write(
        `${camera}: ${formatUtc(BigInt(fromUtcNs), 3)} to ${formatUtc(BigInt(toUtcNs), 3)} is kept\n`,
      );
    }
  }
}
