import type { ReceiverOptions } from '#pipeline/receive/receiver.js';
import type { StreamCamera } from './camera.js';

/** What a receiver has to know of a camera's stream. */
export function receivedStream({ mode, source }: Pick<StreamCamera, 'mode' | 'source'>) {
  return {
    bindAddress: source.localAddress,
    deviceAddress: source.deviceAddress,
    gvcpPort: source.gvcpPort,
    streamChannel: 0,
    extendedIds: source.extendedIds,
    payloadBytes: mode.payloadBytes,
    packetDataBytes: source.packetDataBytes,
  } satisfies Partial<ReceiverOptions>;
}
