/** Sessions recorded as SER through the recorder itself, with pixels that can be computed again. */
import { recordingFormat } from '#storage/formats/formats.js';
import type { SegmentHeader } from '#storage/formats/segment-header.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { openRecorder } from '#storage/segments/recorder.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { SerStamp } from '#storage/ser/ser-stamp.js';
import type { SessionDescription } from '#storage/session-record.js';
import { CAMERA, samplePixel, sampleRecord, sampleSession } from './sample-session.js';

export type SerShape = Pick<FrameRecord, 'width' | 'height' | 'sampleBytes' | 'bitDepth' | 'pixelFormat'>;

export const SER_SHAPE: SerShape = { width: 64, height: 48, sampleBytes: 2, bitDepth: 12, pixelFormat: 'Mono12p' };

/** Frame `number` as it stands in a SER file. */
export function serPixels(number: number, { width, height, sampleBytes, bitDepth }: SerShape): Uint8Array {
  const bytes = Buffer.alloc(width * height * sampleBytes);
  const most = 2 ** bitDepth - 1;
  for (let i = 0; i < width * height; i++) {
    const value = samplePixel(number, i) & most;
    if (sampleBytes === 1) bytes[i] = value;
    else bytes.writeUInt16LE(value, 2 * i);
  }
  return bytes;
}

export const serRecord = (number: number, sessionId: string, shape = SER_SHAPE): FrameRecord =>
  sampleRecord(number, sessionId, shape);

export const SER_HEADER: SegmentHeader = {
  sessionId: 'session-1',
  stationId: 'station-1',
  stationName: 'Station',
  cameraId: CAMERA.id,
  cameraName: CAMERA.name,
  cameraUri: CAMERA.uri,
  number: 1,
  createdUtcNs: 0n,
  software: 'appulse test',
  observer: 'J. Doe',
  telescope: 'C11 f/6.3',
  object: null,
  site: null,
};

export interface SerSession {
  readonly recorder: Recorder;
  readonly session: SessionDescription;
  /** Fills and appends frame `number`; waits for a free buffer. */
  readonly record: (number: number) => Promise<void>;
}

export async function serSession(
  dataFolder: string,
  options: { shape?: SerShape; segmentBytes?: number; maxBytes?: number | null; serStamp?: SerStamp } = {},
): Promise<SerSession> {
  const { shape = SER_SHAPE, segmentBytes = 10_000_000, maxBytes = null, serStamp } = options;
  const format = recordingFormat('ser');
  const layout = format.layout(shape);
  const session: SessionDescription = { ...sampleSession(), observer: 'Zoë Observer', telescope: 'x'.repeat(60) };
  const buffers = RecordBuffers.create({ bufferBytes: layout.bufferBytes, count: 16 });
  const recorder = await openRecorder({
    dataFolder,
    session,
    format: 'ser',
    ...(serStamp === undefined ? {} : { serStamp }),
    segmentBytes,
    maxBytes,
    buffers: buffers.handle,
  });
  const record = async (number: number): Promise<void> => {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      buffer = recorder.acquire();
    }
    const frame = serRecord(number, session.id, shape);
    const target = buffers.buffer(buffer);
    const pixels = serPixels(number, shape);
    target.set(pixels, layout.dataOffset);
    const bytes = pixels.byteLength;
    const { dataSum } = format.writeFrame(target, frame, { rowBytes: null, bytes, tailOffset: bytes, sum: null });
    recorder.append({ buffer, parts: [{ offset: 0, length: bytes }], headerBytes: 0, dataSum, record: frame });
  };
  return { recorder, session, record };
}
