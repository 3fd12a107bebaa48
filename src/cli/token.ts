/** `appulse token`: a new token for the page, in place of the one before. */
import type { Command } from 'commander';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { command, EXIT, printJson, runCommand } from './command-line.js';

export function tokenCommand(): Command {
  return command(
    'token',
    "make a new token for the station's page; the one before, and who logged in with it, are no longer let in",
    'appulse token',
  ).action((options: { readonly json?: boolean }) =>
    runCommand(options.json === true, async () => {
      const kept = new PageToken();
      const token = kept.make();
      if (options.json === true) printJson({ token, file: kept.path });
      else {
        process.stdout.write(`${token}\n`);
        process.stderr.write(`the token is shown only now; ${kept.path} keeps its hash\n`);
      }
      return EXIT.done;
    }),
  );
}
