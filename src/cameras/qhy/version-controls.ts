/** What runs in the camera and before it, as readings: library, firmware, FPGA, the maker's fibre cards. */
import { declareControl } from '../controls.js';
import type { QhyControl } from './qhy-control.js';

/** `versions` by their names: each becomes one word with `Version` behind it, such as `FpgaVersion`. */
export function versionControls(versions: Readonly<Record<string, string>>): readonly QhyControl[] {
  return Object.entries(versions).map(([label, version]) => ({
    declaration: declareControl({
      name: nameOf(label),
      label,
      group: 'Device',
      type: 'text',
      readOnly: true,
      help: HELP[label] ?? 'As the SDK tells it.',
    }),
    value: version,
    unavailable: null,
  }));
}

const HELP: Readonly<Record<string, string>> = {
  Library: "The file of QHYCCD's library that is used.",
  'QHYCCD SDK': "Version of QHYCCD's library.",
};

/** `FPGA, backup` -> `FpgaBackupVersion`. */
function nameOf(label: string): string {
  if (label === 'Library') return 'SdkLibrary';
  const words = label.replace(/^QHYCCD /, '').match(/[A-Za-z0-9]+/g) ?? [];
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('')}Version`;
}
