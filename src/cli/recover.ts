/** `appulse recover`: sets a data folder right after a crash, says exactly what was found, and makes the index anew from the files. */
import type { Command } from 'commander';
import { recoverDataFolder } from '#storage/folder/data-folder.js';
import { isClean, type Recovery, recoveryLines } from '#storage/folder/recovery-report.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { withoutControls } from './terminal-text.js';

interface RecoverOptions extends Record<string, unknown> {
  readonly rebuild?: boolean;
  readonly json?: boolean;
}

export function recoverCommand(): Command {
  const recover = command(
    'recover',
    'set a data folder right after a crash and say what was found; ends with 3 when frames are missing or something is left to do',
    'appulse recover --data /data/night',
  );
  return addSettings(recover, ['recording.data'])
    .option('--rebuild', 'make the index anew from the files alone; the old one is kept under another name')
    .action((options: RecoverOptions) => runCommand(options.json === true, () => runRecover(options)));
}

async function runRecover(options: RecoverOptions): Promise<number> {
  const { values } = settingsOf(options);
  const recovery = await recoverDataFolder(values['recording.data'], { rebuild: options.rebuild === true });
  if (options.json === true) printJson(recovery);
  else process.stdout.write(`${linesOf(recovery).map(withoutControls).join('\n')}\n`);
  return isClean(recovery) ? EXIT.done : EXIT.doneWithLosses;
}

function linesOf(recovery: Recovery): string[] {
  const lines = recoveryLines(recovery);
  for (const file of recovery.strangers) lines.push(`${file} is none of the archive's files: left as it is`);
  return lines.length === 0 ? ['everything is in order'] : lines;
}
