/**
 * What goes over the page's WebSocket, as msgpack maps both ways. The server sends a frame only when the one before it was shown: a
 * page that is slow or stuck gets fewer frames, never older ones.
 */
import type { Grade, TimeSource } from '#gps/frame-time.js';
import type { RowPairs } from '#gps/rows/row-model.js';
import type { CameraState, Gap, Message, StationStatus } from '#src/station/station-state.js';
import type { CodedPixels } from './pixel-code.js';

/** Which plane of a preview: the mean of the pixels behind each of its pixels, or their maximum. */
export type PreviewPlane = 'mean' | 'maximum';

/** What the page needs to give the time of any row. Nanoseconds as text. */
export interface ShownTime {
  readonly startUtcNs: string;
  readonly leapSecond: boolean;
  readonly exposureNs: string;
  readonly uncertaintyNs: string;
  readonly grade: Grade;
  readonly source: TimeSource;
  /** From the end of row 0 to the end of the last row; 0 for a global shutter, below 0 where the last row is read first. */
  readonly lastRowOffsetNs: string;
  readonly rowPairs: RowPairs | null;
}

export interface LiveFrame {
  readonly kind: 'frame';
  readonly camera: number;
  readonly number: number;
  readonly plane: PreviewPlane;
  /** Of the preview. */
  readonly width: number;
  readonly height: number;
  /** Of the frame. */
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bitDepth: number;
  /** uint16, little-endian, row by row. */
  readonly pixels: Uint8Array;
  /** uint32, little-endian: HISTOGRAM_BINS bins over the whole range of the depth; empty where none was made. */
  readonly histogram: Uint8Array;
  readonly time: ShownTime;
  /** When the frame's last packet came, by the host's clock; nanoseconds as text. */
  readonly lastPacketUtcNs: string;
}

/** With this code the server closes a WebSocket whose login or token counts no more. */
export const LOGGED_OUT = 4_401;

/** As it goes over the WebSocket. */
export type CodedFrame = Omit<LiveFrame, 'pixels'> & CodedPixels;

export type ToPage =
  /** The first of a connection: whether this client may change anything, and whether it is one that has logged in. */
  | { readonly kind: 'access'; readonly mayChange: boolean; readonly isLogin: boolean }
  | { readonly kind: 'status'; readonly status: StationStatus }
  | { readonly kind: 'camera'; readonly state: CameraState }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'sessions' }
  /** Every second, whatever else is told: a page that hears nothing knows that the station does not answer. */
  | { readonly kind: 'time'; readonly nowUtcNs: string }
  | CodedFrame;

export type FromPage =
  /** Which camera's frames are wanted. `holdSeconds` above 0: the maximum of the previews of so long. */
  | { readonly kind: 'watch'; readonly camera: number; readonly plane: PreviewPlane; readonly holdSeconds: number }
  /** The frame is on the screen; the next one may come. */
  | { readonly kind: 'shown'; readonly camera: number; readonly number: number };
