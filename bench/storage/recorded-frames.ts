/** Frames of noise as the recorder takes them. */
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { FormatName } from '#storage/formats/recording-format.js';
import type { FrameRecord } from '#storage/frame-record.js';

export interface RecordedShape {
  readonly format: FormatName;
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: 1 | 2;
}

/** Noise, which no disk can make smaller. */
export function fillNoise(bytes: Uint8Array): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    words[i] = state;
  }
}

/** Writes what stands around the pixels, which are there, and gives the frame's parts. `unsummed`: their sum the frame pass would know. */
export function writeFrame(
  target: Uint8Array,
  record: FrameRecord,
  { format }: RecordedShape,
  sums: 'summed' | 'unsummed' = 'unsummed',
) {
  const { layout, writeFrame: write } = recordingFormat(format);
  const { dataOffset, rowBound, headerBytes } = layout(record);
  const bytes = rowBound * record.height;
  const tailOffset = dataOffset + bytes;
  const sum = sums === 'summed' ? onesSum(target, dataOffset, bytes) : 0;
  const { tailBytes, dataSum } = write(target, record, { rowBytes: null, bytes, tailOffset, sum });
  return { parts: [{ offset: 0, length: tailOffset + tailBytes }], headerBytes, dataSum };
}
