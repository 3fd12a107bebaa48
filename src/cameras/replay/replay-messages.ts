/** What a replay's process and the one that watches it say to each other, by structured clone. */
import type { FrameTime } from '#gps/frame-time.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import type { CaptureState } from '#storage/frame-record.js';
import type { SendMethod } from '../gige-vision/device/frame-sender.js';
import type { Grant } from './recorded-times.js';
import type { ReplayRequest } from './replay-uri.js';

export interface ReplayStart {
  readonly request: ReplayRequest;
  readonly send: SendMethod;
}

/** How the recorded camera was set, where the registers of a simulated one cannot say it. */
export interface ReplayedMode {
  readonly frameRate: number | null;
  readonly exposureNs: bigint;
  readonly shutter: ShutterModel;
  readonly rowDirection: 'top-down' | 'bottom-up';
  readonly capture: Partial<CaptureState>;
}

export type FromReplay =
  | { readonly kind: 'ready'; readonly address: string; readonly port: number; readonly mode: ReplayedMode }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly usage: boolean }
  | { readonly kind: 'block'; readonly blockId: bigint; readonly time: FrameTime }
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'played' };

export type ToReplay =
  | { readonly kind: 'start'; readonly start: ReplayStart }
  | { readonly kind: 'grant'; readonly grant: Grant };
