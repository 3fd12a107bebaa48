/** Which receiver takes the stream: the one asked for, else the native one, else what needs no addon. */
import { nativeAddon } from '#pipeline/native/addon.js';
import type { ReceiverKind } from '#pipeline/receive/receiver.js';
import type { Settings } from '#src/config/settings.js';

export function receiverKind(settings: Settings): ReceiverKind {
  return settings['camera.receiver'] ?? (process.platform === 'linux' && nativeAddon() !== null ? 'native' : 'dgram');
}
