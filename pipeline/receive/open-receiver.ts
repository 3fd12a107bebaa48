import { openDgramReceiver } from './dgram-receiver.js';
import { openNativeReceiver } from './native-receiver.js';
import { openRawReceiver } from './raw-receiver.js';
import type { Receiver, ReceiverKind, ReceiverOptions } from './receiver.js';

/**
 * Opens a receiver of the given kind: bound and receiving when it resolves. `onReady` is a coalesced wake-up (at most
 * one a millisecond): something is in the ring's queue. Throws ReceiverError.
 */
export async function openReceiver(
  kind: ReceiverKind,
  options: ReceiverOptions,
  onReady: () => void,
): Promise<Receiver> {
  switch (kind) {
    case 'native':
      return openNativeReceiver(options, onReady);
    case 'raw':
      return openRawReceiver(options, onReady);
    case 'dgram':
      return openDgramReceiver(options, onReady);
  }
}
