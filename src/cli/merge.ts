/** `appulse merge`: data folders become one. */
import type { Command } from 'commander';
import { formatSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { mergeFolders } from '#storage/folder/merge.js';
import { command, EXIT, printJson, printTable, runCommand } from './command-line.js';
import { ProgressLine } from './progress-line.js';
import { untilStopped } from './until-stopped.js';

export function mergeCommand(): Command {
  return command(
    'merge',
    'make one data folder of several; a session that was continued on a second disk is one again',
    'appulse merge /disk1/night /disk2/night --into /archive/night',
  )
    .argument('<folders...>', 'data folders; they stay as they are')
    .option('--into <folder>', 'the data folder that gets everything; it may hold sessions already')
    .action((folders: string[], options: Record<string, unknown>) =>
      runCommand(options.json === true, () => runMerge(folders, options)),
    );
}

async function runMerge(folders: readonly string[], options: Record<string, unknown>): Promise<number> {
  const { into } = options;
  if (typeof into !== 'string')
    throw new UsageError('usage.into', 'name the data folder that gets everything: --into FOLDER');
  const line = new ProgressLine();
  try {
    const merged = await untilStopped((signal) =>
      mergeFolders(folders, into, { signal, onProgress: (session, share) => line.show(`session ${session}`, share) }),
    );
    line.end();
    if (options.json === true) printJson({ into, merged });
    else {
      printTable(
        ['session', 'from', 'frames', 'files linked', 'files copied', 'bytes copied'],
        merged.map((m) => [m.sessionId, m.source, m.frames, m.linked, m.copied, formatSize(m.bytesCopied)]),
      );
    }
    return EXIT.done;
  } finally {
    line.end();
  }
}
