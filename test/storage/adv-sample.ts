/** ADV segments for tests, recorded by the recorder: frames of sample-session.ts with pixels that can be computed again. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { recordingFormat } from '#storage/formats/formats.js';
import type { Pixels } from '#storage/formats/segment-reader.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { openRecorder } from '#storage/segments/recorder.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { SessionDescription } from '#storage/session-record.js';
import { samplePixel, sampleRecord, sampleSession } from './sample-session.js';

const adv = recordingFormat('adv');

/** The pixels of `record`, of its depth. */
export function samplePixels({ width, height, sampleBytes, bitDepth, frameNumber }: FrameRecord): Pixels {
  const data = sampleBytes === 1 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = samplePixel(frameNumber, i) & (2 ** bitDepth - 1);
  return { width, height, data };
}

export function bytesOf({ data }: Pixels): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** Fills a record buffer with the whole frame, as a frame worker does. */
export function fillFrame(target: Uint8Array, record: FrameRecord) {
  const { dataOffset, headerBytes } = adv.layout(record);
  const pixels = bytesOf(samplePixels(record));
  target.set(pixels, dataOffset);
  const tailOffset = dataOffset + pixels.byteLength;
  const image = { rowBytes: null, bytes: pixels.byteLength, tailOffset, sum: null };
  const { tailBytes, dataSum } = adv.writeFrame(target, record, image);
  return { parts: [{ offset: 0, length: tailOffset + tailBytes }], headerBytes, dataSum };
}

export interface AdvRecording {
  readonly recorder: Recorder;
  readonly session: SessionDescription;
  readonly record: (number: number, changes?: Partial<FrameRecord>) => Promise<FrameRecord>;
  /** Files of the session, complete paths, in order. */
  readonly files: () => string[];
}

export async function recordAdv(
  dataFolder: string,
  options: { shape?: Partial<FrameRecord>; segmentBytes?: number; session?: Partial<SessionDescription> } = {},
): Promise<AdvRecording> {
  const session = { ...sampleSession(), ...options.session };
  const { bufferBytes } = adv.layout(sampleRecord(1, session.id, options.shape));
  const buffers = RecordBuffers.create({ bufferBytes, count: 32 });
  const recorder = await openRecorder({
    dataFolder,
    session,
    format: 'adv',
    segmentBytes: options.segmentBytes ?? 100_000_000,
    maxBytes: null,
    buffers: buffers.handle,
  });
  const record = async (number: number, changes: Partial<FrameRecord> = {}): Promise<FrameRecord> => {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      buffer = recorder.acquire();
    }
    const frame = sampleRecord(number, session.id, { ...options.shape, ...changes });
    recorder.append({ buffer, ...fillFrame(buffers.buffer(buffer), frame), record: frame });
    return frame;
  };
  const files = () =>
    readdirSync(recorder.folder)
      .filter((name) => /\.adv(\.part)?$/.test(name))
      .sort()
      .map((name) => join(recorder.folder, name));
  return { recorder, session, record, files };
}
