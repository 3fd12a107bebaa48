/** What becomes of a camera's frames from one moment to another: a session of the archive, or nothing but looking. */
import type { Settings } from '#src/config/settings.js';
import type { GapRecord } from '#storage/frame-record.js';
import { newSessionId } from '#storage/segments/recorder.js';
import type { DiskUse } from './disk-use.js';
import type { FrameKeeping } from './frame-keeping.js';
import type { LogLevel, SessionSummary } from './messages.js';
import type { RunLimits } from './run-limits.js';
import type { SessionIdentity } from './session-description.js';
import { SessionRecording } from './session-recording.js';
import { SessionReport } from './session-report.js';
import type { StartSession } from './station-state.js';
import type { Stream } from './stream.js';
import { Watching } from './watching.js';

export interface SessionOptions {
  readonly stationId: string;
  readonly settings: Settings;
  readonly limits: RunLimits;
  /** Takes the identifiers of the cameras that are recorded. */
  readonly recorded: Set<string>;
  readonly diskUse: DiskUse;
  /** Record buffers came back. */
  readonly onWritten: () => void;
  /** `session`: null where none is recorded. */
  readonly onGap: (session: string | null, gap: GapRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class Session {
  readonly identity: SessionIdentity;
  /** Whether nothing is recorded. */
  readonly watching: boolean;
  readonly settings: Settings;
  readonly report: SessionReport;
  readonly recording: FrameKeeping;
  #frameNumber = 0;
  #stackNumber = 0;

  constructor(options: SessionOptions, watching: boolean) {
    const { stationId, settings, limits, diskUse, onGap } = options;
    const id = newSessionId();
    this.identity = { id, stationId };
    this.watching = watching;
    this.settings = settings;
    this.report = new SessionReport(watching ? null : id, settings, limits, diskUse);
    const { identity, report } = this;
    this.recording = watching
      ? new Watching(report, settings['recording.data'], (gap) => onGap(null, gap))
      : new SessionRecording({ ...options, identity, report, onGap: (gap) => onGap(id, gap) });
  }

  /** Null where nothing is recorded. */
  get id(): string | null {
    return this.watching ? null : this.identity.id;
  }

  nextFrameNumber(): number {
    return ++this.#frameNumber;
  }

  nextStackNumber(): number {
    return ++this.#stackNumber;
  }

  summary(stream: Stream | null): SessionSummary {
    return this.report.summary(stream, this.recording.recorder);
  }
}

/** The station's settings with what is said of one session. */
export function settingsFor(settings: Settings, request: StartSession): Settings {
  const { name, object, observer, notes, frameType } = request;
  return {
    ...settings,
    'recording.name': name ?? settings['recording.name'],
    'recording.object': object ?? settings['recording.object'],
    'station.observer': observer ?? settings['station.observer'],
    'recording.notes': notes ?? settings['recording.notes'],
    'recording.frame-type': frameType,
  };
}
