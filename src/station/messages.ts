/** What the acquisition thread and the main thread say to each other. Plain data; the main thread may read it late or never. */
import type { MessagePort } from 'node:worker_threads';
import type { PreviewBoardHandle } from '#pipeline/stages/preview-board.js';
import type { Stage } from '#pipeline/stages/steps.js';
import type { Settings } from '#src/config/settings.js';
import type { GapRecord } from '#storage/frame-record.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type { PixelRegion, RegionPixels } from './station-face.js';
import type { CameraState, StartSession } from './station-state.js';

export type LogLevel = 'info' | 'warning' | 'error';

/** What a session has counted so far; the words are those of the summary. Counts are cumulative. */
export interface SessionCounts {
  readonly frames: {
    readonly received: number;
    readonly recorded: number;
    readonly indexed: number;
    readonly lost: number;
    readonly incomplete: number;
    /** Received, and not recorded because no trigger wanted them. */
    readonly untriggered: number;
    /** Received, and not recorded for any other reason: the disk did not take them, or a worker failed. */
    readonly notRecorded: number;
  };
  readonly packets: {
    readonly received: number;
    readonly missing: number;
    readonly resent: number;
    readonly duplicate: number;
    readonly late: number;
    readonly invalid: number;
    readonly kernelDrops: number;
  };
  readonly times: {
    readonly locked: number;
    readonly holdover: number;
    readonly coarse: number;
    readonly untrusted: number;
  };
  /** Marks that commands, events and the brightness made. */
  readonly marks: number;
  /** Times that the camera was lost in mid-session; how many frames that cost is not known. */
  readonly outages: number;
  readonly ring: { readonly slots: number; readonly highWater: number };
  /** Frames of which something was left out because the workers were behind. */
  readonly thinned: { readonly previews: number; readonly statistics: number };
  /** Worker time spent in each stage, seconds. */
  readonly stageSeconds: Readonly<Record<Stage, number>>;
  /** Bytes of pixels that were recorded, as uint16, and bytes written to segments. */
  readonly pixelBytes: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** The last line of `record --json` and `station --json`. */
export interface SessionSummary extends SessionCounts {
  readonly session: string;
  /** Folder of the session's segments. */
  readonly folder: string;
  /** The SQLite index of the data folder. */
  readonly index: string;
}

/** A picture of a camera and the running session, some times a second. */
export interface Telemetry extends Omit<SessionSummary, 'session'> {
  /** Null: nothing is recorded. */
  readonly session: string | null;
  /** Number of the camera among those of the station, from 0. */
  readonly number: number;
  readonly camera: string;
  readonly state: 'opening' | 'streaming' | 'lost' | 'stopping';
  readonly framesPerSecond: number;
  readonly gigabitsPerSecond: number;
  /** 0 to 1. */
  readonly ringFill: number;
  readonly diskBytesPerSecond: number;
  readonly freeBytes: number;
  /** Seconds until the session's own limit or a full disk; null where neither is in sight. */
  readonly secondsLeft: number | null;
  /** That the disk is full soon, in words; null where it is not. */
  readonly diskWarning: string | null;
  /** Whether frames of the session cannot be written now. */
  readonly diskFails: boolean;
  /** The time of the newest frame, ISO 8601 with nine digits, or null. */
  readonly lastFrameUtc: string | null;
  readonly lastGrade: string | null;
  readonly lastSource: string | null;
}

/** How the station ends by itself; null: it does not. */
export interface SessionLimits {
  readonly frames: number | null;
  readonly durationNs: bigint | null;
}

export interface AcquisitionThreadData {
  readonly settings: Settings;
  readonly stationId: string;
  readonly limits: SessionLimits;
  /** Port of the process's raw-socket thread, where the receiver is `raw`. */
  readonly rawThread: MessagePort | null;
}

/** `camera` is the number of the camera, from 0, in the order in which they were named. */
export type ToMain =
  | { readonly kind: 'log'; readonly camera: number; readonly level: LogLevel; readonly message: string }
  /** `telemetry`: null until the camera is open. */
  | {
      readonly kind: 'telemetry';
      readonly camera: number;
      readonly telemetry: Telemetry | null;
      readonly state: CameraState;
    }
  | { readonly kind: 'gap'; readonly camera: number; readonly session: string | null; readonly gap: GapRecord }
  /** A session began or ended. */
  | { readonly kind: 'sessions' }
  | { readonly kind: 'turned'; readonly id: number; readonly sessions: readonly string[] }
  | { readonly kind: 'not-turned'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'pixels'; readonly id: number; readonly pixels: RegionPixels }
  | { readonly kind: 'no-pixels'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'marked'; readonly id: number; readonly marks: readonly MarkAnswer[] }
  | { readonly kind: 'not-marked'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'controls'; readonly id: number; readonly controls: readonly StationControls[] }
  | { readonly kind: 'controls-set'; readonly id: number; readonly answer: SetControlsAnswer }
  | { readonly kind: 'controls-refused'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'preview'; readonly camera: number; readonly board: PreviewBoardHandle | null }
  | { readonly kind: 'done'; readonly summaries: readonly SessionSummary[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly usage: boolean };

export type ToAcquisitionThread =
  | { readonly kind: 'stop' }
  | { readonly kind: 'mark'; readonly id: number; readonly request: MarkRequest }
  | { readonly kind: 'controls'; readonly id: number }
  | { readonly kind: 'start-session'; readonly id: number; readonly request: StartSession }
  | { readonly kind: 'stop-session'; readonly id: number; readonly camera: number | null }
  | { readonly kind: 'pixels'; readonly id: number; readonly camera: number; readonly region: PixelRegion }
  | { readonly kind: 'set-controls'; readonly id: number; readonly request: SetControlsRequest };
