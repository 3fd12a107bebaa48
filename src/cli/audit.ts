/** `appulse audit`: whether the timing of a session is defensible, for the observer and for a sceptical referee. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { findSession } from '#src/archive/find-session.js';
import { auditSession } from '#src/audit/audit-session.js';
import { htmlReport } from '#src/audit/html-report.js';
import { VERSION } from '#src/config/version.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { textReport } from './audit-text.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';

interface AuditOptions extends Record<string, unknown> {
  readonly html?: string;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  const audit = command(
    'audit',
    'say whether the timing of a session is defensible, and why; ends with 3 when anything is untrusted',
    'appulse audit latest --data /data/night --html audit.html',
  );
  return addSettings(audit, ['recording.data'])
    .argument('[session]', "a session's identifier or its beginning, or 'latest'", 'latest')
    .option('--html <file>', 'also write it as one page that stands alone, with plots')
    .action((session: string, options: AuditOptions) =>
      runCommand(options.json === true, async () => runAudit(session, options)),
    );
}

function runAudit(wanted: string, options: AuditOptions): number {
  const { values } = settingsOf(options);
  const index = new IndexReader(join(values['recording.data'], INDEX_FILE));
  try {
    const audit = auditSession(index, findSession(index, wanted));
    if (options.html !== undefined) {
      writePage(options.html, htmlReport(audit, { version: VERSION, madeUtcNs: BigInt(Date.now()) * 1_000_000n }));
    }
    if (options.json === true) {
      const { session, cameras, result } = audit;
      printJson({ session, cameras, ...result });
    } else process.stdout.write(textReport(audit));
    return audit.result.verdict.level === 'not-defensible' ? EXIT.doneWithLosses : EXIT.done;
  } finally {
    index.close();
  }
}

/** @throws AppulseError `audit.page` */
function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new AppulseError('audit.page', `the page cannot be written to ${file}: ${reasonOf(cause)}`, { cause });
  }
}
