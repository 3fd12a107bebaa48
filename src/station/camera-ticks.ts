/**
 * The ticks of a frame: of the leader, or of the time stamp among its chunks where the camera sends one. The two may be of different
 * moments of an exposure, so a stream has one of them from its first whole frame on, and a frame that lacks it has none.
 */
import type { SlotInfo } from '#pipeline/ring/slot.js';
import { findChunk } from '#pipeline/wire/chunks.js';
import type { TimestampChunk } from '#src/cameras/camera.js';

/** Of the same clock, chunk and leader are of about the same time; else the one is not in the ticks of the other. */
const APART_S = 60n;

export class CameraTicks {
  readonly #chunk: TimestampChunk | null;
  readonly #tickFrequencyHz: bigint;
  /** Null until a whole frame has come. */
  #source: 'leader' | 'chunk' | null;

  constructor(chunk: TimestampChunk | null, tickFrequencyHz: bigint) {
    this.#chunk = chunk;
    this.#tickFrequencyHz = tickFrequencyHz;
    this.#source = chunk === null ? 'leader' : null;
  }

  get source(): 'leader' | 'chunk' | null {
    return this.#source;
  }

  /** 0 where the frame has none. `payload`: all received bytes of the frame. Never throws. */
  of(info: Pick<SlotInfo, 'complete' | 'cameraTimestamp' | 'payloadBytes'>, payload: Uint8Array): bigint {
    if (this.#source === 'leader') return info.cameraTimestamp;
    const ticks = info.complete ? this.#chunkTicks(payload.subarray(0, info.payloadBytes)) : null;
    if (this.#source === null && info.complete) {
      const isSame = ticks !== null && this.#isSameClock(ticks, info.cameraTimestamp);
      this.#source = isSame ? 'chunk' : 'leader';
      return isSame ? ticks : info.cameraTimestamp;
    }
    return ticks ?? 0n;
  }

  #chunkTicks(payload: Uint8Array): bigint | null {
    const chunk = this.#chunk;
    const data = chunk === null ? null : findChunk(payload, chunk.id);
    if (chunk === null || data === null || data.byteLength < chunk.offset + chunk.bytes) return null;
    let ticks = 0n;
    for (let i = 0; i < chunk.bytes; i++) {
      const at = chunk.offset + (chunk.byteOrder === 'big' ? i : chunk.bytes - 1 - i);
      ticks = (ticks << 8n) | BigInt(data[at] ?? 0);
    }
    return ticks;
  }

  #isSameClock(ticks: bigint, leaderTicks: bigint): boolean {
    const apart = ticks > leaderTicks ? ticks - leaderTicks : leaderTicks - ticks;
    return leaderTicks === 0n || apart <= APART_S * this.#tickFrequencyHz;
  }
}
