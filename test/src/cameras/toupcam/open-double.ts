/** The driver on a double of its own: a copy of the library, since a library reads its scenario once a process. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doubleLibrary } from '#src/cameras/sdk/doubles.js';
import type { SdkCamera, SdkEvent } from '#src/cameras/sdk/sdk-camera.js';
import { toupcamDriver } from '#src/cameras/toupcam/toupcam-driver.js';

export interface OnDouble {
  readonly library: string;
  readonly folder: string;
  /** What the camera told outside of streams. */
  readonly events: SdkEvent[];
  open(id?: string): Promise<SdkCamera>;
}

/** Runs `use` with the double set to `scenario`; closes what it opened. `{truth}` in the scenario becomes a file of the folder. */
export async function withDouble(
  scenario: string,
  use: (double: OnDouble) => Promise<void>,
  without: readonly string[] = [],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-toupcam-'));
  const library = join(folder, 'libtoupcam.so');
  const opened: SdkCamera[] = [];
  const events: SdkEvent[] = [];
  try {
    copyFileSync(await doubleLibrary('toupcam', { without }), library);
    process.env.APPULSE_TOUPCAM_DOUBLE = scenario.replace('{truth}', join(folder, 'truth'));
    await use({
      library,
      folder,
      events,
      open: async (id = '') => {
        const camera = await toupcamDriver.open(id, { library }, (event) => events.push(event));
        opened.push(camera);
        return camera;
      },
    });
  } finally {
    for (const camera of opened) await camera.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The value of a control. */
export const settingOf = (camera: SdkCamera, name: string): unknown =>
  camera.controls().find((control) => control.name === name)?.value;

/** Why a control cannot be used; undefined where there is none. */
export const unavailableOf = (camera: SdkCamera, name: string): string | null | undefined =>
  camera.controls().find((control) => control.name === name)?.unavailable;
