/** `appulse plan`: what the plan of the nights makes of tonight, and whether anything stands in its way. */
import { Command } from 'commander';
import { formatUtc, parseUtc } from '#gps/instant.js';
import type { Settings } from '#src/config/settings.js';
import { type NightReport, nightReport } from '#src/night/night-report.js';
import { PlanFile } from '#src/night/plan-file.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';
import { withoutControls } from './terminal-text.js';

const SETTINGS_KEYS = ['recording.data', 'site.latitude', 'site.longitude', 'site.elevation', 'camera.uri'] as const;
const EXAMPLE = 'appulse plan --data /data/night --latitude 52.5 --longitude 13.4';

const SMALLEST_PLAN = '{"entries":[{"name":"the night","when":{"kind":"sun"}}]}';

interface PlanOptions extends Record<string, unknown> {
  readonly at?: string;
  readonly json?: boolean;
}

export function planCommand(): Command {
  return new Command('plan')
    .description('show what the plan of the nights records tonight, or check it')
    .addHelpText('after', `\nExample:\n  ${EXAMPLE}\n  appulse plan check --data /data/night`)
    .addCommand(
      subcommand('tonight', 'what is recorded tonight (what is done where no command is named)', showTonight),
      {
        isDefault: true,
      },
    )
    .addCommand(
      subcommand(
        'check',
        'whether anything stands in its way; ends with 1 where an entry cannot begin, or there is no plan',
        check,
      ),
    );
}

function subcommand(name: string, description: string, show: (report: NightReport) => number): Command {
  return addSettings(command(name, description, EXAMPLE), SETTINGS_KEYS)
    .option('--at <time>', 'the night that holds this UTC, such as 2026-12-01 (default: now)')
    .action((options: PlanOptions) =>
      runCommand(options.json === true, async () => {
        const report = reportOf(settingsOf(options).values, options.at);
        const code = options.json === true ? codeOf(report, name) : show(report);
        if (options.json === true) printJson(report);
        return code;
      }),
    );
}

const codeOf = (report: NightReport, name: string) => (name === 'check' ? codeOfCheck(report) : EXIT.done);

function reportOf(values: Settings, at: string | undefined): NightReport {
  const [latitudeDeg, longitudeDeg] = [values['site.latitude'], values['site.longitude']];
  const isPlaced = latitudeDeg !== null && longitudeDeg !== null;
  const file = new PlanFile(values['recording.data']);
  return nightReport({
    plan: file.read(),
    file,
    site: isPlaced ? { latitudeDeg, longitudeDeg, heightM: values['site.elevation'] ?? 0 } : null,
    nowNs: at === undefined ? BigInt(Date.now()) * 1_000_000n : parseUtc(at),
    cameras: values['camera.uri']?.length ?? null,
  });
}

const minute = (utcNs: string) => formatUtc(BigInt(utcNs), 0).slice(0, 16).replace('T', ' ');

function showTonight(report: NightReport): number {
  const { file, plan, night, twilights, intervals } = report;
  const out: string[] = report.isThere ? [] : [withoutPlan(report)];
  if (report.isThere) out.push(`${file}: ${plan.entries.length} ${plan.entries.length === 1 ? 'entry' : 'entries'}`);
  out.push(`night from ${minute(night.fromUtcNs)} to ${minute(night.toUtcNs)} UTC`);
  for (const { name, fromUtcNs, toUtcNs } of twilights)
    out.push(`  ${name.padEnd(12)} ${minute(fromUtcNs)} to ${minute(toUtcNs)}`);
  process.stdout.write(`${out.join('\n')}\n`);
  if (intervals.length === 0) process.stdout.write('nothing is recorded\n');
  else
    printTable(
      ['entry', 'cameras', 'from (UTC)', 'to (UTC)', 'because'],
      intervals.map((each) => [
        each.entry,
        each.cameras?.map((camera) => camera + 1).join(', ') ?? 'all',
        minute(each.fromUtcNs),
        minute(each.toUtcNs),
        `${each.fromWhy} - ${each.toWhy}`,
      ]),
    );
  showProblems(report);
  return EXIT.done;
}

function check(report: NightReport): number {
  const { file, isThere, plan, problems } = report;
  showProblems(report);
  if (!isThere) process.stdout.write(`${withoutPlan(report)}\n`);
  else if (plan.entries.length === 0) process.stdout.write(`${file} has no entries: nothing is recorded by itself\n`);
  else if (problems.length === 0) process.stdout.write(`${file}: nothing stands in its way\n`);
  return codeOfCheck(report);
}

/** A plan that is not there records nothing: who asks whether the night is safe has to know. */
const codeOfCheck = ({ isThere, problems }: NightReport) =>
  !isThere || problems.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.done;

const withoutPlan = ({ file }: NightReport): string =>
  `there is no plan: ${file} does not exist, and nothing is recorded by itself\n` +
  `to make one: add an entry on the station's page (view Night), or write the file, such as\n  ${SMALLEST_PLAN}`;

function showProblems({ problems }: NightReport): void {
  for (const { level, entry, text } of problems)
    process.stdout.write(`${level}: '${withoutControls(entry)}' ${withoutControls(text)}\n`);
}
