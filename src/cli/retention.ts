/** `appulse retention`: removes what the limits want gone from a data folder at rest, or with `--dry-run` says what and why. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { policyOf } from '#src/config/retention.js';
import type { SettingKey, Settings } from '#src/config/settings.js';
import { formatSize } from '#src/config/units.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { carryOut, type FolderPlan, planFolder, type Removed } from '#storage/retention/retention-run.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';

export const RETENTION_SETTINGS: readonly SettingKey[] = [
  'recording.max-bytes',
  'recording.keep-hours',
  'recording.keep-nights',
  'recording.keep',
  'recording.keep-stack-nights',
  'retention.cameras',
];

export function retentionCommand(): Command {
  const retention = command(
    'retention',
    'remove what the limits want gone, or say what that would be and why',
    'appulse retention --dry-run --data /data/night --max-bytes 2TiB --keep-nights 14',
  );
  return addSettings(retention, ['recording.data', ...RETENTION_SETTINGS, 'site.longitude'])
    .option('--dry-run', 'change nothing; tell of every segment whether it would go, and why')
    .action((options: Record<string, unknown>) =>
      runCommand(options.json === true, () => retain(options, options.dryRun === true)),
    );
}

async function retain(options: Record<string, unknown>, dryRun: boolean): Promise<number> {
  const { values } = settingsOf(options);
  const json = options.json === true;
  const data = values['recording.data'];
  if (dryRun) {
    const indexFile = join(data, INDEX_FILE);
    // Says in words what is wrong with an index that is not there, or of another version.
    new IndexReader(indexFile).close();
    const plan = planWith(values, indexFile);
    if (json) printJson({ dryRun: true, ...answerOf(plan) });
    else showPlan(plan);
    return EXIT.done;
  }
  if (!existsSync(join(data, INDEX_FILE))) new IndexReader(join(data, INDEX_FILE)).close();
  const folder = await openDataFolder(data);
  try {
    const plan = planWith(values, folder.indexFile);
    const removed = await carryOut(folder.path, folder.indexFile, plan);
    if (json) printJson({ dryRun: false, removed, ...answerOf(plan) });
    else showRemoved(removed);
    return EXIT.done;
  } finally {
    folder.close();
  }
}

function planWith(values: Settings, indexFile: string): FolderPlan {
  return planFolder(indexFile, {
    policyOf: (camera) => policyOf(values, camera),
    nowUtcNs: BigInt(Date.now()) * 1_000_000n,
    longitudeDeg: values['site.longitude'],
  });
}

interface Line {
  readonly file: string;
  readonly bytes: number;
  readonly goes: boolean;
  readonly why: string;
}

const UNTOUCHED = 'its session was recorded without a limit, or is being recorded';

function linesOf(plan: FolderPlan): Line[] {
  return [
    ...plan.segments.map(({ segment: { file, bytes }, goes, why }) => ({ file, bytes, goes, why })),
    ...plan.untouched.map(({ file, bytes }) => ({ file, bytes, goes: false, why: UNTOUCHED })),
    ...plan.stacks.map(({ stack: { file, bytes }, why }) => ({ file, bytes, goes: true, why })),
  ];
}

function answerOf(plan: FolderPlan) {
  const files = linesOf(plan);
  const going = files.filter(({ goes }) => goes);
  return { files, goes: going.length, bytes: going.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function showPlan(plan: FolderPlan): void {
  const { files, goes, bytes } = answerOf(plan);
  if (files.length > 0) {
    printTable(
      ['', 'size', 'file', 'why'],
      files.map((line) => [line.goes ? 'goes' : 'stays', formatSize(line.bytes), line.file, line.why]),
    );
  }
  process.stdout.write(`${goes} of ${files.length} files would go, ${formatSize(bytes)}; nothing was changed\n`);
}

function showRemoved({ segments, bytes, stacks }: Removed): void {
  process.stdout.write(`${segments} segments and ${stacks} stacks were removed (${formatSize(bytes)})\n`);
}
