/** `appulse sessions`: which sessions a data folder has, what is in one, and what people wrote about it; beginning and ending them. */
import { Command, Option } from 'commander';
import { formatUtc } from '#gps/instant.js';
import { findCamera, findSession } from '#src/archive/find-session.js';
import { timeRangeOf } from '#src/archive/selection.js';
import { sessionDetails } from '#src/archive/session-details.js';
import { formatSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { SESSION_CSV } from '#storage/index/csv.js';
import { SESSION_EDITS, type SessionEdit } from '#storage/index/index-changes.js';
import type { IndexReader } from '#storage/index/queries.js';
import type { SessionRow } from '#storage/index/rows.js';
import { SESSION_STATES } from '#storage/index/schema.js';
import { editSession } from '#storage/index/session-edit.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand } from './command-line.js';
import { printLines, rowLines } from './line-output.js';
import { dataFolderOf, withIndex } from './open-index.js';
import { startSessionCommand, stopSessionCommand } from './session-control.js';
import { printSession } from './session-text.js';

const FORMATS = ['table', 'json', 'csv'] as const;
const EXAMPLE = 'appulse sessions --data /data/night --from 2026-11-20 --object "(433) Eros"';

interface ListOptions extends Record<string, unknown> {
  readonly from?: string;
  readonly to?: string;
  readonly camera?: string;
  readonly object?: string;
  readonly state?: string;
  readonly format: (typeof FORMATS)[number];
  readonly json?: boolean;
}

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description(
      'list the sessions of a data folder, show one, edit what is written about it, or have the running station begin and end one',
    )
    .addHelpText(
      'after',
      `\nExample:\n  ${EXAMPLE}\n  appulse sessions show latest --data /data/night\n  appulse sessions start --object "(433) Eros" --data /data/night`,
    )
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(editCommand())
    .addCommand(startSessionCommand())
    .addCommand(stopSessionCommand());
}

function listCommand(): Command {
  const list = command('list', 'the sessions, newest first (what is done where no command is named)', EXAMPLE);
  return addSettings(list, ['recording.data'])
    .option('--from <time>', 'sessions that went on at this UTC or later, such as 2026-11-20T19:00')
    .option('--to <time>', 'sessions that began before this UTC, or this long after --from, such as 10h')
    .option('--camera <id>', "a camera's identifier or its beginning, or its name")
    .option('--object <name>', 'what was observed, upper or lower case alike')
    .addOption(new Option('--state <state>', 'how it ended').choices(SESSION_STATES))
    .addOption(new Option('--format <format>', 'how sessions are written').choices(FORMATS).default('table'))
    .action((options: ListOptions) =>
      runCommand(options.json === true || options.format === 'json', () =>
        withIndex(options, async (index) => listSessions(index, options)),
      ),
    );
}

async function listSessions(index: IndexReader, options: ListOptions): Promise<number> {
  const sessions = chosen(index, options);
  if (options.json === true || options.format === 'json') printJson({ sessions });
  else if (options.format === 'csv') await printLines(rowLines(sessions, Infinity, { csv: SESSION_CSV }));
  else printSessions(index, sessions);
  return EXIT.done;
}

function chosen(index: IndexReader, options: ListOptions): SessionRow[] {
  const { fromUtcNs, toUtcNs } = timeRangeOf(options);
  const cameraId = options.camera === undefined ? undefined : findCamera(index, options.camera).id;
  const object = options.object?.toLowerCase();
  const state = SESSION_STATES.find((each) => each === options.state);
  return (
    index
      .sessions({ limit: Number.MAX_SAFE_INTEGER, ...(state !== undefined && { state }) })
      .filter((session) => toUtcNs === undefined || session.startedUtcNs < toUtcNs)
      // One whose end is not known may have gone on.
      .filter((session) => fromUtcNs === undefined || session.endedUtcNs === null || session.endedUtcNs >= fromUtcNs)
      .filter((session) => cameraId === undefined || session.cameraIds.includes(cameraId))
      .filter((session) => object === undefined || session.object?.toLowerCase() === object)
  );
}

function printSessions(index: IndexReader, sessions: readonly SessionRow[]): void {
  const names = new Map(index.cameras().map(({ id, name }) => [id, name]));
  printTable(
    ['session', 'started (UTC)', 'ended (UTC)', 'camera', 'object', 'name', 'state', 'frames', 'lost', 'size'],
    sessions.map((s) => [
      s.id,
      formatUtc(s.startedUtcNs, 0),
      s.endedUtcNs === null ? '-' : formatUtc(s.endedUtcNs, 0),
      s.cameraIds.map((id) => names.get(id) ?? id).join(', '),
      s.object ?? '-',
      s.name ?? '-',
      s.state,
      s.framesRecorded,
      s.framesLost + s.framesNotRecorded + s.framesDestroyed,
      formatSize(s.bytes),
    ]),
  );
}

function showCommand(): Command {
  const show = command(
    'show',
    'what is in a session: counts, cameras, grades, gaps by cause, segments, marks, stacks',
    'appulse sessions show latest --data /data/night',
  );
  return addSettings(show, ['recording.data'])
    .argument('[session]', "a session's identifier or its beginning, or 'latest'", 'latest')
    .action((wanted: string, options: Record<string, unknown>) =>
      runCommand(options.json === true, () =>
        withIndex(options, (index) => {
          const details = index.snapshot(() => sessionDetails(index, findSession(index, wanted)));
          if (options.json === true) printJson(details);
          else printSession(details);
          return EXIT.done;
        }),
      ),
    );
}

/** The option of each column that can be edited. */
const EDIT_OPTIONS: Readonly<Record<keyof SessionEdit, readonly [flags: string, help: string]>> = {
  name: ['--name <name>', 'what the session is called'],
  object: ['--object <name>', 'what was observed'],
  observer: ['--observer <name>', 'who observed'],
  telescope: ['--telescope <name>', 'telescope or lens'],
  site: ['--site-name <name>', 'name of the place'],
  notes: ['--notes <text>', 'notes'],
};

function editCommand(): Command {
  const edit = command(
    'edit',
    'set right what is written about a session, also while it is recorded; an empty text takes it away',
    'appulse sessions edit 01a21e --object "(433) Eros" --notes "cloud from 21:10 on"',
  );
  addSettings(edit, ['recording.data']).argument('<session>', "a session's identifier or its beginning, or 'latest'");
  for (const [flags, help] of Object.values(EDIT_OPTIONS)) edit.option(flags, help);
  return edit.action((wanted: string, options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => runEdit(wanted, options)),
  );
}

async function runEdit(wanted: string, options: Record<string, unknown>): Promise<number> {
  const edit = Object.fromEntries(
    SESSION_EDITS.flatMap((column) => {
      const value = options[column === 'site' ? 'siteName' : column];
      return typeof value === 'string' ? [[column, value.trim() === '' ? null : value.trim()]] : [];
    }),
  ) as SessionEdit;
  if (Object.keys(edit).length === 0) {
    throw new UsageError(
      'usage.edit',
      `nothing to edit: name one of ${Object.values(EDIT_OPTIONS)
        .map(([flags]) => flags.split(' ')[0])
        .join(', ')}`,
    );
  }
  const id = await withIndex(options, (index) => findSession(index, wanted).id);
  editSession(dataFolderOf(options), id, edit);
  if (options.json === true) printJson({ session: id, edited: edit });
  else process.stdout.write(`session ${id}: ${Object.keys(edit).join(', ')} set\n`);
  return EXIT.done;
}
