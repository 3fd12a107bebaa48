/** `appulse status` and `appulse stop`: ask the station that records into a data folder. */
import type { Command } from 'commander';
import { callStation } from '#src/control/client.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { exitCodeOf } from './acquire.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { statusLines, summaryLines } from './live-lines.js';

const STOP_TIMEOUT_MS = 120_000;

export function statusCommand(): Command {
  const status = command('status', 'what the running station does', 'appulse status --data appulse-data');
  return addSettings(status, ['recording.data']).action((options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => {
      const { values } = settingsOf(options);
      const answer = (await callStation(values['recording.data'], 'status')) as Telemetry | null;
      if (options.json === true) printJson(answer ?? { state: 'opening' });
      else process.stdout.write(`${answer === null ? 'the station is starting' : statusLines(answer).join('\n')}\n`);
      return EXIT.done;
    }),
  );
}

export function stopCommand(): Command {
  const stop = command(
    'stop',
    'end the running session cleanly and wait for its end',
    'appulse stop --data appulse-data',
  );
  return addSettings(stop, ['recording.data']).action((options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => {
      const { values } = settingsOf(options);
      const summary = (await callStation(values['recording.data'], 'stop', STOP_TIMEOUT_MS)) as SessionSummary;
      if (options.json === true) printJson(summary);
      else process.stdout.write(`${summaryLines(summary).join('\n')}\n`);
      return exitCodeOf(summary);
    }),
  );
}
