/** `appulse token`: a new token for the page, in place of the one before; or the key of a running station's page. */
import type { Command } from 'commander';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { type PageAnswer, pageAnswerSchema } from '#src/control/calls.js';
import { callStation } from '#src/control/client.js';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';

interface TokenOptions extends Record<string, unknown> {
  readonly json?: boolean;
  readonly run?: boolean;
}

export function tokenCommand(): Command {
  const token = command(
    'token',
    "make a new token for the station's page; the one before, and who logged in with it, are no longer let in",
    'appulse token',
  ).addHelpText('after', '  curl -H "Authorization: Bearer $(appulse token --run)" ...');
  return addSettings(token, ['recording.data'])
    .option('--run', 'make none, and show the key of the station that runs now, which opens its page until it ends')
    .action((options: TokenOptions) =>
      runCommand(options.json === true, () => (options.run === true ? showKey(options) : makeToken(options))),
    );
}

/** Of the user, and so of all their stations: no folder has a token of its own. */
async function makeToken({ json, data }: TokenOptions): Promise<number> {
  if (data !== undefined) {
    const message =
      '--data names the station whose key is shown, and a new token is of no folder: add --run, or leave it out';
    throw new UsageError('usage.data', message);
  }
  const kept = new PageToken();
  const token = kept.make();
  if (json === true) printJson({ token, file: kept.path });
  else {
    process.stdout.write(`${token}\n`);
    process.stderr.write(`the token is shown only now; ${kept.path} keeps its hash\n`);
  }
  return EXIT.done;
}

/** Over the control socket, which is the station's own user's. */
async function showKey(options: TokenOptions): Promise<number> {
  const { 'recording.data': folder } = settingsOf(options).values;
  const page = pageOf(await callStation(folder, { call: 'page' }), folder);
  if (options.json === true) printJson(page);
  else {
    process.stdout.write(`${page.key}\n`);
    process.stderr.write(`page   ${page.loginUrl}\n`);
  }
  return EXIT.done;
}

function pageOf(answer: unknown, folder: string): PageAnswer {
  const page = pageAnswerSchema.safeParse(answer);
  if (page.success) return page.data;
  throw new AppulseError('control.no-answer', `what answers on ${folder} is not a station of this version`);
}
