/** What a camera of a maker's library is opened with, from its URI and the settings. */
import type { SdkSettings } from '../camera.js';
import { libraryPath } from './doubles.js';
import { driverModule } from './drivers.js';
import type { SdkClientOptions } from './sdk-client.js';
import { parseSdkUri } from './sdk-uri.js';

/** Libraries from the environment or the system, behind a bridge. */
export const DEFAULT_SDK: SdkSettings = { qhyLibrary: null, toupcamLibrary: null, doubles: false, inProcess: false };

export type SdkLog = (level: 'info' | 'warning' | 'error', message: string) => void;

/** What a camera is opened with, in whatever process. @throws UsageError, SdkError of a double that cannot be made */
export async function sdkTarget(uri: string, settings: SdkSettings, log: SdkLog): Promise<SdkClientOptions> {
  const { scheme, id } = parseSdkUri(uri);
  const library = await libraryPath(scheme, settings, (notice) => log('warning', notice));
  return { driver: driverModule(scheme), id, sdk: { library } };
}
