/**
 * What a worker makes of frames: reads them from their segment and leaves them in shared memory as the target wants them, one
 * behind the other.
 */
import { reasonOf } from '#gps/errors.js';
import { fromPlanes } from '#pipeline/kernels/color.js';
import { encodeFits16, encodeFits32 } from '#pipeline/kernels/fits-pixels.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { riceBound, riceEncode } from '#pipeline/kernels/rice.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { advFormat } from '../adv/adv-format.js';
import { BLOCK_BYTES, cardText, padToBlock } from '../fits/cards.js';
import { layoutFrameHdu } from '../fits/hdu-layout.js';
import { writeFrameHeader } from '../fits/image-hdu.js';
import type { FrameRecord, SampleBytes } from '../frame-record.js';
import { emptyPrimary, imageCards, scalingCards } from './frame-cards.js';
import { type CardValues, patternValues } from './pattern-values.js';
import { sealedHeader } from './sealed-header.js';
import { type Place, type Samples, SegmentFrames, type StoredFrame } from './stored-frame.js';

/**
 * samples: little-endian, as they are, those of several colours side by side in the order of the stream. planes: big-endian with FITS's zero, as planes of a cube. file: a whole FITS file.
 * compressed-file: a FITS file with the compressed HDU. compressed-hdu: that HDU. adv: a frame of ADV, and its record.
 * recorded: little-endian, colours in planes, and its record.
 */
export type Product = 'samples' | 'planes' | 'file' | 'compressed-file' | 'compressed-hdu' | 'adv' | 'recorded';

export interface DecodeTask {
  readonly file: string;
  readonly frames: readonly Place[];
  readonly product: Product;
  /** The primary header that a segment of FITS would have, as text; '' where no product needs it. */
  readonly primary: string;
  readonly memory: SharedArrayBuffer;
}

/** A frame in the task's memory, behind the ones before it; `error` where there is none. */
export interface DecodedFrame {
  readonly bytes: number;
  readonly error: string | null;
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: SampleBytes;
  /** Ones' complement sum of its bytes, as if they began at a whole word; 0 unless a product needs it. */
  readonly sum: number;
  /** For names of files; null unless a product needs them, as is the record. */
  readonly values: CardValues | null;
  readonly record: FrameRecord | null;
}

/** The pool's function. A damaged frame is told and left out; the others go on. */
export function decode({ file, frames, product, primary, memory }: DecodeTask): DecodedFrame[] {
  const target = Buffer.from(memory);
  // A segment that retention removes must not stay on the disk because somebody looked at it: it is open for one task only.
  const segment = new SegmentFrames(file, primary);
  let at = 0;
  try {
    return frames.map((place) => {
      try {
        const decoded = PRODUCTS[product](segment.at(place), target.subarray(at));
        at += decoded.bytes;
        return decoded;
      } catch (error) {
        return { ...NOTHING, error: reasonOf(error) };
      }
    });
  } finally {
    segment.close();
  }
}

const NOTHING = {
  ...{ bytes: 0, error: null, width: 0, height: 0, sampleBytes: 2, sum: 0, values: null, record: null },
} as const satisfies DecodedFrame;

const PRODUCTS: Readonly<Record<Product, (frame: StoredFrame, target: Buffer) => DecodedFrame>> = {
  samples: sideBySide,
  planes,
  file: wholeFile,
  'compressed-file': compressedFile,
  'compressed-hdu': (frame, target) => ({ ...NOTHING, bytes: compressedHdu(frame, target) }),
  adv: advFrame,
  recorded: (frame, target) => ({ ...samples(frame, target), record: frame.record() }),
};

const bytesOf = (data: Samples): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

function samples(frame: StoredFrame, target: Buffer): DecodedFrame {
  // Typed arrays are little-endian on every machine that this program runs on.
  const { width, height, sampleBytes, data } = frame.image(target);
  if (data.buffer !== target.buffer) bytesOf(data).copy(target);
  return { ...NOTHING, width, height, sampleBytes, bytes: data.byteLength };
}

