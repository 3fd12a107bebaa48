/** `appulse sessions start` and `appulse sessions stop`: the running station begins to record, and ends it; its cameras stream on. */
import { type Command, Option } from 'commander';
import { UsageError } from '#src/config/usage-error.js';
import { callStation } from '#src/control/client.js';
import { startSessionSchema } from '#src/station/station-state.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { cameraOf } from './mark.js';

/** A disk that is behind takes its time to have everything. */
const TIMEOUT_MS = 120_000;

interface StartOptions extends Record<string, unknown> {
  readonly name?: string;
  readonly object?: string;
  readonly observer?: string;
  readonly notes?: string;
  readonly frameType?: string;
}

export function startSessionCommand(): Command {
  const start = command(
    'start',
    'have the running station begin to record; what is not named here is as the station was started with',
    'appulse sessions start --object "(433) Eros" --data /data/night',
  );
  return addSettings(start, ['recording.data'])
    .option('--name <name>', 'what the session is called')
    .option('--object <name>', 'what is observed')
    .option('--observer <name>', 'who observes')
    .option('--notes <text>', 'notes')
    .addOption(new Option('--frame-type <type>', 'what the camera looks at').choices(FRAME_TYPES).default('light'))
    .option('--number <n>', 'of several cameras, which one (default: all)')
    .action((options: StartOptions) => runCommand(options.json === true, () => startSession(options)));
}

export function stopSessionCommand(): Command {
  const stop = command(
    'stop',
    'have the running station end its session and wait until it is on disk; the cameras stream on (appulse stop ends the station)',
    'appulse sessions stop --data /data/night',
  );
  return addSettings(stop, ['recording.data'])
    .option('--number <n>', 'of several cameras, which one (default: all)')
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => stopSession(options)));
}

async function startSession(options: StartOptions): Promise<number> {
  const { name, object, observer, notes, frameType } = options;
  const asked = startSessionSchema.safeParse({ ...cameraOf(options), name, object, observer, notes, frameType });
  if (!asked.success) {
    const [issue] = asked.error.issues;
    throw new UsageError('usage.session', `--${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { 'recording.data': folder } = settingsOf(options).values;
  const sessions = await callStation(folder, { call: 'session-start', session: asked.data }, TIMEOUT_MS);
  return tell(sessions as readonly string[], 'began', options);
}

async function stopSession(options: Record<string, unknown>): Promise<number> {
  const { 'recording.data': folder } = settingsOf(options).values;
  const sessions = await callStation(folder, { call: 'session-stop', ...cameraOf(options) }, TIMEOUT_MS);
  return tell(sessions as readonly string[], 'ended', options);
}

function tell(sessions: readonly string[], what: 'began' | 'ended', options: Record<string, unknown>): number {
  if (options.json === true) printJson({ [what]: sessions });
  else for (const session of sessions) process.stdout.write(`session ${session} ${what}\n`);
  return EXIT.done;
}
