/** The size words of the headers of a stream: they stay the same, whatever they mean. */
import type { FrameTime } from '../frame-time.js';
import { decodeQhyHeader, type QhyHeader } from '../header/qhy-header.js';

export class SizeWords {
  /** Of the newest header that was believed. */
  #believed: Pick<QhyHeader, 'width' | 'height'> | null = null;

  believe({ width, height }: QhyHeader): void {
    this.#believed = { width, height };
  }

  /** Another stream begins. */
  reset(): void {
    this.#believed = null;
  }

  /** A receiver without a fix says little that could be wrong: damaged bytes pass for it, but not with the size words of before. */
  withoutStrayHeader(base: FrameTime, bytes: Uint8Array | null): FrameTime {
    const before = this.#believed;
    if (base.sequence === null || bytes === null || before === null) return base;
    const { width, height } = decodeQhyHeader(bytes);
    if (width === before.width && height === before.height) return base;
    const flags = base.flags.map((flag) => (flag === 'gps-unlocked' ? 'gps-header-implausible' : flag));
    return { ...base, sequence: null, flags };
  }
}
