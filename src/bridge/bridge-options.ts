/** How a camera of a maker's library is bridged, from its URI and the settings. */
import { totalmem } from 'node:os';
import { nativeAddon } from '#pipeline/native/addon.js';
import type { SdkSettings } from '#src/cameras/camera.js';
import { libraryPath } from '#src/cameras/sdk/doubles.js';
import { driverModule } from '#src/cameras/sdk/drivers.js';
import type { SdkClientOptions } from '#src/cameras/sdk/sdk-client.js';
import { parseSdkUri } from '#src/cameras/sdk/sdk-uri.js';
import type { BridgeLog } from './bridge-process.js';
import type { BridgeOptions } from './bridged-camera.js';

/** Libraries from the environment or the system, behind a bridge. */
export const DEFAULT_SDK: SdkSettings = { qhyLibrary: null, toupcamLibrary: null, doubles: false, inProcess: false };

const MOST_MEMORY = 2 * 2 ** 30;

/** Memory for frames where nobody says: an eighth of the machine's, at most 2 GiB. */
export const bridgeMemoryBytes = (): number => Math.min(MOST_MEMORY, Math.floor(totalmem() / 8));

/** What a camera is opened with, in whatever process. @throws UsageError, SdkError of a double that cannot be made */
export async function sdkTarget(uri: string, settings: SdkSettings, log: BridgeLog): Promise<SdkClientOptions> {
  const { scheme, id } = parseSdkUri(uri);
  const library = await libraryPath(scheme, settings, (notice) => log('warning', notice));
  return { driver: driverModule(scheme), id, sdk: { library } };
}

/** @throws as `sdkTarget` */
export async function bridgeOptions(
  uri: string,
  settings: SdkSettings,
  served: Pick<BridgeOptions, 'address' | 'port' | 'extendedIds'> & {
    /** Only our own native receiver takes datagrams that leave the sender as one large segment. */
    readonly nativeReceiver: boolean;
    readonly memoryBytes?: number;
  },
  log: BridgeLog,
): Promise<BridgeOptions> {
  const { nativeReceiver, memoryBytes = bridgeMemoryBytes(), ...place } = served;
  const send = nativeAddon() === null ? 'dgram' : nativeReceiver ? 'gso' : 'mmsg';
  return { ...(await sdkTarget(uri, settings, log)), ...place, send, memoryBytes };
}
