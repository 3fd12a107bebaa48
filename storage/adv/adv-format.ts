/**
 * ADV version 2 as a format of recording: in front of a frame's pixels its head, behind them its status. A crash leaves frames
 * that can be found by their magic; index, counts and offsets follow when the file is complete.
 */
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { StorageError } from '../errors.js';
import type { FrameLayout, FrameShape, RecordingFormat } from '../formats/recording-format.js';
import { AdvBody } from './adv-body.js';
import { advStart, LAYOUT_ID } from './adv-header.js';
import { STATUS_LIMIT_BYTES, writeStatus } from './adv-status.js';
import { FRAME_HEAD_BYTES, FRAME_MAGIC, IMAGE_HEAD_BYTES } from './adv-words.js';

/** Bytes of a frame in front of its pixels. */
export const HEADER_BYTES = FRAME_HEAD_BYTES + IMAGE_HEAD_BYTES;
/** The size of an image section has 32 bits. */
const IMAGE_LIMIT = 0xffff_ffff - IMAGE_HEAD_BYTES;

function layout({ width, height, sampleBytes, planes = 1 }: FrameShape): FrameLayout {
  const pixelBytes = width * height * sampleBytes;
  if (sampleBytes === 4) {
    throw new StorageError(
      'storage.format-shape',
      'ADV holds at most 16 bits a pixel, and these have 32: record as fits',
    );
  }
  if (planes > 1) {
    throw new StorageError(
      'storage.format-shape',
      'ADV holds one sample a pixel, and these have three: record as fits or ser',
    );
  }
  if (pixelBytes > IMAGE_LIMIT) {
    throw new StorageError('storage.format-shape', `a frame of ${width} x ${height} is beyond the 4 GiB of ADV`);
  }
  return {
    headerBytes: HEADER_BYTES,
    dataOffset: HEADER_BYTES,
    rowBound: width * sampleBytes,
    bufferBytes: HEADER_BYTES + pixelBytes + STATUS_LIMIT_BYTES,
  };
}

export const advFormat: RecordingFormat = {
  name: 'adv',
  extension: 'adv',
  encoding: 'little-endian',
  interleaved: false,
  blockBytes: 1,
  needsFrameList: false,
  layout,
  writeFrame: (target, record, { bytes, tailOffset, sum }) => {
    target.set(FRAME_MAGIC);
    const head = new DataView(target.buffer, target.byteOffset, HEADER_BYTES);
    // Stream MAIN. The host saw the first packet when the exposure had ended.
    head.setUint8(4, 0);
    head.setBigInt64(5, record.receivedNs - record.time.exposureNs, true);
    head.setBigInt64(13, record.receivedNs, true);
    head.setUint32(21, IMAGE_HEAD_BYTES + bytes, true);
    head.setUint8(25, LAYOUT_ID);
    head.setUint8(26, 0);
    const dataSum = sum ?? onesSum(target, HEADER_BYTES, bytes);
    return { tailBytes: writeStatus(target, tailOffset, record, dataSum), dataSum };
  },
  begin: (segment, first) => new AdvBody(advStart(segment, first)),
};
