/** What a driver's thread and whoever uses it say to each other, by structured clone. */
import type { RingHandle } from '#pipeline/ring/ring.js';
import type { CameraIdentity } from '../camera.js';
import type { Control, ControlValue } from '../controls.js';
import type { SdkEvent, SdkFrame, SdkMode, SdkOptions, Sensor, StreamRequest } from './sdk-camera.js';
import type { SlotMemoryHandle } from './slot-memory.js';

export interface SdkThreadData {
  /** URL of the module that exports the driver. */
  readonly driver: string;
}

/** Where the frames of a stream go: slots of which each is announced, or a ring that the engine reads. */
export type FrameTarget =
  | { readonly kind: 'slots'; readonly memory: SlotMemoryHandle }
  | { readonly kind: 'ring'; readonly ring: RingHandle };

export type SdkCall =
  | { readonly call: 'open'; readonly id: string; readonly options: SdkOptions }
  | { readonly call: 'set'; readonly name: string; readonly value: ControlValue }
  | { readonly call: 'start'; readonly request: StreamRequest; readonly target: FrameTarget }
  | { readonly call: 'stop' }
  | { readonly call: 'poll' }
  | { readonly call: 'close' };

export type ToSdkThread = SdkCall & { readonly callId: number };

/** What an open camera is; what changes of it comes with each answer. */
export interface OpenedCamera {
  readonly identity: CameraIdentity;
  readonly sensor: Sensor;
  readonly versions: Readonly<Record<string, string>>;
}

/** How it is set now; null where no camera is open. */
export interface CameraState {
  readonly controls: readonly Control[];
  readonly mode: SdkMode;
}

export type FromSdkThread =
  | {
      readonly kind: 'answer';
      readonly callId: number;
      readonly opened?: OpenedCamera;
      /** Controls that the call has changed. */
      readonly changed?: readonly Control[];
      readonly state: CameraState | null;
    }
  | {
      readonly kind: 'refused';
      readonly callId: number;
      readonly code: string;
      readonly message: string;
      readonly state: CameraState | null;
    }
  | { readonly kind: 'frame'; readonly slot: number; readonly frame: SdkFrame }
  /** Something is in the ring's queue. */
  | { readonly kind: 'ring' }
  /** As many frames as were asked for are there. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'event'; readonly event: SdkEvent };
