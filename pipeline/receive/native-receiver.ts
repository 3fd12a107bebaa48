import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { placementWarnings } from './receive-thread.js';
import { type Receiver, ReceiverError, type ReceiverOptions, socketFailure } from './receiver.js';
import { socketBufferWarning } from './socket-buffer.js';

/**
 * Receives on a thread of the addon: packets go from the kernel straight to their place in the ring, by UDP_GRO where
 * the kernel has it, else by recvmmsg. This thread only hears of closed frames.
 */
export async function openNativeReceiver(options: ReceiverOptions, onReady: () => void): Promise<Receiver> {
  const addon = nativeAddon();
  if (addon?.NativeReceiver === undefined) {
    throw new ReceiverError(
      'receive.addon-missing',
      `the native receiver is not built here (${nativeAddonReason() || 'it needs Linux'}): use --receiver dgram`,
    );
  }
  const control = new Uint8Array(options.ring.control);
  const blocks = options.ring.blocks.map((block) => new Uint8Array(block));
  let native: InstanceType<typeof addon.NativeReceiver>;
  try {
    native = new addon.NativeReceiver(control, blocks, options, onReady);
  } catch (error) {
    throw socketFailure(error, options);
  }
  const { port, socketBufferBytes, gro, cpuError, realtimeError } = native;
  return {
    kind: 'native',
    port,
    warnings: [
      ...socketBufferWarning(options.socketBufferBytes, socketBufferBytes),
      ...placementWarnings(options, { cpuError, realtimeError }),
    ],
    socketBufferBytes,
    method: gro ? 'udp-gro' : 'recvmmsg',
    stop: async () => {
      native.stop();
      // The last wake-up may wait in the queue between the threads: nobody needs it, but nobody should miss it.
      onReady();
    },
  };
}
