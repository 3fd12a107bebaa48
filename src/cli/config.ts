/** `appulse config`: every setting, its value and where the value comes from. */
import type { Command } from 'commander';
import { SETTINGS, type SettingKey } from '#src/config/settings.js';
import { keptStationId } from '#src/config/station-id.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';

const keys = Object.keys(SETTINGS) as SettingKey[];

function shown(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function configCommand(): Command {
  const config = command(
    'config',
    'show every setting, its value and where the value comes from',
    'appulse config --data /data/night',
  );
  return addSettings(config, keys).action((options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => {
      const { values, origins, file } = settingsOf(options);
      const kept = values['station.id'] === null;
      const all = { ...values, 'station.id': values['station.id'] ?? keptStationId() };
      const origin = (key: SettingKey) => (key === 'station.id' && kept ? 'kept for this user' : origins[key]);
      if (options.json === true) {
        const settings = Object.fromEntries(keys.map((key) => [key, { value: all[key], from: origin(key) }]));
        printJson({ file, settings });
      } else {
        printTable(
          ['setting', 'value', 'from'],
          keys.map((key) => [key, shown(all[key]), origin(key)]),
        );
      }
      return EXIT.done;
    }),
  );
}
