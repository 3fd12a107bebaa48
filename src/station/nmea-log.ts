/**
 * The NMEA block behind the GPS header, where a camera sends one, as a witness in the index: looked at once a second, written down
 * when the receiver says something else than before, and once a minute. It judges no frame.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { findNmeaBlock } from '#gps/header/nmea-block.js';
import { type NmeaFix, readNmeaFix } from '#gps/header/nmea-fix.js';
import type { EventRecord } from '#storage/frame-record.js';

const LOOK_MS = 1_000;
const AGAIN_MS = 60_000;

export class NmeaLog {
  readonly #write: (event: EventRecord) => void;
  readonly #nowMs: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #written = '';
  #fix: NmeaFix | null = null;

  constructor(write: (event: EventRecord) => void, nowMs: () => number = () => performance.now()) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** What was read last; null: nothing yet. */
  get fix(): NmeaFix | null {
    return this.#fix;
  }

  /** What is read next is written down, whatever was before. */
  sessionBegins(): void {
    this.#written = '';
  }

  /** `begin` gives the first bytes of the frame whose time is `time`, null where they did not arrive. Does not throw. */
  frame(begin: () => Uint8Array | null, time: FrameTime): void {
    const now = this.#nowMs();
    if (now - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = now;
    const bytes = begin();
    const block = bytes === null ? null : findNmeaBlock(bytes);
    if (block === null) return;
    this.#fix = readNmeaFix(block.sentences);
    const { utcNs, sentencesRight, sentencesWrong, ...said } = this.#fix;
    const { valid, quality, mode, gpsLessUtcS, leapSecondsReceived, timesDisagree } = said;
    const key = [block.closed, valid, quality, mode, gpsLessUtcS, leapSecondsReceived, timesDisagree].join();
    if (key === this.#written && now - this.#writtenMs < AGAIN_MS) return;
    this.#written = key;
    this.#writtenMs = now;
    const data = {
      // Of a whole second some time before the frame: no time of the frame.
      utcNs: utcNs === null ? null : String(utcNs),
      ...said,
      sentencesRight,
      sentencesWrong,
      closed: block.closed,
      textBytes: block.textBytes,
    };
    this.#write({ kind: 'nmea', startUtcNs: time.startUtcNs, endUtcNs: time.startUtcNs, data });
  }
}