/** As `samples`; those of RGB, which have a byte each, as the stream had them, which is how SER has them. */
function sideBySide(frame: StoredFrame, target: Buffer): DecodedFrame {
  const { width, height, sampleBytes, planes: colors, data } = frame.image(target);
  const bytes = data.byteLength;
  if (colors === 1) {
    if (data.buffer !== target.buffer) bytesOf(data).copy(target);
  } else {
    const order = pixelFormatByName(frame.record().pixelFormat)?.rgb ?? [0, 1, 2];
    fromPlanes(data.slice(), target, order);
  }
  return { ...NOTHING, width, height, sampleBytes, bytes };
}

function planes(frame: StoredFrame, target: Buffer): DecodedFrame {
  const { width, height, sampleBytes, data } = frame.image();
  toFits(data, target);
  const bytes = data.byteLength;
  return { ...NOTHING, width, height, sampleBytes, bytes, sum: onesSum(target, 0, bytes) };
}

function wholeFile(frame: StoredFrame, target: Buffer): DecodedFrame {
  const { width, height, sampleBytes, planes: colors, data } = frame.image();
  const own = frame.cards();
  const axes = colors === 1 ? [width, height] : [width, height, colors];
  const kind = colors === 1 ? [] : [cardText('CTYPE3', 'RGB')];
  const cards = [...imageCards(sampleBytes, axes), ...kind, ...scalingCards(sampleBytes), ...own];
  // The header's length is known before the sum is.
  const headerBytes = sealedHeader(cards, 0).byteLength;
  const pixels = target.subarray(headerBytes, headerBytes + data.byteLength);
  toFits(data, pixels);
  sealedHeader(cards, onesSum(pixels, 0, pixels.byteLength)).copy(target);
  const bytes = headerBytes + padToBlock(data.byteLength);
  target.fill(0, headerBytes + data.byteLength, bytes);
  return { ...NOTHING, width, height, sampleBytes, bytes, values: patternValues(own) };
}

function compressedFile(frame: StoredFrame, target: Buffer): DecodedFrame {
  const primary = emptyPrimary([]);
  primary.copy(target);
  const bytes = primary.byteLength + compressedHdu(frame, target.subarray(primary.byteLength));
  return { ...NOTHING, bytes, values: patternValues(frame.cards()) };
}

/** The HDU as it stands where it is compressed, else made as the recorder would have. Returns its bytes. */
function compressedHdu(frame: StoredFrame, target: Buffer): number {
  if (frame.hdu?.toString('latin1', 0, BLOCK_BYTES).includes('ZIMAGE  =')) {
    return frame.hdu.copy(target);
  }
  const { width, height, sampleBytes, planes: colors, data } = frame.image();
  const { dataOffset } = layoutFrameHdu(width, height, 'fits', sampleBytes, colors);
  const rows = height * colors;
  const rowBytes = new Uint32Array(rows);
  const code = new Uint8Array(riceBound(width, sampleBytes) * rows);
  const flip = sampleBytes === 1 ? 0 : 2 ** (8 * sampleBytes - 1);
  const codeBytes = riceEncode(data, 0, width, rows, flip, code, 0, rowBytes, 0);
  target.set(code.subarray(0, codeBytes), dataOffset);
  const record = { ...frame.record(), sampleBytes };
  const { paddingBytes } = writeFrameHeader(target, record, {
    kind: 'rice',
    rowBytes,
    sum: onesSum(code, 0, codeBytes),
  });
  target.fill(0, dataOffset + codeBytes, dataOffset + codeBytes + paddingBytes);
  return dataOffset + codeBytes + paddingBytes;
}

function advFrame(frame: StoredFrame, target: Buffer): DecodedFrame {
  const { width, height, sampleBytes, planes: colors, data } = frame.image();
  const { dataOffset } = advFormat.layout({ width, height, sampleBytes, planes: colors });
  bytesOf(data).copy(target, dataOffset);
  const tailOffset = dataOffset + data.byteLength;
  const record = { ...frame.record(), sampleBytes };
  const image = { rowBytes: null, bytes: data.byteLength, tailOffset, sum: null };
  const { tailBytes } = advFormat.writeFrame(target, record, image);
  return { ...NOTHING, width, height, sampleBytes, bytes: tailOffset + tailBytes, record };
}

/** Big-endian, with the highest bit turned over where FITS has a sign. */
function toFits(data: Samples, target: Buffer): void {
  if (data instanceof Uint16Array) encodeFits16(data, data.length, target, 0);
  else if (data instanceof Uint32Array) encodeFits32(data, data.length, target, 0);
  else target.set(data);
}
