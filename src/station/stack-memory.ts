/** Memory of a stream's stack: accumulators, sums, and the file that a finished stack becomes. */
import { STACK_MOST_FRAMES, type StackMode, stackBytes } from '#pipeline/kernels/stack.js';
import { allocateShared, prefault } from '#pipeline/ring/shared-memory.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import type { CameraMode } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import { layoutStackFile } from '#storage/fits/stack-file.js';
import type { StackHandle } from './attached-stream.js';

interface StackSizes {
  readonly mode: StackMode;
  readonly frames: number;
  readonly accumulators: number;
  readonly file: number;
  readonly sums: number;
}

function sizesOf({ width, height }: CameraMode, settings: Settings): StackSizes | null {
  const mode = settings['pipeline.stack'];
  if (mode === 'off') return null;
  const frames = settings['pipeline.stack-frames'];
  const most = STACK_MOST_FRAMES[mode];
  if (frames > most) {
    throw new UsageError('usage.stack-frames', `a stack of mode ${mode} holds at most ${most} frames, not ${frames}`);
  }
  return {
    mode,
    frames,
    accumulators: stackBytes(mode, width * height),
    file: layoutStackFile(mode, width, height).totalBytes(frames),
    sums: planBands(width, height, 0).length * frames * 8,
  };
}

/** Bytes that the stack of such a camera takes; 0 where none is made. @throws UsageError `usage.stack-frames` */
export function stackMemoryBytes(mode: CameraMode, settings: Settings): number {
  const sizes = sizesOf(mode, settings);
  return sizes === null ? 0 : sizes.accumulators + sizes.file + sizes.sums;
}

/** A camera's stack, from stream to stream. */
export interface StackMemory {
  readonly handle: StackHandle;
  /** The finished stack is on its way to the disk, its file's memory not free; never rejects. */
  writing: Promise<void> | null;
}

/** The stack's memory, every page of it there; null where none is made. @throws RingError `ring.memory` */
export async function createStack(mode: CameraMode, settings: Settings): Promise<StackMemory | null> {
  const sizes = sizesOf(mode, settings);
  if (sizes === null) return null;
  const handle = {
    mode: sizes.mode,
    accumulators: allocateShared(sizes.accumulators),
    file: allocateShared(sizes.file),
    sums: allocateShared(sizes.sums),
    frames: sizes.frames,
  };
  await prefault([handle.accumulators, handle.file]);
  return { handle, writing: null };
}
