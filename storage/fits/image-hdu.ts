/**
 * A frame as one FITS extension, an IMAGE or a compressed one (a table of tiles, FITS 4.0 section 10): 16-bit unsigned pixels
 * by the BZERO convention, and a header that says all of the frame's time, so that the index can be made again from the
 * files alone. The header has a fixed number of blocks, so the place of the pixels is known before the header's values are.
 *
 * DATE-OBS, DATE-BEG, -AVG, -END and EXPTIME are those of row 0. The GPS_ keywords are the camera's words, uncorrected, in
 * the two spellings found in the field (N.I.N.A.; INDI and SharpCap), so that Siril and PyMovie find theirs.
 */
import type { FrameTime } from '#gps/frame-time.js';
import {
  decodeQhyHeader,
  latitudeDeg,
  longitudeDeg,
  QHY_HEADER_BYTES,
  type QhyStamp,
  RECEIVER_STATUS,
  receiverStatus,
  stampUtcNs,
} from '#gps/header/qhy-header.js';
import { formatUtc, mjdOf } from '#gps/instant.js';
import { frameSpan } from '#gps/rows/row-time.js';
import { StorageError } from '../errors.js';
import type { ByteRange, FrameRecord } from '../frame-record.js';
import { CardWriter, Decimal, padToBlock, secondsText } from './cards.js';
import { DESCRIPTOR_BYTES, layoutFrameHdu } from './hdu-layout.js';
import { writeGeocentricCards, writeSiteCards } from './site-cards.js';

/** The header counts in ticks of it. */
const GPS_TICK_NS = 100n;
/** Characters of a string that stay whole in a card, with its quotes. */
const LINE_LENGTH = 66;

/** How the pixels stand behind the header; `rowBytes`: the length of each row's Rice code, rows in order. */
export type HduImage = { readonly kind: 'raw' } | { readonly kind: 'rice'; readonly rowBytes: Uint32Array };

/**
 * Writes the header of `record` into `target` from its start and, compressed, the table of the rows behind it. The pixels are
 * the caller's: big-endian 16-bit signed values of (pixel - 32768), or their Rice code. Returns the zeros that fill the last
 * block of the HDU. Throws `storage.fits-heap` for code beyond what the table's 32-bit offsets reach.
 */
