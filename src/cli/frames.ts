/** `appulse frames`: asks the index which frames exist, when they were exposed, and what is missing. */
import { type Command, Option } from 'commander';
import { formatUtc } from '#gps/instant.js';
import { type SelectionOptions, selectionOf } from '#src/archive/selection.js';
import { UsageError } from '#src/config/usage-error.js';
import { FRAME_CSV, GAP_CSV } from '#storage/index/csv.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import type { IndexReader } from '#storage/index/queries.js';
import type { FrameRow, GapRow } from '#storage/index/rows.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand } from './command-line.js';
import { printLines, rowLines } from './line-output.js';
import { withIndex } from './open-index.js';
import { addSelection } from './selection-options.js';
import { withoutControls } from './terminal-text.js';

const FORMATS = ['table', 'json', 'csv', 'ndjson'] as const;
/** What a table or one JSON object lists where no limit is given; the other formats list all. */
const LISTED = 100;

interface FramesOptions extends SelectionOptions {
  readonly gaps?: boolean;
  readonly newestFirst?: boolean;
  readonly limit?: string;
  readonly format: (typeof FORMATS)[number];
  readonly json?: boolean;
}

export function framesCommand(): Command {
  const frames = command(
    'frames',
    'query the index: frames with their times, and gaps',
    'appulse frames --data /data/night --session latest --grade locked --mean ">=120" --format csv > frames.csv',
  );
  return addSelection(addSettings(frames, ['recording.data']))
    .option('--gaps', 'list gaps only: those of the session and the camera that reach between --from and --to')
    .option('--newest-first', 'the newest rows first')
    .option('--limit <n>', `most rows to list (default: ${LISTED}; all of them as csv and ndjson)`)
    .addOption(new Option('--format <format>', 'how rows are written').choices(FORMATS).default('table'))
    .action((options: FramesOptions) =>
      runCommand(options.json === true || options.format === 'json', () =>
        withIndex(options, (index) => listFrames(index, options)),
      ),
    );
}

async function listFrames(index: IndexReader, options: FramesOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const filter = selectionOf(index, options);
  const format = options.json === true ? 'json' : options.format;
  const listing: Listing = { index, filter, format, limit, newestFirst: options.newestFirst === true };
  await (options.gaps === true ? listGaps(listing) : listAll(listing));
  return EXIT.done;
}

interface Listing {
  readonly index: IndexReader;
  readonly filter: FrameFilter;
  readonly format: (typeof FORMATS)[number];
  readonly limit: number | null;
  readonly newestFirst: boolean;
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError('usage.limit', `--limit ${text}: a whole number of rows, at least 1`);
  }
  return limit;
}

async function listAll(listing: Listing): Promise<void> {
  const { index, filter, format, newestFirst } = listing;
  if (format === 'csv' || format === 'ndjson') {
    const as = format === 'csv' ? { csv: FRAME_CSV } : { json: (frame: FrameRow) => jsonOf(index, frame) };
    await printLines(rowLines(index.iterateFrames(filter, { newestFirst }), listing.limit ?? Infinity, as));
    return;
  }
  const frames = index.frames(filter, { limit: listing.limit ?? LISTED, newestFirst });
  const gaps = gapsOf(listing);
  const total = index.countFrames(filter);
  if (format === 'json') {
    printJson({ session: filter.sessionId ?? null, total, frames: frames.map((f) => jsonOf(index, f)), gaps });
  } else show(frames, gaps, total);
}

async function listGaps(listing: Listing): Promise<void> {
  const { filter, format, limit } = listing;
  const gaps = gapsOf(listing);
  if (format === 'csv' || format === 'ndjson') {
    await printLines(rowLines(gaps, limit ?? Infinity, format === 'csv' ? { csv: GAP_CSV } : { json: (gap) => gap }));
    return;
  }
  const listed = gaps.slice(0, limit ?? LISTED);
  if (format === 'json') {
    printJson({ session: filter.sessionId ?? null, total: gaps.length, gaps: listed });
    return;
  }
  for (const gap of listed) process.stdout.write(`${gapText(gap)}\n`);
  const missing = gaps.reduce((sum, gap) => sum + gap.frames, 0);
  const more = listed.length < gaps.length ? `; ${listed.length} of them listed, --limit shows more` : '';
  process.stdout.write(`gaps: ${gaps.length}, frames known to be missing: ${missing}${more}\n`);
}

/** Gaps of the chosen session, camera and time; what else chooses frames says nothing of them. */
function gapsOf({ index, filter, newestFirst }: Listing): GapRow[] {
  const { sessionId, cameraId, fromUtcNs, toUtcNs } = filter;
  const gaps = index.gaps({
    ...(sessionId !== undefined && { sessionId }),
    ...(cameraId !== undefined && { cameraId }),
    ...(fromUtcNs !== undefined && { fromUtcNs }),
    ...(toUtcNs !== undefined && { toUtcNs }),
    limit: Number.MAX_SAFE_INTEGER,
  });
  return newestFirst ? gaps.reverse() : gaps;
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
  for (const gap of gaps) process.stdout.write(`${gapText(gap)}\n`);
}

function gapText(gap: GapRow): string {
  const blocks = gap.firstBlock === null ? '' : `, blocks ${gap.firstBlock} to ${gap.lastBlock}`;
  const from = gap.fromUtcNs === null ? '?' : formatUtc(gap.fromUtcNs, 6);
  const to = gap.toUtcNs === null ? '?' : formatUtc(gap.toUtcNs, 6);
  const cause = withoutControls(gap.cause);
  const none = cause === 'control' ? 'no frames were made' : 'frames not known';
  const frames = gap.frames === 0 ? none : `${gap.frames} ${gap.frames === 1 ? 'frame' : 'frames'}`;
  return `gap: ${cause}, ${frames}${blocks}, between ${from} and ${to}: ${withoutControls(gap.detail)}`;
}
