/** The command line: one file a command. */
import { Command, CommanderError } from 'commander';
import { reasonOf } from '#gps/errors.js';
import { VERSION } from '#src/config/version.js';
import { EXIT } from './command-line.js';

type MakesCommand = () => Command;

/** Who makes each command, in the order of `--help`. Only the asked command's file is loaded: reading all of them takes most of a short command's time. */
const COMMANDS: Readonly<Record<string, () => Promise<MakesCommand>>> = {
  station: async () => (await import('./acquire.js')).stationCommand,
  record: async () => (await import('./acquire.js')).recordCommand,
  capture: async () => (await import('./capture.js')).captureCommand,
  simulate: async () => (await import('./simulate.js')).simulateCommand,
  bridge: async () => (await import('./bridge.js')).bridgeCommand,
  cameras: async () => (await import('./cameras.js')).camerasCommand,
  action: async () => (await import('./action.js')).actionCommand,
  controls: async () => (await import('./controls.js')).controlsCommand,
  calibrate: async () => (await import('./calibrate.js')).calibrateCommand,
  frames: async () => (await import('./frames.js')).framesCommand,
  sessions: async () => (await import('./sessions.js')).sessionsCommand,
  backup: async () => (await import('./backup.js')).backupCommand,
  merge: async () => (await import('./merge.js')).mergeCommand,
  export: async () => (await import('./export.js')).exportCommand,
  audit: async () => (await import('./audit.js')).auditCommand,
  recover: async () => (await import('./recover.js')).recoverCommand,
  verify: async () => (await import('./verify.js')).verifyCommand,
  time: async () => (await import('./time.js')).timeCommand,
  status: async () => (await import('./control.js')).statusCommand,
  stop: async () => (await import('./control.js')).stopCommand,
  preview: async () => (await import('./preview.js')).previewCommand,
  trigger: async () => (await import('./mark.js')).triggerCommand,
  mark: async () => (await import('./mark.js')).markCommand,
  plan: async () => (await import('./plan.js')).planCommand,
  token: async () => (await import('./token.js')).tokenCommand,
  retention: async () => (await import('./retention.js')).retentionCommand,
  config: async () => (await import('./config.js')).configCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
};

/** The command that was asked for; all of them where none was, or one that does not exist. */
async function askedCommands(word = ''): Promise<Command[]> {
  const asked = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  const makers = await Promise.all((asked === undefined ? Object.values(COMMANDS) : [asked]).map((load) => load()));
  return makers.map((make) => make());
}

const program = new Command('appulse')
  .description('High-speed timing and occultation acquisition')
  .version(VERSION)
  .addHelpText('after', '\nExample:\n  appulse station --camera sim:qhy411-bin3 --max-bytes 2GiB');
for (const command of await askedCommands(process.argv[2])) program.addCommand(command);
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
