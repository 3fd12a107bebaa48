/** `appulse backup`: a copy of the index, also while the station records. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { formatSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { backupIndex } from '#storage/index/backup.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { addSettings, command, EXIT, printJson, runCommand } from './command-line.js';
import { dataFolderOf } from './open-index.js';
import { ProgressLine } from './progress-line.js';
import { untilStopped } from './until-stopped.js';

export function backupCommand(): Command {
  const backup = command(
    'backup',
    'copy the index of a data folder, also while a station records into it, and check the copy',
    'appulse backup --data /data/night --to /mnt/usb/night.sqlite',
  );
  return addSettings(backup, ['recording.data'])
    .option('--to <file>', 'the copy; nothing is overwritten')
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => runBackup(options)));
}

async function runBackup(options: Record<string, unknown>): Promise<number> {
  const { to } = options;
  if (typeof to !== 'string') throw new UsageError('usage.to', 'name the copy: --to /mnt/usb/night.sqlite');
  const file = join(dataFolderOf(options), INDEX_FILE);
  const line = new ProgressLine();
  try {
    const { bytes, rows } = await untilStopped((signal) =>
      backupIndex(file, to, { signal, onProgress: (stage, share) => line.show(`${stage} the index`, share) }),
    );
    line.end();
    if (options.json === true) printJson({ file: to, bytes, rows });
    else
      process.stdout.write(`${to}: ${formatSize(bytes)}, ${rows.sessions} sessions, ${rows.frames} frames, checked\n`);
    return EXIT.done;
  } finally {
    line.end();
  }
}
