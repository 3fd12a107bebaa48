/** What a stream works in, and how its memory budget is spent: record buffers, the stack, and the ring with the rest. */
import { totalmem } from 'node:os';
import { AppulseError } from '#gps/errors.js';
import { ringDepth } from '#pipeline/ring/geometry.js';
import { Ring } from '#pipeline/ring/ring.js';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { PreviewBoard } from '#pipeline/stages/preview-board.js';
import type { RecordedShape } from '#pipeline/stages/recorded-shape.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { formatSize } from '#src/config/units.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { recordedLayoutOf, recordedShapeOf } from './capture-state.js';
import { bandsOf } from './frame-bands.js';
import { recordBufferCount, recordBuffersShare } from './pre-roll-memory.js';
import { createStack, type StackMemory, stackMemoryBytes } from './stack-memory.js';

/** Frames a second of a camera that does not say. */
export const UNKNOWN_FRAME_RATE = 25;
/** Below this many slots a stream cannot run: one fills, one is read, one is free. */
const LEAST_SLOTS = 3;

/** Bytes for ring, record buffers and stack together. */
export function memoryBudget(settings: Settings): number {
  return settings['pipeline.memory'] ?? Math.floor(totalmem() / 4);
}

/**
 * Record buffers for frames of a camera: for those on their way to the disk, and those that wait for a trigger.
 * @throws UsageError as `recordedLayoutOf`
 */
export function recordBuffersFor(camera: StreamCamera, settings: Settings): RecordBuffers {
  const { bufferBytes } = recordedLayoutOf(camera.mode, settings);
  return RecordBuffers.create({
    bufferBytes,
    count: recordBufferCount(settings, bufferQuestion(camera, settings, bufferBytes)),
  });
}

/** What the number of buffers of `bufferBytes` follows from. */
export function bufferQuestion(camera: StreamCamera, settings: Settings, bufferBytes: number) {
  const frameRate = camera.mode.frameRate ?? UNKNOWN_FRAME_RATE;
  return { bufferBytes, frameRate, budgetBytes: memoryBudget(settings) };
}

/** Slots for a camera's ring, in what the stack and the record buffers leave of the budget. @throws AppulseError `station.memory` */
export function ringSlots(camera: StreamCamera, settings: Settings): number {
  const { payloadBytes, frameRate } = camera.mode;
  const budget = memoryBudget(settings);
  const stack = stackMemoryBytes(camera.mode, settings);
  const room = budget * (1 - recordBuffersShare(settings)) - stack;
  if (LEAST_SLOTS * payloadBytes > room) {
    const besides = stack === 0 ? '' : ` beside ${formatSize(stack)} of the stack`;
    throw new AppulseError(
      'station.memory',
      `frames of ${formatSize(payloadBytes)} do not fit: ${LEAST_SLOTS} of them are needed at least${besides}, and the memory budget is ${formatSize(budget)}; raise --memory, or choose a smaller region`,
    );
  }
  return ringDepth(payloadBytes, frameRate ?? UNKNOWN_FRAME_RATE, room);
}

/** The memory of a stream. The next stream of the same camera takes it over, so that it begins without filling new pages. */
export interface StreamMemory {
  readonly ring: Ring;
  readonly workspaces: FrameWorkspaces;
  /** Null where no preview is made. */
  readonly preview: PreviewBoard | null;
  /** Null where no stack is made. */
  readonly stack: StackMemory | null;
}

/** A board for previews, where the settings ask for them. */
function createPreview({ width, height, bitDepth }: RecordedShape, settings: Settings): PreviewBoard | null {
  const columns = settings['pipeline.preview-width'];
  if (columns === 0) return null;
  // Wider sums are shown by their upper 16 bits.
  return PreviewBoard.create(width, height, Math.min(columns, width), Math.min(16, bitDepth));
}

/**
 * Memory for streams of `camera`, every page of it there. @throws AppulseError `station.memory`, RingError, UsageError
 * `usage.stack-frames`
 */
export async function createStreamMemory(
  camera: StreamCamera,
  settings: Settings,
  workers: number,
): Promise<StreamMemory> {
  const { mode, source } = camera;
  const shape = recordedShapeOf(mode, settings);
  const ring = Ring.create({
    payloadBytes: mode.payloadBytes,
    slots: ringSlots(camera, settings),
    maxPayloadPackets: Math.ceil(mode.payloadBytes / source.packetDataBytes),
  });
  await ring.prefault();
  const preview = createPreview(shape, settings);
  const workspaces = FrameWorkspaces.create({
    count: workers * 2,
    bands: bandsOf(settings['recording.format'], shape, preview?.handle.width ?? 0, settings['pipeline.bin']).length,
    rows: shape.height * shape.planes,
  });
  return { ring, workspaces, preview, stack: await createStack(mode, settings) };
}

/** Whether streams of a camera as it is set now fit. @throws UsageError as `recordedLayoutOf`, AppulseError `station.memory` */
export function requireMemory(camera: StreamCamera, settings: Settings): void {
  recordedLayoutOf(camera.mode, settings);
  ringSlots(camera, settings);
}

/** Whether two cameras' streams need the same memory. */
export function needSameMemory(a: StreamCamera, b: StreamCamera): boolean {
  const needs = ({ mode, source }: StreamCamera) =>
    [
      mode.payloadBytes,
      mode.width,
      mode.height,
      mode.pixelFormat.code,
      mode.largestValue ?? null,
      mode.frameRate,
      source.packetDataBytes,
    ].join();
  return needs(a) === needs(b);
}
