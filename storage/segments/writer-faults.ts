/**
 * Faults of a disk, made on purpose: tests give them to a recorder, nothing else does. They strike between the writer and the
 * system, so that everything behind a failed call is what really runs.
 */
import { OutputError, type SegmentOutput } from './segment-output.js';

export const FAULT_CODES = ['EIO', 'ENOSPC', 'EROFS', 'ENOENT'] as const;

export interface WriterFault {
  /** The call that it strikes: making a segment's file, a write, an fdatasync or fsync, the rename at the end. */
  readonly at: 'open' | 'write' | 'sync' | 'rename';
  /** The first call struck, counted from 1 over all segments, and how many are. */
  readonly nth: number;
  readonly times: number;
  /** The error; `slow` only takes its time. */
  readonly code: (typeof FAULT_CODES)[number] | 'slow';
  /** `write`: bytes that get there before the error (none). */
  readonly bytesBefore?: number;
  /** `slow`: how long. */
  readonly ms?: number;
}

export class WriterFaults {
  readonly #faults: readonly WriterFault[];
  readonly #calls = { open: 0, write: 0, sync: 0, rename: 0 };

  constructor(faults: readonly WriterFault[]) {
    this.#faults = faults;
  }

  /** Counts a call; throws where it is struck, as the system would. */
  strike(at: WriterFault['at']): void {
    const fault = this.#next(at);
    if (fault !== null) throw errorOf(fault);
  }

  /** `output` with its writes struck. */
  over(output: SegmentOutput): SegmentOutput {
    return {
      get fd() {
        return output.fd;
      },
      get kind() {
        return output.kind;
      },
      write: (parts, position) => {
        const fault = this.#next('write');
        if (fault === null) {
          output.write(parts, position);
          return;
        }
        const before = firstBytes(parts, fault.bytesBefore ?? 0);
        if (before.length > 0) output.write(before, position);
        const reached = position + before.reduce((sum, { byteLength }) => sum + byteLength, 0);
        throw new OutputError(reached, errorOf(fault));
      },
    };
  }

  /** The fault of the next call, or null; a slow one is waited for here. */
  #next(at: WriterFault['at']): WriterFault | null {
    const call = ++this.#calls[at];
    const fault = this.#faults.find((one) => one.at === at && call >= one.nth && call < one.nth + one.times) ?? null;
    if (fault?.code !== 'slow') return fault;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.ms ?? 0);
    return null;
  }
}

function errorOf({ code, at }: WriterFault): Error {
  return Object.assign(new Error(`${code}: made on purpose, ${at}`), { code, syscall: at });
}

function firstBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  let left = bytes;
  for (const part of parts) {
    if (left <= 0) break;
    first.push(part.subarray(0, left));
    left -= part.byteLength;
  }
  return first;
}
