/** Memory of a stream's stack: accumulators, sums, and the file that a finished stack becomes. */
import { STACK_MOST_FRAMES, stackBytes } from '#pipeline/kernels/stack.js';
import { allocateShared, prefault } from '#pipeline/ring/shared-memory.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import type { CameraMode } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import type { StackFormat } from '#storage/stacks/stack-format.js';
import { type StackOptions, stackFormat } from '#storage/stacks/stack-kinds.js';
import type { StackHandle } from './attached-stream.js';

/** What names the files of stacks. Their sizes do not depend on it. */
type StackNames = Pick<StackOptions, 'stationCode' | 'sessionStartUtcNs'>;
const NO_NAMES: StackNames = { stationCode: '', sessionStartUtcNs: 0n };

/**
 * What stacks of frames of such a shape become; asked for only where stacks are made.
 * @throws UsageError `usage.stack-frames`
 */
export function stackFormatOf(
  settings: Settings,
  { width, height }: Pick<CameraMode, 'width' | 'height'>,
  names: StackNames,
): StackFormat {
  const kind = settings['pipeline.stack'] === 'off' ? 'rms' : settings['pipeline.stack'];
  const frames = settings['pipeline.stack-frames'];
  const format = stackFormat(kind, { width, height, frames, ...names });
  const most = STACK_MOST_FRAMES[format.mode];
  if (frames > most) {
    throw new UsageError('usage.stack-frames', `a stack of mode ${kind} holds at most ${most} frames, not ${frames}`);
  }
  if (frames !== format.frames) {
    throw new UsageError(
      'usage.stack-frames',
      `FF files hold ${format.frames} frames, not ${frames}: leave --stack-frames out`,
    );
  }
  return format;
}

interface StackSizes {
  readonly format: StackFormat;
  readonly accumulators: number;
  readonly file: number;
  readonly sums: number;
}

function sizesOf({ width, height }: CameraMode, settings: Settings): StackSizes | null {
  if (settings['pipeline.stack'] === 'off') return null;
  const format = stackFormatOf(settings, { width, height }, NO_NAMES);
  return {
    format,
    accumulators: stackBytes(format.mode, width * height),
    file: format.totalBytes(format.frames),
    sums: planBands(width, height, 0).length * format.frames * 8,
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
    mode: sizes.format.mode,
    accumulators: allocateShared(sizes.accumulators),
    file: allocateShared(sizes.file),
    sums: allocateShared(sizes.sums),
    frames: sizes.format.frames,
    planeOffsets: sizes.format.planeOffsets,
  };
  await prefault([handle.accumulators, handle.file]);
  return { handle, writing: null };
}
