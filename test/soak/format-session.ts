/** Sessions of small frames in any format, with pixels that can be computed again: for damage that is judged by what must be left. */
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { riceEncode } from '#pipeline/kernels/rice.js';
import { recordingFormat } from '#storage/formats/formats.js';
import { type FormatName, RECORDING_FORMATS } from '#storage/formats/recording-format.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { newSessionId, openRecorder } from '#storage/segments/recorder.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { SessionDescription } from '#storage/session-record.js';
import { sampleRecord, sampleSession } from '#test/storage/sample-session.js';

export const WIDTH = 48;
export const HEIGHT = 16;

/** Pixel `i` of frame `number`. */
export function pixelOf(number: number, i: number): number {
  return ((i * 37) % 601) + (number % 97) * 30 + (i % 7 === 0 ? (number * 13) % 50 : 0);
}

/** The formats that this program records in. */
export function formats(): FormatName[] {
  return RECORDING_FORMATS.filter((name) => {
    try {
      recordingFormat(name);
      return true;
    } catch {
      return false;
    }
  });
}

export interface FormatSession {
  readonly recorder: Recorder;
  readonly session: SessionDescription;
  readonly record: (number: number) => Promise<void>;
}

export async function formatSession(
  dataFolder: string,
  name: FormatName,
  segmentBytes: number,
): Promise<FormatSession> {
  const session = { ...sampleSession(), id: newSessionId() };
  const format = recordingFormat(name);
  const layout = format.layout({ width: WIDTH, height: HEIGHT, sampleBytes: 2 });
  const buffers = RecordBuffers.create({ bufferBytes: layout.bufferBytes, count: 32 });
  const recorder = await openRecorder({
    dataFolder,
    session,
    format: name,
    segmentBytes,
    maxBytes: null,
    buffers: buffers.handle,
  });
  const record = async (number: number): Promise<void> => {
    let buffer = recorder.acquire();
    while (buffer === null) {
      await new Promise((done) => setTimeout(done, 1));
      buffer = recorder.acquire();
    }
    const frame = sampleRecord(number, session.id, { width: WIDTH, height: HEIGHT });
    const { parts, dataSum } = fillFrame(buffers.buffer(buffer), name, frame);
    recorder.append({ buffer, parts, headerBytes: layout.headerBytes, dataSum, record: frame });
  };
  return { recorder, session, record };
}

/** A whole frame in a record buffer, as the frame pass makes it. */
function fillFrame(
  target: Uint8Array,
  name: FormatName,
  record: FrameRecord,
): { parts: { offset: number; length: number }[]; dataSum: number | null } {
  const format = recordingFormat(name);
  const { dataOffset, rowBound } = format.layout({ width: WIDTH, height: HEIGHT, sampleBytes: 2 });
  const pixels = Uint16Array.from({ length: WIDTH * HEIGHT }, (_, i) => pixelOf(record.frameNumber, i));
  const rowBytes = format.encoding === 'rice' ? new Uint32Array(HEIGHT) : null;
  let bytes = 0;
  if (rowBytes !== null) {
    bytes = riceEncode(pixels, 0, WIDTH, HEIGHT, 0x8000, target, dataOffset, rowBytes, 0);
  } else {
    const view = new DataView(target.buffer, target.byteOffset + dataOffset, rowBound * HEIGHT);
    const isLittle = format.encoding === 'little-endian';
    for (const [i, pixel] of pixels.entries()) view.setUint16(2 * i, isLittle ? pixel : pixel ^ 0x8000, isLittle);
    bytes = rowBound * HEIGHT;
  }
  const sum = onesSum(target, dataOffset, bytes);
  const tailOffset = dataOffset + bytes;
  const { tailBytes, dataSum } = format.writeFrame(target, record, { rowBytes, bytes, tailOffset, sum });
  return { parts: [{ offset: 0, length: tailOffset + tailBytes }], dataSum };
}
