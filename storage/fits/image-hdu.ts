/**
 * A frame as one FITS extension, an IMAGE or a compressed one (a table of tiles, FITS 4.0 section 10): unsigned pixels of 8 bits, or
 * of 16 or 32 by the BZERO convention, colours as planes of a third axis, and a header that says all of the frame's record, so that the index can be made again
 * from the files alone. The header has a fixed number of blocks, so the place of the pixels is known before the header's values are.
 */
import { addOnesSums, onesSum } from '#pipeline/kernels/ones-sum.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import { StorageError } from '../errors.js';
import type { FrameRecord } from '../frame-record.js';
import { CardWriter, padToBlock } from './cards.js';
import { sealHeader, writeSumCards } from './checksum.js';
import { writeCaptureCards, writeImageCards, writeMissingCards, writeSourceCards } from './frame-cards.js';
import { writeGpsCards } from './gps-cards.js';
import { DESCRIPTOR_BYTES, layoutFrameHdu } from './hdu-layout.js';
import { writeLibraryInfoCards } from './library-info-cards.js';
import { writeTimeCards } from './time-cards.js';

/**
 * How the pixels stand behind the header; `rowBytes`: the length of each row's Rice code, rows in order. `sum`: the ones'
 * complement sum of the pixels or of the code as if it began at a multiple of four; left out, the HDU has no sums.
 */
export type HduImage = { readonly sum?: number | null } & (
  | { readonly kind: 'raw' }
  | { readonly kind: 'rice'; readonly rowBytes: Uint32Array }
);

/** What stands behind the pixels, and the DATASUM in the header; null where there is none. */
export interface HduEnd {
  readonly paddingBytes: number;
  readonly dataSum: number | null;
}

/**
 * Writes the header of `record` into `target` from its start and, compressed, the table of the rows behind it. The pixels are
 * the caller's: 8 bits as they are, big-endian signed values of (pixel - 32768) or (pixel - 2^31), or their Rice code. Returns the
 * zeros that fill the last block of the HDU. Throws `storage.fits-heap` for code beyond what the table's 32-bit offsets reach.
 */
export function writeFrameHeader(target: Uint8Array, record: FrameRecord, image: HduImage): HduEnd {
  const { width, height, sampleBytes } = record;
  const planes = planesOfName(record.pixelFormat);
  const rows = height * planes;
  const layout = layoutFrameHdu(width, height, image.kind === 'rice' ? 'fits' : 'fits-raw', sampleBytes, planes);
  const out = new CardWriter(target, layout.headerBytes);
  let dataBytes = layout.rowBound * rows;
  let dataSum = image.sum ?? null;
  if (image.kind === 'rice') {
    const heap = writeDescriptors(target, layout.headerBytes, image.rowBytes, rows);
    dataBytes = heap.bytes;
    // A descriptor has eight bytes, so the code begins at a multiple of four.
    const table = DESCRIPTOR_BYTES * rows;
    if (dataSum !== null) dataSum = addOnesSums(dataSum, onesSum(target, layout.headerBytes, table));
    writeCompressedCards(out, record, planes, heap);
  } else writePlainCards(out, record, planes);
  const checksumAt = dataSum === null ? 0 : writeSumCards(out, dataSum);
  writeImageCards(out, record);
  writeTimeCards(out, record.time);
  writeCaptureCards(out, record);
  writeSourceCards(out, record);
  const { rawHeader, sequence, libraryInfo } = record.time;
  if (rawHeader !== null) writeGpsCards(out, rawHeader, sequence !== null);
  if (libraryInfo !== undefined) writeLibraryInfoCards(out, libraryInfo, rawHeader === null);
  writeMissingCards(out, record.missing);
  out.finish();
  if (dataSum !== null) sealHeader(target, layout.headerBytes, checksumAt, dataSum);
  const bytes = layout.dataOffset + dataBytes;
  return { paddingBytes: padToBlock(bytes) - bytes, dataSum };
}

