/** `appulse status` and `appulse stop`: ask the station that records into a data folder. */
import type { Command } from 'commander';
import { callStation } from '#src/control/client.js';
import type { SessionSummary, Telemetry } from '#src/station/messages.js';
import { reportSessions } from './acquire.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { statusLines } from './live-lines.js';

/** `url`: of the page, where there is one. */
type CameraStatus = Telemetry & { readonly url?: string };

const STOP_TIMEOUT_MS = 120_000;

export function statusCommand(): Command {
  const status = command('status', 'what the running station does', 'appulse status --data appulse-data');
  return addSettings(status, ['recording.data']).action((options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => {
      const { values } = settingsOf(options);
      const answer = (await callStation(values['recording.data'], { call: 'status' })) as readonly CameraStatus[];
      if (options.json === true) {
        printJson(answer.length > 1 ? { cameras: answer } : (answer[0] ?? { state: 'opening' }));
      } else {
        const page = answer[0]?.url === undefined ? [] : [`page   ${answer[0].url}`];
        const lines = answer.length === 0 ? ['the station is starting'] : [...page, ...answer.flatMap(statusLines)];
        process.stdout.write(`${lines.join('\n')}\n`);
      }
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
      const { 'recording.data': folder } = values;
      const summaries = (await callStation(folder, { call: 'stop' }, STOP_TIMEOUT_MS)) as readonly SessionSummary[];
      return reportSessions(summaries, options.json === true);
    }),
  );
}