export function writeFrameHeader(target: Uint8Array, record: FrameRecord, image: HduImage): { paddingBytes: number } {
  const { width, height } = record;
  const layout = layoutFrameHdu(width, height, image.kind === 'rice' ? 'fits' : 'fits-raw');
  const out = new CardWriter(target, layout.headerBytes);
  let dataBytes = layout.rowBound * height;
  if (image.kind === 'rice') {
    const heap = writeDescriptors(target, layout.headerBytes, image.rowBytes, height);
    dataBytes = heap.bytes;
    writeCompressedCards(out, record, heap);
  } else writePlainCards(out, record);
  writeImageCards(out, record);
  writeTimeCards(out, record.time);
  writeSourceCards(out, record);
  const { rawHeader, sequence } = record.time;
  if (rawHeader !== null) writeGpsCards(out, rawHeader, sequence !== null);
  writeMissingCards(out, record.missing);
  out.finish();
  const bytes = layout.dataOffset + dataBytes;
  return { paddingBytes: padToBlock(bytes) - bytes };
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

function writePlainCards(out: CardWriter, { width, height }: FrameRecord): void {
  out.card('XTENSION', 'IMAGE', 'image extension');
  out.card('BITPIX', 16, 'signed 16-bit integers');
  out.card('NAXIS', 2);
  out.card('NAXIS1', width, 'columns');
  out.card('NAXIS2', height, 'rows');
  out.card('PCOUNT', 0);
  out.card('GCOUNT', 1);
}

/** FITS 4.0, section 10.1: the table that holds the code, and the image that it stands for. */
function writeCompressedCards(out: CardWriter, { width, height }: FrameRecord, heap: Heap): void {
  out.card('XTENSION', 'BINTABLE', 'a compressed image');
  out.card('BITPIX', 8);
  out.card('NAXIS', 2);
  out.card('NAXIS1', DESCRIPTOR_BYTES);
  out.card('NAXIS2', height, 'a tile a row');
  out.card('PCOUNT', heap.bytes, 'bytes of code');
  out.card('GCOUNT', 1);
  out.card('TFIELDS', 1);
  out.card('TTYPE1', 'COMPRESSED_DATA');
  out.card('TFORM1', `1PB(${heap.most})`);
  out.card('ZIMAGE', true, 'this is a compressed image');
  out.card('ZTENSION', 'IMAGE');
  out.card('ZBITPIX', 16, 'signed 16-bit integers');
  out.card('ZNAXIS', 2);
  out.card('ZNAXIS1', width, 'columns');
  out.card('ZNAXIS2', height, 'rows');
  out.card('ZPCOUNT', 0);
  out.card('ZGCOUNT', 1);
  out.card('ZTILE1', width);
  out.card('ZTILE2', 1);
  out.card('ZCMPTYPE', 'RICE_1', 'lossless');
  out.card('ZNAME1', 'BLOCKSIZE');
  out.card('ZVAL1', 32, 'pixels a block');
  out.card('ZNAME2', 'BYTEPIX');
  out.card('ZVAL2', 2, 'bytes a pixel');
}

const BAYER_NAMES: Readonly<Record<string, string>> = { GR: 'GRBG', RG: 'RGGB', GB: 'GBRG', BG: 'BGGR' };

function writeImageCards(out: CardWriter, record: FrameRecord): void {
  out.card('BSCALE', 1);
  out.card('BZERO', 32768, 'pixels are unsigned 16-bit');
  out.card('BUNIT', 'adu');
  out.card('EXTNAME', 'FRAME');
  out.card('EXTVER', record.frameNumber, 'number of the frame in the session');
  out.card('ROWORDER', 'TOP-DOWN', 'the first row of the file is the top one');
  out.card('PIXFMT', record.pixelFormat, 'pixel format of the stream (PFNC)');
  out.card('BITDEPTH', record.bitDepth, 'significant bits of a pixel');
  out.card('XORGSUBF', record.offsetX, 'first column on the sensor');
  out.card('YORGSUBF', record.offsetY, 'first row on the sensor');
  const bayer = BAYER_NAMES[/^Bayer([GRB]{2})/.exec(record.pixelFormat)?.[1] ?? ''];
  if (bayer !== undefined) out.card('BAYERPAT', bayer);
  if (record.statistics !== null) {
    out.real('DATAMIN', record.statistics.min, '[adu]');
    out.real('DATAMAX', record.statistics.max, '[adu]');
    out.real('DATAMEAN', record.statistics.mean, '[adu]');
    out.real('DATASTDV', record.statistics.stddev, '[adu] standard deviation');
    if (record.statistics.median !== null) out.real('DATAMEDN', record.statistics.median, '[adu] median');
    out.card('SATPIX', record.statistics.saturated, 'pixels at the largest value');
  }
}

function writeTimeCards(out: CardWriter, time: FrameTime): void {
  out.card('TIMESYS', 'UTC');
  out.card('DATE-OBS', formatUtc(time.startUtcNs, 9, time.leapSecond), 'start of exposure of row 0');
  out.card('DATE-BEG', formatUtc(time.startUtcNs, 9, time.leapSecond));
  out.card('DATE-AVG', formatUtc(time.midUtcNs, 9, time.midLeapSecond), 'middle');
  out.card('DATE-END', formatUtc(time.endUtcNs, 9, time.endLeapSecond), 'end');
  out.card('MJD-OBS', new Decimal(mjdOf(time.startUtcNs)), 'DATE-OBS, which is exact, as MJD');
  out.card('MJD-BEG', new Decimal(mjdOf(time.startUtcNs)));
  out.card('MJD-AVG', new Decimal(mjdOf(time.midUtcNs)));
  out.card('MJD-END', new Decimal(mjdOf(time.endUtcNs)));
  out.card('EXPTIME', secondsText(time.exposureNs), '[s]');
  out.card('XPOSURE', secondsText(time.exposureNs), '[s]');
  out.card('TIMEUNIT', 's');
  out.card('TREFPOS', 'TOPOCENTER');
  out.card('TIMSYER', secondsText(time.uncertaintyNs), '[s] bound of the error of DATE-OBS');
  if (time.source === 'gps-header') out.card('TIMRDER', secondsText(GPS_TICK_NS), '[s] resolution');
  out.card('TIMEUNC', time.uncertaintyNs, '[ns] TIMSYER');
  out.card('TIMESRC', time.source, 'what the time comes from');
  out.card('TIMEGRAD', time.grade, 'locked, holdover, coarse or untrusted');
  writeFlagCards(out, time.flags);
  writeCalibrationCards(out, time);
  if (time.leapSecond) out.card('LEAPSEC', true, 'DATE-OBS is in a leap second');
  writeRowCards(out, time);
}

/** The LED calibration that is in the times above. */
function writeCalibrationCards(out: CardWriter, { calibration }: FrameTime): void {
  if (calibration === undefined) return;
  out.card('CALSTART', calibration.startOffsetNs, '[ns] added to the start by LED calibration');
  out.card('CALEND', calibration.endOffsetNs, '[ns] added to the end');
  out.card('CALSIGMA', calibration.sigmaNs, '[ns] standard deviation, 3 of it in TIMEUNC');
  out.card('CALDATE', formatUtc(calibration.measuredUtcNs, 3), 'when it was measured (UTC)');
}

/** How the other rows follow row 0, and what span of time the image covers. */
function writeRowCards(out: CardWriter, time: FrameTime): void {
  const { rows } = time;
  const span = frameSpan(time);
  out.card('SHUTTER', rows.shutter);
  if (rows.linePeriodNs !== null) out.card('LINEPER', rows.linePeriodNs, '[ns] end of a line to end of the next');
  out.card('ROWUNIT', rows.rowUnit, 'what a line is');
  out.card('ROWPAIRS', rows.rowPairs, 'two lines end together');
  if (rows.rowZeroEndOffsetNs !== null) out.card('ROW0OFF', rows.rowZeroEndOffsetNs, '[ns] t0 to end of line 0');
  // The same by N.I.N.A.'s names, for Siril.
  if (rows.linePeriodNs !== null) out.card('QHY_LP', rows.linePeriodNs, '[ns] linePeriod');
  if (rows.rowZeroEndOffsetNs !== null) out.card('QHY_OFF0', thousandths(rows.rowZeroEndOffsetNs), '[us]');
  out.card('ROWFIRST', rows.firstLine, 'line of the row that was read first');
  out.card('ROWLINES', rows.linesPerRow, 'lines that make a row');
  out.card('ROWDIR', rows.rowDirection, 'order of reading, as the file shows it');
  out.card('ROWORIG', rows.origin, 'who tells the line period');
  out.card('SPANBEG', formatUtc(span.startUtcNs), 'first start of exposure of any row');
  out.card('SPANEND', formatUtc(span.endUtcNs), 'last end of exposure of any row');
}

/** Flags in TIMEFLAG, and in TIMEFLG2 and on where one card cannot hold them. */
function writeFlagCards(out: CardWriter, flags: readonly string[]): void {
  const lines = linesOfWords(flags);
  for (const [i, line] of (lines.length === 0 ? [''] : lines).entries()) {
    out.card(i === 0 ? 'TIMEFLAG' : `TIMEFLG${i + 1}`, line, 'what was found wrong or missing');
  }
}

/** Words with spaces between, in lines that a card's string takes whole. */
function linesOfWords(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_LENGTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function writeSourceCards(out: CardWriter, record: FrameRecord): void {
  out.card('INSTRUME', record.cameraName);
  out.card('SESSION', record.sessionId);
  out.card('STATION', record.stationId);
  out.card('CAMERAID', record.cameraId);
  out.card('FRAMENO', record.frameNumber, 'number of the frame in the session');
  out.card('BLOCKID', record.blockId, 'block id of the stream, unwrapped');
  if (record.time.sequence !== null) out.card('SEQUENCE', record.time.sequence, "the camera's own count");
  out.card('RECVUTC', formatUtc(record.receivedNs), 'first packet at the host, host clock');
  if (record.gain !== null) out.card('GAIN', record.gain, 'as the camera names it');
  if (record.site !== null) {
    writeSiteCards(out, record.site);
    writeGeocentricCards(out, record.site);
  }
  out.card('PKTRSENT', record.packetsResent, 'packets that came on request');
  out.card('PKTMISS', record.packetsMissing, 'packets that never came');
}

/** SharpCap's words for the receiver's statuses, and N.I.N.A.'s. */
const SHARPCAP_STATUS = ['Offline', 'Searching', 'PartialData', 'Locked'];
const NINA_STATUS = ['just powered on', 'not locked', 'not locked but data valid', 'locked and valid'];

/**
 * The camera's words in both spellings. Where they collide once upper-cased (GPS_SFLG, GPS_SEQ, GPS_LAT), each stands once: the
 * flag as the raw byte, positions in decimal degrees. `isHeader`: the bytes were found to be a header; otherwise they are kept
 * as they are, and not read.
 */
function writeGpsCards(out: CardWriter, raw: Uint8Array, isHeader: boolean): void {
  const hex = Buffer.from(raw).toString('hex');
  out.card('GPSRAW1', hex.slice(0, QHY_HEADER_BYTES), 'GPS header as it');
  out.card('GPSRAW2', hex.slice(QHY_HEADER_BYTES), 'arrived, hex');
  if (!isHeader || raw.byteLength !== QHY_HEADER_BYTES) return;
  const header = decodeQhyHeader(raw);
  const locked = [header.start, header.end, header.now].every((s) => receiverStatus(s.flag) === RECEIVER_STATUS.locked);
  out.card('GPSSTAT', (locked ? 'Locked' : SHARPCAP_STATUS[Math.min(2, receiverStatus(header.now.flag))]) ?? '');
  out.card('GPS_SEQ', header.sequence);
  out.card('GPS_TMP', header.reserved);
  out.card('GPS_W', header.width);
  out.card('GPS_H', header.height);
  out.real('GPS_LAT', latitudeDeg(header.latitudeRaw), '[deg] north');
  out.real('GPS_LON', longitudeDeg(header.longitudeRaw), '[deg] east');
  out.real('GPS_LONG', longitudeDeg(header.longitudeRaw), '[deg] east');
  out.card('GPS_PPS', header.ppsCount, 'ticks between the last two PPS');
  out.card('GPS_PPSC', header.ppsCount);
  writeStampCards(out, 'S', header.start);
  writeStampCards(out, 'E', header.end);
  writeStampCards(out, 'N', header.now);
  const exposure = (stampUtcNs(header.end, null) - stampUtcNs(header.start, null)) / 100n;
  out.card('GPS_EXP', tenths(exposure), '[us] end - start, uncorrected');
  out.card('GPS_EXPU', tenths(exposure), '[us]');
}

/** `letter` is S for start, E for end, N for now. A stamp with ticks beyond a second is still written as it stands. */
function writeStampCards(out: CardWriter, letter: 'S' | 'E' | 'N', stamp: QhyStamp): void {
  const whole = { ...stamp, ticks: 0 };
  const microseconds = tenths(BigInt(stamp.ticks));
  out.card(`GPS_${letter}FLG`, stamp.flag, 'raw flag, status in bits 4 and 5');
  out.card(`GPS_${letter}ST`, NINA_STATUS[receiverStatus(stamp.flag)] ?? '');
  out.card(`GPS_${letter}SEC`, stamp.seconds, '[s] since 1995-10-10');
  out.card(`GPS_${letter}US`, microseconds, '[us] of the second');
  out.card(`GPS_${letter}UTC`, formatUtc(stampUtcNs(stamp, null), 7));
  // SharpCap's and INDI's: the whole second, and what is behind it.
  out.card(`GPS_${letter}T`, `${formatUtc(stampUtcNs(whole, null), 7)}Z`);
  out.card(`GPS_${letter}S`, stamp.seconds);
  out.card(`GPS_${letter}U`, microseconds, '[us]');
}

/** Nanoseconds as microseconds. */
function thousandths(ns: bigint): Decimal {
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  return new Decimal(`${sign}${size / 1000n}.${String(size % 1000n).padStart(3, '0')}`);
}

/** Tenths of a microsecond as microseconds. */
function tenths(ticks: bigint): Decimal {
  const sign = ticks < 0n ? '-' : '';
  const size = ticks < 0n ? -ticks : ticks;
  return new Decimal(`${sign}${size / 10n}.${size % 10n}`);
}

/** Ranges as `offset+length` in bytes of the payload, several a card; MISSCUT says that the header could not hold all. */
function writeMissingCards(out: CardWriter, missing: readonly ByteRange[]): void {
  const bytes = missing.reduce((sum, range) => sum + range.length, 0);
  out.card('MISSBYTE', bytes, 'payload bytes that never came, zeroed');
  out.card('MISSRNGS', missing.length, 'ranges of them');
  // A card holds at most 16 ranges (three characters and a space each).
  const most = missing.slice(0, 16 * out.room);
  const lines = linesOfWords(most.map((range) => `${range.offset}+${range.length}`));
  const isCut = most.length < missing.length || lines.length > out.room;
  if (isCut) out.card('MISSCUT', true, 'more ranges than the header holds');
  for (const [i, line] of lines.slice(0, out.room).entries()) out.card(`MISS${i + 1}`, line);
}