interface Heap {
  readonly bytes: number;
  /** Of the longest row's code. */
  readonly most: number;
}

/** The table of the rows: length and offset of each row's code (FITS 4.0, section 7.3.5). */
function writeDescriptors(target: Uint8Array, at: number, rowBytes: Uint32Array, rows: number): Heap {
  const table = new DataView(target.buffer, target.byteOffset + at, DESCRIPTOR_BYTES * rows);
  let bytes = 0;
  let most = 0;
  for (let row = 0; row < rows; row++) {
    const length = rowBytes[row] ?? 0;
    if (bytes > 0x7fff_ffff) throw new StorageError('storage.fits-heap', 'more than 2 GiB of code in one frame');
    table.setInt32(DESCRIPTOR_BYTES * row, length);
    table.setInt32(DESCRIPTOR_BYTES * row + 4, bytes);
    bytes += length;
    if (length > most) most = length;
  }
  return { bytes, most };
}

const PLANES = 'planes: red, green, blue';
const BITPIX_COMMENT = { 1: 'unsigned 8-bit integers', 2: 'signed 16-bit integers', 4: 'signed 32-bit integers' };

function writePlainCards(out: CardWriter, { width, height, sampleBytes }: FrameRecord, planes: 1 | 3): void {
  out.card('XTENSION', 'IMAGE', 'image extension');
  out.card('BITPIX', 8 * sampleBytes, BITPIX_COMMENT[sampleBytes]);
  out.card('NAXIS', planes === 1 ? 2 : 3);
  out.card('NAXIS1', width, 'columns');
  out.card('NAXIS2', height, 'rows');
  if (planes > 1) out.card('NAXIS3', planes, PLANES);
  out.card('PCOUNT', 0);
  out.card('GCOUNT', 1);
  // As Siril says that planes are colours. In a table's header fitsverify wants no axis beyond the table's two.
  if (planes > 1) out.card('CTYPE3', 'RGB');
}

/** FITS 4.0, section 10.1: the table that holds the code, and the image that it stands for. */
function writeCompressedCards(
  out: CardWriter,
  { width, height, sampleBytes }: FrameRecord,
  planes: 1 | 3,
  heap: Heap,
): void {
  out.card('XTENSION', 'BINTABLE', 'a compressed image');
  out.card('BITPIX', 8);
  out.card('NAXIS', 2);
  out.card('NAXIS1', DESCRIPTOR_BYTES);
  out.card('NAXIS2', height * planes, 'a tile a row');
  out.card('PCOUNT', heap.bytes, 'bytes of code');
  out.card('GCOUNT', 1);
  out.card('TFIELDS', 1);
  out.card('TTYPE1', 'COMPRESSED_DATA');
  out.card('TFORM1', `1PB(${heap.most})`);
  out.card('ZIMAGE', true, 'this is a compressed image');
  out.card('ZTENSION', 'IMAGE');
  out.card('ZBITPIX', 8 * sampleBytes, BITPIX_COMMENT[sampleBytes]);
  out.card('ZNAXIS', planes === 1 ? 2 : 3);
  out.card('ZNAXIS1', width, 'columns');
  out.card('ZNAXIS2', height, 'rows');
  if (planes > 1) out.card('ZNAXIS3', planes, PLANES);
  out.card('ZPCOUNT', 0);
  out.card('ZGCOUNT', 1);
  out.card('ZTILE1', width);
  out.card('ZTILE2', 1);
  if (planes > 1) out.card('ZTILE3', 1);
  out.card('ZCMPTYPE', 'RICE_1', 'lossless');
  out.card('ZNAME1', 'BLOCKSIZE');
  out.card('ZVAL1', 32, 'pixels a block');
  out.card('ZNAME2', 'BYTEPIX');
  out.card('ZVAL2', sampleBytes, 'bytes a pixel');
}
