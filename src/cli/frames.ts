/** `appulse frames`: asks the index which frames exist, when they were exposed, and what is missing. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { GRADES, type Grade } from '#gps/frame-time.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { INDEX_FILE } from '#storage/index/index-database.js';
import { type FrameFilter, IndexReader } from '#storage/index/queries.js';
import type { FrameRow, GapRow } from '#storage/index/rows.js';
import { FRAME_STATES, type FrameState } from '#storage/index/schema.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';
import { findSession } from './find-session.js';
import { withoutControls } from './terminal-text.js';

interface FramesOptions extends Record<string, unknown> {
  readonly session?: string;
  readonly from?: string;
  readonly to?: string;
  readonly grade?: string;
  readonly state?: string;
  readonly incomplete?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

export function framesCommand(): Command {
  const frames = command(
    'frames',
    'query the index: frames with their times, and gaps',
    'appulse frames --data /data/night --session latest --grade locked --limit 20',
  );
  return addSettings(frames, ['recording.data'])
    .option('--session <id>', "a session's identifier or its beginning, 'latest' or 'all'", 'latest')
    .option('--from <time>', 'frames that start at this UTC or later, such as 2026-11-20T19:00:00.5')
    .option('--to <time>', 'frames that start before this UTC, or this long after --from, such as 10s')
    .option('--grade <grade>', GRADES.join(', '))
    .option('--state <state>', FRAME_STATES.join(', '))
    .option('--incomplete', 'only frames with missing bytes')
    .option('--limit <n>', 'most frames to list', '100')
    .action((options: FramesOptions) => runCommand(options.json === true, () => listFrames(options)));
}

async function listFrames(options: FramesOptions): Promise<number> {
  const { values } = settingsOf(options);
  const limit = Number(options.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError('usage.limit', `--limit ${options.limit}: a whole number of frames, at least 1`);
  }
  const filter = filterOf(options);
  const index = new IndexReader(join(values['recording.data'], INDEX_FILE));
  try {
    const wanted = options.session ?? 'latest';
    const sessionId = wanted === 'all' ? null : findSession(index, wanted).id;
    const selected: FrameFilter = { ...filter, ...(sessionId === null ? {} : { sessionId }) };
    const frames = index.frames(selected, { limit });
    const total = index.countFrames(selected);
    const gaps = index.gaps(sessionId === null ? {} : { sessionId });
    if (options.json === true)
      printJson({ session: sessionId, total, frames: frames.map((f) => jsonOf(index, f)), gaps });
    else show(frames, gaps, total);
    return EXIT.done;
  } finally {
    index.close();
  }
}

function filterOf(options: FramesOptions): FrameFilter {
  const fromUtcNs = options.from === undefined ? undefined : timeOf('--from', options.from);
  const { grade, state, to } = options;
  if (grade !== undefined && !GRADES.some((known) => known === grade)) {
    throw new UsageError('usage.grade', `--grade ${grade}: one of ${GRADES.join(', ')}`);
  }
  if (state !== undefined && !FRAME_STATES.some((known) => known === state)) {
    throw new UsageError('usage.state', `--state ${state}: one of ${FRAME_STATES.join(', ')}`);
  }
  return {
    ...(fromUtcNs === undefined ? {} : { fromUtcNs }),
    ...(to === undefined ? {} : { toUtcNs: endOf(to, fromUtcNs) }),
    ...(grade === undefined ? {} : { grade: grade as Grade }),
    ...(state === undefined ? {} : { state: state as FrameState }),
    ...(options.incomplete === true ? { incomplete: true } : {}),
  };
}

function timeOf(option: string, text: string): bigint {
  try {
    return parseUtc(text);
  } catch (cause) {
    throw new UsageError('usage.time', `${option} ${text}: write UTC as 2026-11-20T19:00:00.5`, { cause });
  }
}

/** An instant, or a duration after `fromUtcNs`. */
function endOf(text: string, fromUtcNs: bigint | undefined): bigint {
  if (fromUtcNs !== undefined && /^[\d.]+[a-z]+$/.test(text)) return fromUtcNs + parseDuration(text);
  return timeOf('--to', text);
}

const jsonOf = (index: IndexReader, frame: FrameRow) => ({
  ...frame,
  missing: frame.bytesMissing > 0 ? index.missingRanges(frame.key) : [],
});

function show(frames: readonly FrameRow[], gaps: readonly GapRow[], total: number): void {
  printTable(
    [
      'frame',
      'block',
      'start of row 0 (UTC)',
      'exposure us',
      '+- ns',
      'grade',
      'source',
      'missing',
      'mean',
      'max',
      'state',
      'flags',
    ],
    frames.map((f) => [
      f.number,
      f.blockId,
      formatUtc(f.startUtcNs, 9, f.leapSecond),
      f.exposureNs / 1_000n,
      f.uncertaintyNs,
      f.grade,
      f.source,
      f.packetsMissing,
      f.aduMean === null ? '-' : f.aduMean.toFixed(1),
      f.aduMax ?? '-',
      f.state,
      f.flags.join(' '),
    ]),
  );
  if (frames.length < total) process.stdout.write(`${frames.length} of ${total} frames; --limit shows more\n`);
  for (const gap of gaps) {
    const blocks = gap.firstBlock === null ? '' : `, blocks ${gap.firstBlock} to ${gap.lastBlock}`;
    const from = gap.fromUtcNs === null ? '?' : formatUtc(gap.fromUtcNs, 6);
    const to = gap.toUtcNs === null ? '?' : formatUtc(gap.toUtcNs, 6);
    const frames = gap.frames === 0 ? 'frames not known' : `${gap.frames} ${gap.frames === 1 ? 'frame' : 'frames'}`;
    const detail = withoutControls(gap.detail);
    process.stdout.write(`gap: ${gap.cause}, ${frames}${blocks}, between ${from} and ${to}: ${detail}\n`);
  }
}
