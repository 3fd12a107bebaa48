/** A stream as a frame worker sees it: attached once, used for every task of it. */
import type { StackMode } from '#pipeline/kernels/stack.js';
import { Ring, type RingHandle } from '#pipeline/ring/ring.js';
import { FrameWorkspaces, type FrameWorkspacesHandle } from '#pipeline/stages/frame-workspace.js';
import { PreviewBoard, type PreviewBoardHandle } from '#pipeline/stages/preview-board.js';
import type { Binning } from '#pipeline/stages/recorded-shape.js';
import { StageClock } from '#pipeline/stages/steps.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import type { CaptureState, Site } from '#storage/frame-record.js';
import { RecordBuffers, type RecordBuffersHandle } from '#storage/segments/record-buffers.js';

/** What stays the same for all frames of one stream. */
export interface StreamContext extends CaptureState {
  readonly sessionId: string;
  readonly stationId: string;
  readonly cameraId: string;
  readonly cameraName: string;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** PFNC code. */
  readonly pixelFormat: number;
  /** See `CameraMode`. */
  readonly largestValue: number | null;
  /** Whether the camera says that a GPS header stands in its first pixels; null: it does not say. */
  readonly gpsHeader: boolean | null;
  readonly site: Site | null;
  /** How frames are recorded. */
  readonly format: FormatName;
  /** What is made of its pixels before they are recorded; `softwareBinning` is its factor. */
  readonly binning: Binning;
}

/** Shared memory of a stream's stack. */
export interface StackHandle {
  readonly mode: StackMode;
  readonly accumulators: SharedArrayBuffer;
  /** A finished stack's file. */
  readonly file: SharedArrayBuffer;
  /** Sums of intensities: a row of `frames` a band. */
  readonly sums: SharedArrayBuffer;
  /** Places for frames. */
  readonly frames: number;
  /** First bytes of the planes in the file. */
  readonly planeOffsets: readonly number[];
}

/** What a worker needs to work for a stream; crosses by structured clone with every task (some 4 us). */
export interface StreamHandle {
  /** Unique in the process. */
  readonly id: number;
  /** Number of the camera among those of the station. */
  readonly camera: number;
  readonly context: StreamContext;
  readonly ring: RingHandle;
  readonly buffers: RecordBuffersHandle;
  readonly workspaces: FrameWorkspacesHandle;
  readonly clock: SharedArrayBuffer;
  readonly preview: PreviewBoardHandle | null;
  readonly stack: StackHandle | null;
}

export interface AttachedStream {
  readonly context: StreamContext;
  readonly ring: Ring;
  readonly buffers: RecordBuffers;
  readonly workspaces: FrameWorkspaces;
  readonly clock: StageClock;
  readonly preview: PreviewBoard | null;
}

/** The newest stream of each camera: an older one's memory must not be held when it was lost and came back. */
const attached = new Map<number, { readonly id: number; readonly stream: AttachedStream }>();

/** The stream of `handle`, attached with its first task. */
export function attachStream(handle: StreamHandle): AttachedStream {
  const known = attached.get(handle.camera);
  if (known?.id === handle.id) return known.stream;
  const stream = {
    context: handle.context,
    ring: Ring.attach(handle.ring),
    buffers: RecordBuffers.attach(handle.buffers),
    workspaces: FrameWorkspaces.attach(handle.workspaces),
    clock: new StageClock(handle.clock),
    preview: handle.preview === null ? null : PreviewBoard.attach(handle.preview),
  };
  attached.set(handle.camera, { id: handle.id, stream });
  return stream;
}
