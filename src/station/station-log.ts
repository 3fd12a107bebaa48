/** The newest messages and gaps of a station, a bounded number of them. */
import type { GapRecord } from '#storage/frame-record.js';
import type { Gap, Message } from './station-state.js';

export const MOST_MESSAGES = 500;
export const MOST_GAPS = 500;

export class StationLog {
  readonly #messages: Message[] = [];
  readonly #gaps: Gap[] = [];
  #told = 0;

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  message(level: Message['level'], camera: number | null, text: string): Message {
    const utcNs = String(BigInt(Date.now()) * 1_000_000n);
    const message = { number: this.#told++, utcNs, level, camera, text };
    this.#messages.push(message);
    if (this.#messages.length > MOST_MESSAGES) this.#messages.shift();
    return message;
  }

  /** `session`: '' where none is recorded. */
  gap(camera: number, sessionId: string, record: GapRecord): Gap {
    const { cause, frames, detail } = record;
    const gap = {
      camera,
      sessionId,
      cause,
      frames,
      firstBlock: inText(record.firstBlock),
      lastBlock: inText(record.lastBlock),
      fromUtcNs: inText(record.fromUtcNs),
      toUtcNs: inText(record.toUtcNs),
      detail,
    };
    this.#gaps.push(gap);
    if (this.#gaps.length > MOST_GAPS) this.#gaps.shift();
    return gap;
  }
}

const inText = (value: bigint | null): string | null => (value === null ? null : String(value));
