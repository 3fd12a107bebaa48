/** What a Toupcam camera and its library tell of themselves. */
import { declareControl } from '../controls.js';
import type { CameraState } from './camera-state.js';
import { DATE_BYTES, VERSION_BYTES } from './toupcam-constants.js';
import type { ToupcamControl } from './toupcam-control.js';

/** By name; what the camera does not tell is left out. */
export function versionsOf({ library, handle }: CameraState): Readonly<Record<string, string>> {
  const revision = handle.word('get_Revision');
  const told: readonly (readonly [string, string | null])[] = [
    ['sdk', library.version()],
    ['firmware', handle.text('get_FwVersion', VERSION_BYTES)],
    ['hardware', handle.text('get_HwVersion', VERSION_BYTES)],
    ['fpga', handle.text('get_FpgaVersion', VERSION_BYTES)],
    ['productionDate', handle.text('get_ProductionDate', DATE_BYTES)],
    ['revision', revision === null ? null : String(revision)],
  ];
  return Object.fromEntries(told.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}

const READINGS: Readonly<Record<string, readonly [name: string, label: string]>> = {
  sdk: ['DeviceLibraryVersion', "Version of the maker's library"],
  firmware: ['DeviceFirmwareVersion', 'Version of the firmware'],
  hardware: ['DeviceHardwareVersion', 'Version of the hardware'],
  fpga: ['DeviceFpgaVersion', 'Version of the FPGA'],
  productionDate: ['DeviceProductionDate', 'Date of production'],
  revision: ['DeviceRevision', 'Revision'],
};

/** The same as readings, so that lists, pages and the record of a session have them. */
export function versionControls(versions: Readonly<Record<string, string>>): readonly ToupcamControl[] {
  return Object.entries(READINGS).flatMap(([key, [name, label]]) => {
    const value = versions[key];
    if (value === undefined) return [];
    const help = 'As the camera, or its library, tells it.';
    const declaration = declareControl({ name, label, group: 'Device', type: 'text', readOnly: true, help });
    return [{ declaration, value, unavailable: null, write: null }];
  });
}
