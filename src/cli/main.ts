/** The command line: one file a command. */
import { Command, CommanderError } from 'commander';
import { reasonOf } from '#gps/errors.js';
import { VERSION } from '#src/config/version.js';
import { recordCommand, stationCommand } from './acquire.js';
import { actionCommand } from './action.js';
import { auditCommand } from './audit.js';
import { backupCommand } from './backup.js';
import { bridgeCommand } from './bridge.js';
import { calibrateCommand } from './calibrate.js';
import { camerasCommand } from './cameras.js';
import { captureCommand } from './capture.js';
import { EXIT } from './command-line.js';
import { configCommand } from './config.js';
import { statusCommand, stopCommand } from './control.js';
import { controlsCommand } from './controls.js';
import { doctorCommand } from './doctor.js';
import { exportCommand } from './export.js';
import { framesCommand } from './frames.js';
import { markCommand, triggerCommand } from './mark.js';
import { mergeCommand } from './merge.js';
import { planCommand } from './plan.js';
import { previewCommand } from './preview.js';
import { recoverCommand } from './recover.js';
import { retentionCommand } from './retention.js';
import { sessionsCommand } from './sessions.js';
import { simulateCommand } from './simulate.js';
import { timeCommand } from './time.js';
import { tokenCommand } from './token.js';
import { verifyCommand } from './verify.js';

const commands = [
  stationCommand,
  recordCommand,
  captureCommand,
  simulateCommand,
  bridgeCommand,
  camerasCommand,
  actionCommand,
  controlsCommand,
  calibrateCommand,
  framesCommand,
  sessionsCommand,
  backupCommand,
  mergeCommand,
  exportCommand,
  auditCommand,
  recoverCommand,
  verifyCommand,
  timeCommand,
  statusCommand,
  stopCommand,
  previewCommand,
  triggerCommand,
  markCommand,
  planCommand,
  tokenCommand,
  retentionCommand,
  configCommand,
  doctorCommand,
];

const program = new Command('appulse')
  .description('High-speed timing and occultation acquisition')
  .version(VERSION)
  .addHelpText('after', '\nExample:\n  appulse station --camera sim:qhy411-bin3 --max-bytes 2GiB');
for (const make of commands) program.addCommand(make());
for (const each of [program, ...program.commands, ...program.commands.flatMap(({ commands: inner }) => inner)])
  each.exitOverride().showHelpAfterError('(--help shows what can be given)');

// `appulse frames | head` reads no further: that is the end, and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(
    `appulse: standard output takes no more (${reasonOf(error)}): what was to be told is not whole\n`,
  );
  process.exit(EXIT.failed);
});
// Nobody reads what a recording tells, as behind `2>&1 | head` or when its terminal is gone: it records on.
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end with 0; everything else that commander refuses is wrong usage.
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
