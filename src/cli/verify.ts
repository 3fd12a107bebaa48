/** `appulse verify`: re-reads a data folder at the speed of its disk, and compares every frame with its sum and with the index. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { findSession } from '#src/archive/find-session.js';
import { formatSeconds, formatSize } from '#src/config/units.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { markDamage } from '#storage/folder/mark-damage.js';
import { type Verification, verifyFolder } from '#storage/folder/verification.js';
import { INDEX_FILE, openIndexFile } from '#storage/index/index-file.js';
import { openForReading } from '#storage/index/open-for-reading.js';
import { IndexReader } from '#storage/index/queries.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { ProgressLine } from './progress-line.js';
import { withoutControls } from './terminal-text.js';

interface VerifyOptions extends Record<string, unknown> {
  readonly session: string;
  readonly mark?: boolean;
  readonly json?: boolean;
}

/** Findings that are printed as text; JSON has all. */
const MOST_LINES = 200;

export function verifyCommand(): Command {
  const verify = command(
    'verify',
    're-read what was recorded and compare it with its sums and the index; ends with 3 when anything is damaged',
    'appulse verify --data /data/night --session latest',
  );
  return addSettings(verify, ['recording.data'])
    .option('--session <id>', "a session's identifier or its beginning, 'latest' or 'all'", 'all')
    .option('--mark', 'make damaged frames missing in the index, with gap rows; not while a station records')
    .action((options: VerifyOptions) => runCommand(options.json === true, () => runVerify(options)));
}

async function runVerify(options: VerifyOptions): Promise<number> {
  const { values } = settingsOf(options);
  const dataFolder = values['recording.data'];
  const index = join(dataFolder, INDEX_FILE);
  const session = options.session === 'all' ? null : sessionOf(index, options.session);
  const mark = options.mark === true;
  const folder = mark ? await openDataFolder(dataFolder) : null;
  try {
    const started = performance.now();
    const database = mark ? openIndexFile(index) : openForReading(index);
    try {
      const result = await readAll(verifyFolder(database, dataFolder, session));
      const seconds = (performance.now() - started) / 1_000;
      const marked = mark ? markDamage(database, dataFolder, result.findings) : 0;
      show(result, seconds, marked, options.json === true);
      return result.findings.length > 0 ? EXIT.doneWithLosses : EXIT.done;
    } finally {
      database.close();
    }
  } finally {
    folder?.close();
  }
}

function sessionOf(index: string, wanted: string): string {
  const reader = new IndexReader(index);
  try {
    return findSession(reader, wanted).id;
  } finally {
    reader.close();
  }
}

async function readAll(verifier: ReturnType<typeof verifyFolder>): Promise<Verification> {
  const line = new ProgressLine();
  const started = performance.now();
  try {
    for (let step = verifier.next(); ; step = verifier.next()) {
      if (step.done === true) return step.value;
      const { bytes, totalBytes } = step.value;
      const seconds = (performance.now() - started) / 1_000;
      const rate = bytes / Math.max(seconds, 0.001);
      const left = rate > 0 ? formatSeconds((totalBytes - bytes) / rate) : '?';
      line.show(
        `${formatSize(bytes)} of ${formatSize(totalBytes)}, ${formatSize(rate)}/s, ${left} left`,
        totalBytes === 0 ? 1 : bytes / totalBytes,
      );
      // So that Ctrl-C is heard.
      await new Promise((done) => setImmediate(done));
    }
  } finally {
    line.end();
  }
}

function show(result: Verification, seconds: number, marked: number, json: boolean): void {
  const { segments, frames, bytes, stacks, findings } = result;
  if (json) {
    const told = findings.map(({ kind, session, file, offset, frame, detail }) => ({
      kind,
      session,
      file,
      offset,
      frame,
      detail,
    }));
    printJson({
      segments,
      frames,
      bytes,
      stacks,
      seconds,
      bytesPerSecond: Math.round(bytes / seconds),
      marked,
      findings: told,
    });
    return;
  }
  for (const { kind, file, offset, frame, detail } of findings.slice(0, MOST_LINES)) {
    const where = `${file}${offset === null ? '' : `, byte ${offset}`}${frame === null ? '' : `, frame ${frame}`}`;
    process.stdout.write(`${withoutControls(`${kind}: ${where}: ${detail}`)}\n`);
  }
  if (findings.length > MOST_LINES) process.stdout.write(`${findings.length - MOST_LINES} more; --json has all\n`);
  const verdict = findings.length === 0 ? 'nothing is damaged' : `${findings.length} findings`;
  const rate = `${formatSize(bytes)} in ${formatSeconds(seconds)}, ${formatSize(bytes / seconds)}/s`;
  process.stdout.write(
    `${verdict}: ${frames} frames in ${segments} segments (${rate}), ${stacks} stacks by their size\n`,
  );
  if (marked > 0) process.stdout.write(`${marked} frames are missing in the index now\n`);
}
