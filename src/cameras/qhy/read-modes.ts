/** The read modes of a camera, by name and size as the library tells them. */
import type { QhyDevice } from './qhy-device.js';
import { onChipBinning } from './regions.js';
import { type KnownVersions, readModeUnavailable } from './versions.js';

export interface ReadMode {
  readonly index: number;
  /** As the library tells it. */
  readonly label: string;
  /** The label as one word. */
  readonly name: string;
  /** Pixels of the mode's whole frame; 0 where the library does not tell. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the sensor in one of the mode, each way. */
  readonly onChipBinning: number;
  /** Why it cannot be used; null where it can. */
  readonly unavailable: string | null;
}

const MOST_MODES = 64;

/** Modes of open camera `device`, at least one. */
export async function readModesOf(
  device: QhyDevice,
  model: string,
  versions: KnownVersions,
): Promise<readonly ReadMode[]> {
  const [count = 1] = (await device.words('GetQHYCCDNumberOfReadModes', 1)) ?? [1];
  const found: { index: number; label: string; width: number; height: number }[] = [];
  for (let index = 0; index < Math.min(MOST_MODES, Math.max(1, count)); index++) {
    const label = (await device.text('GetQHYCCDReadModeName', index)) ?? '';
    const [width = 0, height = 0] = (await device.words('GetQHYCCDReadModeResolution', 2, index)) ?? [0, 0];
    found.push({ index, label: label === '' ? `Mode ${index}` : label, width, height });
  }
  const sensor = {
    width: Math.max(...found.map(({ width }) => width)),
    height: Math.max(...found.map(({ height }) => height)),
  };
  const names = new Set<string>();
  return found.map((mode) => {
    const word = mode.label.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || `Mode_${mode.index}`;
    const name = names.has(word) ? `${word}_${mode.index}` : word;
    names.add(name);
    return {
      ...mode,
      name,
      onChipBinning: onChipBinning(mode.label, mode, sensor),
      unavailable: readModeUnavailable(model, mode.label, versions),
    };
  });
}
