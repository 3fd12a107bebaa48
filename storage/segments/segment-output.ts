/**
 * Two ways to bring the bytes of a segment to its file. Direct I/O goes past the page cache: at 684 MB/s it took 0.1 core and
 * 13 to 24 ms a frame where buffered writes took up to 0.9 core and 81 ms (2-core virtual machine, ext4), because pages
 * that are new to the cache are dear. Buffered is for file systems without direct I/O (tmpfs, some network ones).
 */

import { closeSync, constants, openSync, writeSync, writevSync } from 'node:fs';
import { reasonOf } from '#gps/errors.js';
import { copyBytes } from '#pipeline/ring/copy-bytes.js';
import { systemCode } from '../errors.js';

/** Address, length and file position of a direct write are multiples of this. */
export const DIRECT_BLOCK_BYTES = 4096;

/** Node has it, the compiler's `es` libraries do not name it. */
declare const WebAssembly: { Memory: new (d: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** Writing ended early: bytes of the file before `reached` are right. */
export class OutputError extends Error {
  readonly reached: number;
  constructor(reached: number, cause: unknown) {
    super(reasonOf(cause), { cause });
    this.reached = reached;
  }
}

export interface SegmentOutput {
  readonly fd: number;
  readonly kind: 'direct' | 'buffered';
  /** Appends `parts` at `position`, the end of what was appended before. Throws OutputError. */
  write(parts: readonly Uint8Array[], position: number): void;
}

/** Memory through which direct writes go: page aligned, used again by every segment of a writer. */
export function createStage(bytes = 8 * 1024 ** 2): Uint8Array {
  return new Uint8Array(new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) }).buffer);
}

/** Creates `file` (throws EEXIST) for direct I/O through `stage`; buffered without a stage, or where direct I/O is refused. */
export function openSegmentOutput(file: string, stage: Uint8Array | null): SegmentOutput {
  const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  // O_DIRECT is Linux's; elsewhere the constant is missing.
  const direct = (constants as { O_DIRECT?: number }).O_DIRECT;
  let made = false;
  if (direct !== undefined && stage !== null) {
    try {
      return new DirectOutput(file, openSync(file, create | direct), stage);
    } catch (error) {
      if (systemCode(error) !== 'EINVAL') throw error;
      // Linux may make the file before it finds that its file system refuses direct I/O.
      made = true;
    }
  }
  return new BufferedOutput(openSync(file, made ? constants.O_WRONLY | constants.O_CREAT : create));
}

class BufferedOutput implements SegmentOutput {
  readonly kind = 'buffered';
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  write(parts: readonly Uint8Array[], position: number): void {
    let reached = position;
    let part = 0;
    let inPart = 0;
    try {
      while (part < parts.length) {
        const left = parts.slice(part);
        if (inPart > 0) left[0] = (left[0] as Uint8Array).subarray(inPart);
        const written = writevSync(this.fd, left, reached);
        reached += written;
        inPart += written;
        for (let at = parts[part]; at !== undefined && inPart >= at.byteLength; at = parts[part]) {
          inPart -= at.byteLength;
          part++;
        }
      }
    } catch (cause) {
      throw new OutputError(reached, cause);
    }
  }
}

/**
 * Gathers bytes in the stage and writes it whenever it is full, and at the end of every append the last block filled with
 * zeros, so that everything appended is in the file. The next append writes that block again.
 */
class DirectOutput implements SegmentOutput {
  readonly #file: string;
  readonly #stage: Uint8Array;
  #fd: number;
  #kind: 'direct' | 'buffered' = 'direct';
  /** Bytes of the file's last, partial block; they stand at the start of the stage. */
  #tail = 0;

  constructor(file: string, fd: number, stage: Uint8Array) {
    this.#file = file;
    this.#fd = fd;
    this.#stage = stage;
  }

  get fd(): number {
    return this.#fd;
  }

  get kind(): 'direct' | 'buffered' {
    return this.#kind;
  }

  write(parts: readonly Uint8Array[], position: number): void {
    const stage = this.#stage;
    let start = position - this.#tail;
    let fill = this.#tail;
    try {
      for (const part of parts) {
        for (let at = 0; at < part.byteLength; ) {
          const take = Math.min(part.byteLength - at, stage.byteLength - fill);
          copyBytes(part.subarray(at, at + take), stage, fill);
          at += take;
          fill += take;
          if (fill < stage.byteLength) continue;
          this.#writeStage(fill, start);
          start += fill;
          fill = 0;
        }
      }
      if (fill > 0) {
        const padded = Math.ceil(fill / DIRECT_BLOCK_BYTES) * DIRECT_BLOCK_BYTES;
        stage.fill(0, fill, padded);
        this.#writeStage(padded, start);
      }
    } catch (cause) {
      throw new OutputError(Math.max(start, position), cause);
    }
    this.#tail = fill % DIRECT_BLOCK_BYTES;
    stage.copyWithin(0, fill - this.#tail, fill);
  }

  #writeStage(length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const written = this.#writeOnce(done, length - done, position + done);
      // A short write may end anywhere, the next must begin at a block.
      done += written === length - done ? written : written - (written % DIRECT_BLOCK_BYTES);
      if (written === 0) throw new Error('the file system took no bytes');
    }
  }

  #writeOnce(from: number, length: number, position: number): number {
    try {
      return writeSync(this.#fd, this.#stage, from, length, position);
    } catch (error) {
      // Some file systems open for direct I/O and refuse it at the first write, or want larger blocks.
      if (systemCode(error) !== 'EINVAL' || this.#kind === 'buffered') throw error;
      const buffered = openSync(this.#file, constants.O_WRONLY);
      closeSync(this.#fd);
      this.#fd = buffered;
      this.#kind = 'buffered';
      return writeSync(this.#fd, this.#stage, from, length, position);
    }
  }
}
