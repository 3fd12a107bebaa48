/**
 * A band of a frame, from its ring slot to its place in a record buffer; the band that is done last makes the frame whole:
 * statistics, HDU. Its time was made before, in block order (frame-judge.ts); bytes that never arrived are zero and listed
 * already.
 */
import { AppulseError } from '#gps/errors.js';
import type { FrameTime } from '#gps/frame-time.js';
import { binnedTime } from '#gps/rows/binned-time.js';
import { addOnesSums, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';
import type { Band } from '#pipeline/stages/band-plan.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { type FrameWorkspace, medianOf } from '#pipeline/stages/frame-workspace.js';
import { type RecordedShape, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { type FrameSteps, histogramShift } from '#pipeline/stages/steps.js';
import { isRecordable, type PixelFormat, payloadBytesOf, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FrameLayout } from '#storage/formats/recording-format.js';
import type { CaptureState, FrameRecord } from '#storage/frame-record.js';
import { type AttachedStream, attachStream, type StreamContext, type StreamHandle } from './attached-stream.js';
import { bandsOf } from './frame-bands.js';
import { shapeOf } from './frame-shape.js';

export interface FrameTask {
  readonly stream: StreamHandle;
  readonly slot: number;
  readonly workspace: number;
  readonly band: number;
  /** Columns of the preview that the bands make room for; 0: none. */
  readonly previewWidth: number;
  readonly steps: FrameSteps;
  /** Record buffer; -1 where the frame is not recorded. */
  readonly buffer: number;
  readonly frameNumber: number;
  readonly time: FrameTime;
}

export interface FrameResult {
  readonly record: FrameRecord;
  /** The HDU in the record buffer, in file order; empty where the frame is not recorded. */
  readonly parts: readonly { readonly offset: number; readonly length: number }[];
  readonly headerBytes: number;
  /** See `RecordedFrame`. */
  readonly dataSum: number | null;
  readonly complete: boolean;
}

const scratch = new PassScratch();

interface Frame {
  readonly stream: AttachedStream;
  readonly task: FrameTask;
  readonly info: SlotInfo;
  readonly format: PixelFormat;
  /** As it comes. */
  readonly shape: {
    readonly width: number;
    readonly height: number;
    readonly offsetX: number;
    readonly offsetY: number;
  };
  /** As it is recorded. */
  readonly recorded: RecordedShape;
  readonly layout: FrameLayout;
  readonly bands: readonly Band[];
  readonly workspace: FrameWorkspace;
  readonly hasGpsHeader: boolean;
}

/**
 * Works on one band. Returns the frame when this band was its last, else null. Throws where the frame does not fit what the
 * stream was opened for.
 */
export function frame(task: FrameTask): FrameResult | null {
  const stream = attachStream(task.stream);
  const workspace = stream.workspaces.at(task.workspace);
  let last = false;
  let opened: Frame;
  try {
    opened = openFrame(stream, task, workspace);
    passBand(opened);
  } finally {
    last = workspace.end();
  }
  return last ? finishFrame(opened) : null;
}

function openFrame(stream: AttachedStream, task: FrameTask, workspace: FrameWorkspace): Frame {
  const { ring, context } = stream;
  const info = ring.slot(task.slot);
  const shape = shapeOf(info, context);
  const format = pixelFormatByCode(shape.pixelFormat);
  const { width, height } = shape;
  const fits =
    format !== undefined && isRecordable(format) && (format.bitsPerPixel <= 16 || context.binning.factor === 1);
  const recorded = fits ? recordedShape(format, width, height, context.binning, context.largestValue) : null;
  const isThere = recorded !== null && recorded.width > 0 && recorded.height > 0;
  const layout = isThere ? recordingFormat(context.format).layout(recorded) : null;
  const tooLarge = task.buffer >= 0 && layout !== null && layout.bufferBytes > stream.buffers.bufferBytes;
  if (format === undefined || recorded === null || layout === null || tooLarge) {
    throw new AppulseError(
      'frame.shape',
      `block ${info.blockId} is ${width} x ${height} in format 0x${shape.pixelFormat.toString(16)} (payload type 0x${info.payloadType.toString(16).padStart(4, '0')}), which this stream was not opened for`,
    );
  }
  if (info.paddingX !== 0) {
    throw new AppulseError(
      'frame.padding',
      `block ${info.blockId} has lines padded by ${info.paddingX} bytes, which cannot be read`,
    );
  }
  const bands = bandsOf(context.format, recorded, task.previewWidth, context.binning.factor);
  // A camera that does not say whether it has a GPS header was judged by its bytes.
  const hasGpsHeader = context.gpsHeader ?? task.time.rawHeader !== null;
  return { stream, task, info, format, shape, recorded, layout, bands, workspace, hasGpsHeader };
}

function passBand({ stream, task, format, shape, recorded, layout, bands, workspace, hasGpsHeader }: Frame): void {
  const band = bands[task.band];
  if (band === undefined)
    throw new AppulseError('frame.band', `a frame of ${bands.length} bands has none ${task.band}`);
  const { width, height } = shape;
  const histogram = workspace.histogram(task.band);
  if (task.steps.histogram !== 'off') histogram.fill(0);
  const board = stream.preview;
  const place = task.steps.preview && board !== null ? board.place(board.next()) : null;
  const result = bandPass({
    payload: stream.ring.payload(task.slot),
    format,
    width,
    height,
    binning: stream.context.binning,
    largestValue: stream.context.largestValue,
    band,
    skipRows: hasGpsHeader ? 1 : 0,
    steps: task.steps,
    out: task.buffer < 0 ? new Uint8Array(0) : stream.buffers.buffer(task.buffer),
    interleaved: recordingFormat(stream.context.format).interleaved,
    outOffset: placeOf(band, recorded, layout),
    rowBytes: workspace.rowBytes,
    histogram,
    preview: place === null || board === null ? null : { ...place, width: board.handle.width },
    scratch,
    clock: stream.clock,
  });
  workspace.keep(task.band, result.sums, result.encodedBytes, result.dataSum);
}

/** Where a band's code begins in the record buffer. */
function placeOf({ firstRow, plane = 0 }: Band, { height }: RecordedShape, layout: FrameLayout): number {
  return layout.dataOffset + (plane * height + firstRow) * layout.rowBound;
}

function finishFrame(frame: Frame): FrameResult {
  const { stream, task, info, format, shape, recorded } = frame;
  const { clock, context, ring } = stream;
  clock.start();
  const missing = info.complete ? [] : [...ring.missingRanges(task.slot)];
  // A frame without its leader ends where its last packet did: pixels beyond that never came.
  const imageBytes = payloadBytesOf(format, shape.width, shape.height);
  if (info.payloadBytes < imageBytes) {
    missing.push({ offset: info.payloadBytes, length: imageBytes - info.payloadBytes });
  }
  const statistics = statisticsOf(frame);
  const rowTime = binnedTime(task.time, context.binning.factor);
  const time = statistics?.max === 0 ? { ...rowTime, flags: [...rowTime.flags, 'frame-all-zero'] } : rowTime;
  const record: FrameRecord = {
    sessionId: context.sessionId,
    stationId: context.stationId,
    cameraId: context.cameraId,
    cameraName: context.cameraName,
    frameNumber: task.frameNumber,
    blockId: info.blockId,
    time,
    receivedNs: info.firstPacketNs,
    width: recorded.width,
    height: recorded.height,
    offsetX: shape.offsetX,
    offsetY: shape.offsetY,
    bitDepth: recorded.bitDepth,
    pixelFormat: format.name,
    missing,
    packetsMissing: info.packetsMissing,
    packetsResent: info.packetsResent,
    statistics,
    // The task's own: what was attached is how the stream began.
    ...captureState(task.stream.context),
    sampleBytes: recorded.sampleBytes,
    site: context.site,
  };
  const written = task.buffer < 0 ? { parts: [], headerBytes: 0, dataSum: null } : writeFrame(frame, record);
  clock.lap('hdu');
  clock.flush();
  return { record, ...written, complete: info.complete && missing.length === 0 };
}

function captureState(context: StreamContext): CaptureState {
  const { frameType, readMode, gain, offset, binningX, binningY, softwareBinning } = context;
  const { sensorTemperatureC, filter, object, observer, telescope } = context;
  return {
    frameType,
    readMode,
    gain,
    offset,
    binningX,
    binningY,
    softwareBinning,
    sensorTemperatureC,
    filter,
    object,
    observer,
    telescope,
  };
}

function statisticsOf({ stream, task, recorded, bands, workspace }: Frame): FrameRecord['statistics'] {
  const { steps } = task;
  const total = new StatisticsAccumulator(recorded.largest);
  for (let band = 0; band < bands.length; band++) total.merge(workspace.sums(band));
  const result = total.result();
  let median: number | null = null;
  if (steps.histogram !== 'off') {
    const histogram = workspace.wholeHistogram(bands.length);
    median = medianOf(histogram, histogramShift(recorded.bitDepth));
    const board = stream.preview;
    if (steps.preview && board !== null) board.place(board.next()).histogram.set(histogram);
  }
  return result === null ? null : { ...result, median };
}

/** Header and row lengths in front of the bands' code, zeros behind it. */
function writeFrame(frame: Frame, record: FrameRecord): Pick<FrameResult, 'parts' | 'headerBytes' | 'dataSum'> {
  const { stream, task, recorded, layout, bands, workspace } = frame;
  const { context } = stream;
  const out = stream.buffers.buffer(task.buffer);
  const parts = [{ offset: 0, length: layout.dataOffset }];
  let bytes = 0;
  let sum = 0;
  for (const [i, band] of bands.entries()) {
    const length = workspace.encodedBytes(i);
    parts.push({ offset: placeOf(band, recorded, layout), length });
    sum = addOnesSums(sum, shiftOnesSum(workspace.dataSum(i), bytes));
    bytes += length;
  }
  const last = parts.at(-1) as { offset: number; length: number };
  const { tailBytes, dataSum } = recordingFormat(context.format).writeFrame(out, record, {
    rowBytes: task.steps.encoding === 'rice' ? workspace.rowBytes.subarray(0, recorded.height * recorded.planes) : null,
    bytes,
    tailOffset: last.offset + last.length,
    sum,
  });
  last.length += tailBytes;
  return { parts, headerBytes: layout.headerBytes, dataSum };
}
