/** Puts a stream's frame pipeline together, with the stack and the handle by which workers find its memory. */
import { STACK_BATCH } from '#pipeline/kernels/stack.js';
import type { StageClock } from '#pipeline/stages/steps.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { stationCodeOf } from '#storage/ff/station-code.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FrameJournal } from '#storage/segments/frame-journal.js';
import type { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { StreamContext, StreamHandle } from './attached-stream.js';
import type { JudgeFrame } from './frame-judge.js';
import { FramePipeline, type PipelineSink, type PipelineTarget } from './frame-pipeline.js';
import type { FramePool, Lane } from './frame-pool.js';
import { libraryIsHere } from './local-bridge.js';
import { StackKeeper } from './stack-keeper.js';
import { stackFormatOf } from './stack-memory.js';
import type { StreamMemory } from './stream-memory.js';

/** Previews a second where nobody asks: who comes finds one that is not old. */
const CALM_PREVIEW_RATE = 5;

/** Streams that there were in this process. */
let streams = 0;

/** Where frames go. */
export interface TargetRequest {
  /** Number of the camera among those of the station, from 0. */
  readonly cameraNumber: number;
  readonly settings: Settings;
  /** Null: nothing is recorded, and nothing stacked. */
  readonly recorder: Recorder | null;
  readonly journal: FrameJournal | null;
  readonly buffers: RecordBuffers;
  readonly memory: StreamMemory;
  readonly context: StreamContext;
  readonly nextFrameNumber: () => number;
  readonly nextStackNumber: () => number;
  /** Start of the session. */
  readonly startedUtcNs: bigint;
  readonly sink: PipelineSink;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

/** Where frames come from and go to. */
export interface PipelineRequest extends TargetRequest {
  readonly camera: StreamCamera;
  readonly pool: FramePool;
  readonly judge: JudgeFrame;
}

/** What belongs to this one stream. */
export interface PipelineParts {
  readonly lane: Lane;
  readonly clock: StageClock;
}

/** What the stream that is made does. */
interface StreamCalls {
  readonly accepts: (slot: number) => boolean;
  readonly drain: () => void;
}

/** Where the frames of a stream go from now on. */
export function openTarget(
  options: TargetRequest,
  { lane, clock }: PipelineParts,
  { drain }: Pick<StreamCalls, 'drain'>,
): PipelineTarget {
  const { settings, recorder, journal, buffers, context, nextFrameNumber, sink, log } = options;
  const { ring, workspaces, preview, stack } = options.memory;
  const handle: StreamHandle = {
    id: ++streams,
    camera: options.cameraNumber,
    context,
    ring: ring.handle,
    buffers: buffers.handle,
    workspaces: workspaces.handle,
    clock: clock.memory,
    preview: preview?.handle ?? null,
    stack: stack?.handle ?? null,
  };
  const keeper =
    stack === null || recorder === null
      ? null
      : new StackKeeper({
          ring,
          lane,
          handle,
          stack,
          format: stackFormatOf(settings, context, {
            stationCode: stationCodeOf(settings['station.code'], settings['station.name'], options.cameraNumber),
            sessionStartUtcNs: options.startedUtcNs,
          }),
          batch: Math.max(1, Math.min(STACK_BATCH, Math.floor(ring.slots / 4))),
          recorder,
          nextNumber: options.nextStackNumber,
          onWritten: (file) => log('info', `stack written: ${file}`),
          onWarning: (message) => log('warning', message),
          onFreed: drain,
        });
  return { recorder, journal, handle, stack: keeper, nextFrameNumber, sink };
}

/** The pipeline of a stream. */
export function openPipeline(options: PipelineRequest, parts: PipelineParts, stream: StreamCalls): FramePipeline {
  const { settings } = options;
  const { ring, workspaces, preview } = options.memory;
  return new FramePipeline({
    ...openTarget(options, parts, stream),
    ring,
    lane: parts.lane,
    workspaces,
    preview,
    steps: {
      encoding: recordingFormat(settings['recording.format']).encoding,
      statistics: settings['pipeline.statistics'],
      histogram: settings['pipeline.histogram'],
      previewRate: settings['pipeline.preview-rate'],
      calmPreviewRate: Math.min(CALM_PREVIEW_RATE, settings['pipeline.preview-rate']),
    },
    accepts: stream.accepts,
    skippedBy: skippedBy(options.camera),
    judge: options.judge,
  });
}

/** Between a library and this program on the same machine no frame is lost whole. */
function skippedBy(camera: StreamCamera): 'network' | 'camera' {
  return libraryIsHere(camera) ? 'camera' : 'network';
}
