/**
 * The task of the frame workers: one frame from its ring slot to a finished HDU in a record buffer. The 44 header bytes are
 * copied aside before anything else; bytes that never arrived are zero and listed already.
 */
import { workerData } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { QHY_HEADER_BYTES } from '#gps/qhy-header.js';
import type { ShutterModel } from '#gps/shutter.js';
import { looksLikeGpsHeader, stampFrame } from '#gps/stamp.js';
import { Ring, type RingHandle } from '#pipeline/ring/ring.js';
import { framePass, TILE_PIXELS } from '#pipeline/stages/frame-pass.js';
import { payloadBytesOf, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import { layoutFrameHdu, writeFrameHeader } from '#storage/fits/image-hdu.js';
import type { FrameRecord, Site } from '#storage/frame-record.js';
import { RecordBuffers, type RecordBuffersHandle } from '#storage/segments/record-buffers.js';

/** What stays the same for all frames of one stream. */
export interface StreamContext {
  readonly sessionId: string;
  readonly stationId: string;
  readonly cameraId: string;
  readonly cameraName: string;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** PFNC code. */
  readonly pixelFormat: number;
  readonly shutter: ShutterModel;
  readonly exposureNs: bigint;
  readonly tickFrequencyHz: bigint;
  /** Whether the camera says that a GPS header stands in its first pixels; null: it does not say. */
  readonly gpsHeader: boolean | null;
  readonly gain: number | null;
  readonly site: Site | null;
}

export interface FrameWorkerData {
  readonly ring: RingHandle;
  readonly buffers: RecordBuffersHandle;
  readonly context: StreamContext;
}

export interface FrameTask {
  readonly slot: number;
  readonly buffer: number;
  readonly frameNumber: number;
}

export interface FrameResult {
  readonly record: FrameRecord;
  /** Bytes of the HDU in the record buffer, from its start. */
  readonly length: number;
  readonly headerBytes: number;
  readonly complete: boolean;
}

const { ring: ringHandle, buffers: buffersHandle, context } = workerData as FrameWorkerData;
const ring = Ring.attach(ringHandle);
const buffers = RecordBuffers.attach(buffersHandle);
const scratch = new Uint16Array(TILE_PIXELS);

/** Stamps, measures and encodes one frame. Throws where the frame does not fit what the stream was opened for. */
export default function processFrame(task: FrameTask): FrameResult {
  const info = ring.slot(task.slot);
  const payload = ring.payload(task.slot).subarray(0, Math.max(info.payloadBytes, 0));
  const missing = info.complete ? [] : [...ring.missingRanges(task.slot)];
  const headerArrived = payload.length >= QHY_HEADER_BYTES && !missing.some((range) => range.offset < QHY_HEADER_BYTES);
  const headerBytes = headerArrived ? payload.slice(0, QHY_HEADER_BYTES) : null;

  const shape = info.leaderSeen ? info : context;
  const format = pixelFormatByCode(shape.pixelFormat);
  const { width, height } = shape;
  const layout = layoutFrameHdu(width, height);
  const out = buffers.buffer(task.buffer);
  const empty = width < 1 || height < 1;
  if (format === undefined || format.color || empty || layout.totalBytes > out.length) {
    throw new AppulseError(
      'frame.shape',
      `block ${info.blockId} is ${width} x ${height} in format 0x${shape.pixelFormat.toString(16)}, which this stream was not opened for`,
    );
  }

  // A frame without its leader ends where its last packet did: pixels beyond that never came.
  const imageBytes = payloadBytesOf(format, width, height);
  if (info.payloadBytes < imageBytes) {
    missing.push({ offset: info.payloadBytes, length: imageBytes - info.payloadBytes });
  }
  if (info.paddingX !== 0) {
    throw new AppulseError(
      'frame.padding',
      `block ${info.blockId} has lines padded by ${info.paddingX} bytes, which cannot be read`,
    );
  }
  // A camera that does not say whether it has a GPS header is judged by its bytes.
  const hasGpsHeader = context.gpsHeader ?? (headerBytes !== null && looksLikeGpsHeader(headerBytes));
  const time = stampFrame({
    headerBytes,
    hasGpsHeader,
    shutter: context.shutter,
    exposureNs: context.exposureNs,
    leaderTicks: info.cameraTimestamp,
    tickFrequencyHz: context.tickFrequencyHz,
    receivedNs: info.firstPacketNs,
  });
  const statistics = framePass({
    payload: ring.payload(task.slot),
    format,
    width,
    height,
    skipRows: hasGpsHeader ? 1 : 0,
    out,
    outOffset: layout.headerBytes,
    scratch,
  });
  const record: FrameRecord = {
    sessionId: context.sessionId,
    stationId: context.stationId,
    cameraId: context.cameraId,
    cameraName: context.cameraName,
    frameNumber: task.frameNumber,
    blockId: info.blockId,
    time,
    receivedNs: info.firstPacketNs,
    width,
    height,
    offsetX: shape.offsetX,
    offsetY: shape.offsetY,
    bitDepth: format.bitDepth,
    pixelFormat: format.name,
    missing,
    packetsMissing: info.packetsMissing,
    packetsResent: info.packetsResent,
    statistics,
    gain: context.gain,
    site: context.site,
  };
  writeFrameHeader(out, record);
  out.fill(0, layout.headerBytes + layout.pixelBytes, layout.totalBytes);
  return {
    record,
    length: layout.totalBytes,
    headerBytes: layout.headerBytes,
    complete: info.complete && missing.length === 0,
  };
}
