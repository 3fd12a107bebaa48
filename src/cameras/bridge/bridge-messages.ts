/** What the process of a bridge and the one that watches it say to each other. */
import type { CameraIdentity } from '../camera.js';
import type { CameraEvent } from '../camera-events.js';
import type { BridgeOptions } from './bridged-camera.js';

export interface ToBridge {
  readonly kind: 'start';
  readonly options: BridgeOptions;
}

export type FromBridge =
  | {
      readonly kind: 'ready';
      readonly address: string;
      readonly port: number;
      readonly identity: CameraIdentity;
      readonly versions: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'log'; readonly level: 'info' | 'warning' | 'error'; readonly message: string }
  | { readonly kind: 'event'; readonly event: CameraEvent }
  /** It ends. `silent`: it cannot by itself, for a thread of it hangs in the library. */
  | { readonly kind: 'lost'; readonly reason: string; readonly silent: boolean };
