/** `appulse doctor`: is this machine ready for the night? */
import type { Command } from 'commander';
import type { SettingKey } from '#src/config/settings.js';
import { diskOf } from '#src/doctor/data-disk.js';
import { examine } from '#src/doctor/examine.js';
import { countStates, type Finding } from '#src/doctor/finding.js';
import { machineAt } from '#src/doctor/machine.js';
import { planFor } from '#src/doctor/plan.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';

const keys: readonly SettingKey[] = [
  'camera.uri',
  'camera.receiver',
  'camera.socket-buffer',
  'camera.receive-cpu',
  'camera.realtime',
  'recording.data',
  'recording.max-bytes',
  'pipeline.memory',
];

export function doctorCommand(): Command {
  const doctor = command(
    'doctor',
    'is this machine ready for the night? Each finding with the command that mends it; ends with 1 when something is bad',
    'appulse doctor --camera gige:192.168.1.20 --data /data/night',
  );
  return addSettings(doctor, keys)
    .option('--no-disk-test', "do not measure the disk's speed (a write of at most 1 GiB or 2 s, removed at once)")
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => diagnose(options)));
}

async function diagnose(options: Record<string, unknown>): Promise<number> {
  const { values } = settingsOf(options);
  const plan = await planFor(values, [values['camera.uri'] ?? []].flat());
  const findings = examine({
    machine: machineAt(),
    disk: diskOf(values['recording.data']),
    plan,
    diskTest: options.diskTest !== false,
  });
  const counts = countStates(findings);
  if (options.json === true) printJson({ ready: counts.bad === 0, ...counts, findings });
  else process.stdout.write(`${reportLines(findings).join('\n')}\n`);
  return counts.bad === 0 ? EXIT.done : EXIT.failed;
}

/** A line a finding, aligned; below what is not well, why it matters and what mends it. The last line is the summary. */
export function reportLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ title }) => title.length));
  const indent = ' '.repeat(9 + width + 2);
  const lines = findings.flatMap(({ state, title, found, why, remedy }) => [
    `${state.padEnd(7)}  ${title.padEnd(width)}  ${found}`,
    ...(state === 'warn' || state === 'bad' ? [`${indent}${why}`] : []),
    ...(remedy === null ? [] : [`${indent}> ${remedy}`]),
  ]);
  const { ok, warn, bad, unknown } = countStates(findings);
  const verdict = bad > 0 ? 'NOT READY' : warn > 0 ? 'ready, with warnings' : 'ready';
  return [...lines, '', `${verdict}: ${bad} bad, ${warn} warnings, ${ok} ok, ${unknown} unknown`];
}
