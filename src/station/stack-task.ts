/** The stack's tasks: a batch of frames into a band of the accumulators, and a finished stack into its file's planes. */

import { AppulseError } from '#gps/errors.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { finishStackBand, type StackBand, StackScratch, stackBatch } from '#pipeline/stages/stack-pass.js';
import { pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import { attachStream, type StackHandle, type StreamHandle } from './attached-stream.js';

export interface StackTask {
  readonly stream: StreamHandle;
  /** Leased slots, in order. */
  readonly slots: readonly number[];
  readonly band: number;
  /** Place of the first of them in the stack. */
  readonly firstFrame: number;
}

export interface StackFinishTask {
  readonly stream: StreamHandle;
  readonly band: number;
  /** Frames in the stack. */
  readonly frames: number;
}

let scratch: StackScratch | null = null;

function bandOf(stream: StreamHandle, stack: StackHandle, index: number): StackBand {
  const { width, height } = stream.context;
  const band = planBands(width, height, 0)[index];
  if (band === undefined) throw new AppulseError('stack.band', `the stack has no band ${index}`);
  scratch ??= new StackScratch();
  return {
    mode: stack.mode,
    framePixels: width * height,
    firstPixel: band.firstRow * width,
    pixels: band.rows * width,
    accumulators: new Uint8Array(stack.accumulators),
    scratch,
  };
}

function stackOf(stream: StreamHandle): StackHandle {
  if (stream.stack === null) throw new AppulseError('stack.none', 'this stream makes no stack');
  return stream.stack;
}

/** Adds the frames of a batch to one band. */
export function stack(task: StackTask): void {
  const { ring, clock, context } = attachStream(task.stream);
  const format = pixelFormatByCode(context.pixelFormat);
  if (format === undefined)
    throw new AppulseError('stack.format', `no pixel format 0x${context.pixelFormat.toString(16)}`);
  const handle = stackOf(task.stream);
  clock.start();
  stackBatch({
    ...bandOf(task.stream, handle, task.band),
    payloads: task.slots.map((slot) => ring.payload(slot)),
    format,
    firstFrame: task.firstFrame,
    frameSums: new BigUint64Array(handle.sums, (task.band * handle.frames + task.firstFrame) * 8, task.slots.length),
  });
  clock.lap('stack');
  clock.flush();
}

/** Writes one band of the finished stack to the planes of its file. Returns its part of each plane's sum. */
export function finishStack(task: StackFinishTask): number[] {
  const { clock } = attachStream(task.stream);
  const handle = stackOf(task.stream);
  clock.start();
  const sums = finishStackBand(bandOf(task.stream, handle, task.band), task.frames, {
    out: new Uint8Array(handle.file),
    offsets: handle.planeOffsets,
  });
  clock.lap('stack');
  clock.flush();
  return sums;
}
