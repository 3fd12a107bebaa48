/**
 * Blocks that a segment has set aside ahead of what is written, so that its file lies in few pieces and no write waits for
 * their allocation. The file's size stays what was written. Where it is refused, writing goes on without; where the disk is
 * nearly full nothing is set aside, because the index needs what is left.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import type { DiskSpace } from './disk-space.js';

/** How far ahead. Taken again when it is used up. */
const STEP_BYTES = 128 * 1024 ** 2;

export class Preallocation {
  readonly #space: DiskSpace;
  readonly #expected: number;
  #refused = false;
  /** Where the blocks end, and how many bytes of them nothing is written to. */
  #end = 0;
  #unused = 0;

  /** `expectedBytes`: how large the file is expected to grow; no more than that is set aside. */
  constructor(expectedBytes: number, space: DiskSpace) {
    this.#expected = expectedBytes;
    this.#space = space;
  }

  /** Sets blocks aside where those for the next `bytes` at `position`, the end of the file, are not there. */
  reach(fd: number, position: number, bytes: number): void {
    const needed = position + bytes;
    if (this.#refused || needed <= this.#end) return;
    const from = Math.max(this.#end, position);
    const upTo = Math.max(needed, Math.min(this.#expected, from + STEP_BYTES));
    if (!this.#space.takesAhead(upTo - from)) return;
    if (nativeAddon()?.preallocate(fd, from, upTo - from) !== 0) {
      this.#refused = true;
      return;
    }
    this.#end = upTo;
    this.#unused += upTo - from;
    this.#space.setAside(upTo - from);
  }

  /** The file has `bytes` now. */
  written(bytes: number): void {
    const unused = Math.max(0, this.#end - bytes);
    this.#space.usedAside(this.#unused - unused);
    this.#unused = unused;
  }

  /** What was not used is the file system's again: the file was cut at its end, or is gone. */
  gaveBack(): void {
    this.#space.gaveBack(this.#unused);
    this.#unused = 0;
    this.#refused = true;
  }
}
