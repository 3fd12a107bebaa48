/** Puts a stream's frame pipeline together: workspaces, preview, stack, and the handle by which workers find them. */
import { STACK_BATCH } from '#pipeline/kernels/stack.js';
import type { Ring } from '#pipeline/ring/ring.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { PreviewBoard } from '#pipeline/stages/preview-board.js';
import type { StageClock } from '#pipeline/stages/steps.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import type { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { StreamContext, StreamHandle } from './attached-stream.js';
import { FramePipeline, type PipelineSink } from './frame-pipeline.js';
import type { FramePool, Lane } from './frame-pool.js';
import { StackKeeper } from './stack-keeper.js';
import { createStack } from './stack-memory.js';

/** Streams that there were in this process. */
let streams = 0;

/** A board for previews, where the settings ask for them. */
export function createPreview(
  { width, height, pixelFormat }: StreamCamera['mode'],
  settings: Settings,
): PreviewBoard | null {
  const columns = settings['pipeline.preview-width'];
  if (columns === 0) return null;
  return PreviewBoard.create(width, height, Math.min(columns, width), pixelFormat.bitDepth);
}

/** Where frames come from and go to. */
export interface PipelineRequest {
  readonly camera: StreamCamera;
  /** Number of the camera among those of the station, from 0. */
  readonly cameraNumber: number;
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly buffers: RecordBuffers;
  readonly pool: FramePool;
  readonly context: StreamContext;
  readonly nextFrameNumber: () => number;
  readonly nextStackNumber: () => number;
  readonly sink: PipelineSink;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

/** What the stream has made already. */
export interface PipelineParts {
  readonly ring: Ring;
  readonly lane: Lane;
  readonly clock: StageClock;
  readonly preview: PreviewBoard | null;
}

/** The pipeline of a stream, its memory there. Throws as allocation does. */
export async function openPipeline(
  options: PipelineRequest,
  { ring, lane, clock, preview }: PipelineParts,
  stream: { accepts: (slot: number) => boolean; drain: () => void },
): Promise<FramePipeline> {
  const { camera, settings, recorder, buffers, context, pool, log } = options;
  const { width, height } = camera.mode;
  const workspaces = FrameWorkspaces.create({
    count: pool.workers * 2,
    bands: planBands(width, height, preview?.handle.width ?? 0).length,
    rows: height,
  });
  const stack = await createStack(camera.mode, settings);
  const handle: StreamHandle = {
    id: ++streams,
    camera: options.cameraNumber,
    context,
    ring: ring.handle,
    buffers: buffers.handle,
    workspaces: workspaces.handle,
    clock: clock.memory,
    preview: preview?.handle ?? null,
    stack,
  };
  const keeper =
    stack === null
      ? null
      : new StackKeeper({
          ring,
          lane,
          handle,
          stack,
          batch: Math.max(1, Math.min(STACK_BATCH, Math.floor(ring.slots / 4))),
          folder: recorder.folder,
          nextNumber: options.nextStackNumber,
          onWritten: (file) => log('info', `stack written: ${file}`),
          onWarning: (message) => log('warning', message),
          onFreed: stream.drain,
        });
  return new FramePipeline({
    ring,
    recorder,
    lane,
    handle,
    workspaces,
    preview,
    stack: keeper,
    steps: {
      encoding: settings['recording.format'] === 'fits' ? 'rice' : 'raw',
      statistics: settings['pipeline.statistics'],
      histogram: settings['pipeline.histogram'],
      previewRate: settings['pipeline.preview-rate'],
    },
    nextFrameNumber: options.nextFrameNumber,
    accepts: stream.accepts,
    sink: options.sink,
  });
}
