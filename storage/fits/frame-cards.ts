/**
 * A frame's record as cards: what was recorded, by what, how it was set, and what is missing. With the time's cards they hold all
 * of it, so that the index can be made again from the files alone (frame-header.ts).
 */
import { formatUtc } from '#gps/instant.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { ByteRange, FrameRecord } from '../frame-record.js';
import { type CardWriter, linesOfWords } from './cards.js';
import { writeGeocentricCards, writeSiteCards } from './site-cards.js';
import { writeText } from './text-cards.js';

const BAYER_NAMES: Readonly<Record<string, string>> = { GR: 'GRBG', RG: 'RGGB', GB: 'GBRG', BG: 'BGGR' };
/** FITS has no unsigned integers of more than 8 bits: what is taken off each pixel (FITS 4.0, table 11). */
const ZERO = { 1: null, 2: 32_768, 4: 2_147_483_648 } as const;

/** fitsverify 4.20 overruns a buffer where EXTVER has seven digits; it need only be unique in its file. */
export const MOST_VERSION = 999_999;

/** The colours of a pixel format as BAYERPAT names them; null where it has none. */
export function bayerOf(pixelFormat: string): string | null {
  return BAYER_NAMES[/^Bayer([GRB]{2})/.exec(pixelFormat)?.[1] ?? ''] ?? null;
}

export function writeImageCards(out: CardWriter, record: FrameRecord): void {
  const zero = ZERO[record.sampleBytes];
  if (zero !== null) {
    out.card('BSCALE', 1);
    out.card('BZERO', zero, `pixels are unsigned ${8 * record.sampleBytes}-bit`);
  }
  out.card('BUNIT', 'adu');
  out.card('EXTNAME', 'FRAME');
  out.card('EXTVER', ((record.frameNumber - 1) % MOST_VERSION) + 1, 'FRAMENO, six digits of it');
  out.card('ROWORDER', 'TOP-DOWN', 'the first row of the file is the top one');
  writeText(out, 'PIXFMT', record.pixelFormat, 'pixel format of the stream (PFNC)');
  out.card('BITDEPTH', record.bitDepth, 'significant bits of a pixel');
  // Pixels of several colours are in one where they were added up.
  const bayer = bayerOf(record.pixelFormat);
  if (bayer !== null && record.softwareBinning === 1) out.card('BAYERPAT', bayer);
  if (record.statistics !== null) {
    out.real('DATAMIN', record.statistics.min, '[adu]');
    out.real('DATAMAX', record.statistics.max, '[adu]');
    out.real('DATAMEAN', record.statistics.mean, '[adu]');
    out.real('DATASTDV', record.statistics.stddev, '[adu] standard deviation');
    if (record.statistics.median !== null) out.real('DATAMEDN', record.statistics.median, '[adu] median');
    out.card('SATPIX', record.statistics.saturated, 'pixels at the largest value');
  }
}

/** How the camera was set, and what stood before it. */
export function writeCaptureCards(out: CardWriter, record: FrameRecord): void {
  const { softwareBinning: software } = record;
  out.card('IMAGETYP', record.frameType.toUpperCase());
  if (record.object !== null) writeText(out, 'OBJECT', record.object);
  if (record.telescope !== null) writeText(out, 'TELESCOP', record.telescope);
  writeText(out, 'INSTRUME', record.cameraName);
  if (record.filter !== null) writeText(out, 'FILTER', record.filter);
  if (record.observer !== null) writeText(out, 'OBSERVER', record.observer);
  if (record.readMode !== null) writeText(out, 'READOUTM', record.readMode, 'as the camera names it');
  if (record.gain !== null) out.card('GAIN', record.gain, 'as the camera names it');
  if (record.offset !== null) out.card('OFFSET', record.offset, 'black level as the camera names it');
  out.card('XBINNING', record.binningX * software, 'columns of the sensor in one of the image');
  out.card('YBINNING', record.binningY * software, 'rows of the sensor in one of the image');
  out.card('SOFTBIN', software, software === 1 ? 'no pixels added up by software' : softwareBinningOf(record));
  if (record.sensorTemperatureC !== null) out.card('CCD-TEMP', record.sensorTemperatureC, '[degC] sensor');
  out.card('XORGSUBF', record.offsetX, 'first column of the region, as the camera counts');
  out.card('YORGSUBF', record.offsetY, 'first row of it');
  out.card('CCDSEC', sensorSection(record), 'region of the sensor, unbinned, from 1');
}

function softwareBinningOf({ softwareBinning, bitDepth, pixelFormat }: FrameRecord): string {
  const isMean = pixelFormatByName(pixelFormat)?.bitDepth === bitDepth;
  return `${isMean ? 'means' : 'sums'} of ${softwareBinning} x ${softwareBinning} pixels of the stream`;
}

/** The region as IRAF names one: `[x1:x2,y1:y2]`. */
function sensorSection({ offsetX, offsetY, width, height, binningX, binningY, softwareBinning }: FrameRecord): string {
  const span = (offset: number, pixels: number, binning: number) =>
    `${offset * binning + 1}:${(offset + pixels * softwareBinning) * binning}`;
  return `[${span(offsetX, width, binningX)},${span(offsetY, height, binningY)}]`;
}

export function writeSourceCards(out: CardWriter, record: FrameRecord): void {
  writeText(out, 'SESSION', record.sessionId);
  writeText(out, 'STATION', record.stationId);
  writeText(out, 'CAMERAID', record.cameraId);
  out.card('FRAMENO', record.frameNumber, 'number of the frame in the session');
  out.card('BLOCKID', record.blockId, 'block id of the stream, unwrapped');
  out.card('RECVUTC', formatUtc(record.receivedNs), 'first packet at the host, host clock');
  if (record.site !== null) {
    writeSiteCards(out, record.site);
    writeGeocentricCards(out, record.site);
  }
  out.card('PKTRSENT', record.packetsResent, 'packets that came on request');
  out.card('PKTMISS', record.packetsMissing, 'packets that never came');
}

/** Ranges as `offset+length` in bytes of the payload, several a card; MISSCUT says that the header could not hold all. */
export function writeMissingCards(out: CardWriter, missing: readonly ByteRange[]): void {
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
