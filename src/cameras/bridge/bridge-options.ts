/** How a camera of a maker's library is bridged, from its URI and the settings. */
import { totalmem } from 'node:os';
import { nativeAddon } from '#pipeline/native/addon.js';
import type { SdkSettings } from '../camera.js';
import { type SdkLog, sdkTarget } from '../sdk/sdk-target.js';
import type { BridgeOptions } from './bridged-camera.js';

const MOST_MEMORY = 2 * 2 ** 30;

/** Memory for frames where nobody says: an eighth of the machine's, at most 2 GiB. */
export const bridgeMemoryBytes = (): number => Math.min(MOST_MEMORY, Math.floor(totalmem() / 8));

/** @throws as `sdkTarget` */
export async function bridgeOptions(
  uri: string,
  settings: SdkSettings,
  served: Pick<BridgeOptions, 'address' | 'port' | 'extendedIds'> & {
    /** Only our own native receiver takes datagrams that leave the sender as one large segment. */
    readonly nativeReceiver: boolean;
    readonly memoryBytes?: number;
  },
  log: SdkLog,
): Promise<BridgeOptions> {
  const { nativeReceiver, memoryBytes = bridgeMemoryBytes(), ...place } = served;
  const send = nativeAddon() === null ? 'dgram' : nativeReceiver ? 'gso' : 'mmsg';
  return { ...(await sdkTarget(uri, settings, log)), ...place, send, memoryBytes };
}
