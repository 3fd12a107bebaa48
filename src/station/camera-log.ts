/** What happens to a camera, as lines of the log and rows of the index. */
import { CAMERA_EVENT_KINDS, type CameraEvent, type CameraEventKind } from '#src/cameras/camera-events.js';
import type { EventRecord } from '#storage/frame-record.js';
import type { LogLevel } from './messages.js';

/** A camera that tells more than this of one kind in a minute is heard again in the next; how much was left out is told. */
const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;

export interface CameraLogEvents {
  readonly event: (event: EventRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

interface Heard {
  sinceMs: number;
  count: number;
  left: number;
}

export class CameraLog {
  readonly #events: CameraLogEvents;
  readonly #heard = new Map<CameraEventKind, Heard>(
    CAMERA_EVENT_KINDS.map((kind) => [kind, { sinceMs: Number.NEGATIVE_INFINITY, count: 0, left: 0 }]),
  );

  constructor(events: CameraLogEvents) {
    this.#events = events;
  }

  /** A line and a row. */
  tell(event: CameraEvent): void {
    if (this.keep(event)) this.#events.log(event.level, event.text);
  }

  /** A row only, for what the user is told otherwise. Returns whether it was kept. */
  keep({ kind, level, text, values }: CameraEvent): boolean {
    const heard = this.#heard.get(kind);
    if (heard === undefined) return false;
    const now = performance.now();
    if (now - heard.sinceMs > MINUTE_MS) {
      heard.sinceMs = now;
      heard.count = 0;
    }
    if (heard.count >= MOST_A_MINUTE) {
      heard.left++;
      return false;
    }
    heard.count++;
    const leftOut = heard.left === 0 ? {} : { leftOut: heard.left };
    heard.left = 0;
    const utcNs = BigInt(Date.now()) * 1_000_000n;
    const data = { ...values, event: kind, level, text, ...leftOut };
    this.#events.event({ kind: 'camera', startUtcNs: utcNs, endUtcNs: utcNs, data });
    return true;
  }
}
