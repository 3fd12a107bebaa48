/** What the header of a cube says of its frames: what they share. The rest stands in the table behind it. */
import { formatUtc, mjdOf } from '#gps/instant.js';
import { BLOCK_BYTES, CardWriter, Decimal } from '../fits/cards.js';
import { bayerOf } from '../fits/frame-cards.js';
import { writeSiteCards } from '../fits/site-cards.js';
import { writeText } from '../fits/text-cards.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRow } from '../index/rows.js';
import { cardsOf } from './frame-cards.js';

/** Of a row, what a header of one frame says and a cube says where it holds for all. */
const SHARED = [
  'frameType',
  'filter',
  'readMode',
  'gain',
  'offset',
  'binningX',
  'binningY',
  'softwareBinning',
  'exposureNs',
  'sessionId',
] as const satisfies readonly (keyof FrameRow)[];

/** Cards of the cube of `rows`, in the order of its planes; `texts`: of the session of the first of them. None for no rows. */
export function cubeCards(rows: Iterable<FrameRow>, texts: SegmentHeader): string[] {
  let first: FrameRow | null = null;
  let last: FrameRow | null = null;
  const shared = new Set<keyof FrameRow>(SHARED);
  for (const row of rows) {
    first ??= row;
    last = row;
    for (const key of shared) if (row[key] !== first[key]) shared.delete(key);
  }
  if (first === null || last === null) return [];
  const bytes = new Uint8Array(3 * BLOCK_BYTES);
  const out = new CardWriter(bytes, bytes.byteLength);
  out.card('BUNIT', 'adu');
  out.card('ROWORDER', 'TOP-DOWN');
  writeText(out, 'PIXFMT', first.pixelFormat, 'pixel format of the stream (PFNC)');
  out.card('BITDEPTH', first.bitDepth, 'significant bits of a pixel');
  const bayer = first.softwareBinning === 1 ? bayerOf(first.pixelFormat) : null;
  if (bayer !== null) out.card('BAYERPAT', bayer);
  out.card('TIMESYS', 'UTC');
  out.card('DATE-OBS', formatUtc(first.startUtcNs, 9, first.leapSecond), 'start of exposure of the first frame');
  out.card('DATE-BEG', formatUtc(first.startUtcNs, 9, first.leapSecond));
  out.card('DATE-END', formatUtc(last.endUtcNs, 9), 'end of the last one');
  out.card('MJD-OBS', new Decimal(mjdOf(first.startUtcNs)), 'DATE-OBS, which is exact, as MJD');
  out.card('TREFPOS', 'TOPOCENTER');
  const value = <Key extends (typeof SHARED)[number]>(key: Key) => (shared.has(key) ? first[key] : null);
  const exposure = value('exposureNs');
  if (exposure !== null) {
    const nine = String(exposure).padStart(10, '0');
    out.card('EXPTIME', new Decimal(`${nine.slice(0, -9)}.${nine.slice(-9)}`), '[s] of each frame');
  }
  const type = value('frameType');
  if (type !== null) out.card('IMAGETYP', type.toUpperCase());
  writeText(out, 'INSTRUME', texts.cameraName);
  for (const [keyword, text] of [
    ['OBJECT', texts.object],
    ['TELESCOP', texts.telescope],
    ['OBSERVER', texts.observer],
    ['FILTER', value('filter')],
    ['READOUTM', value('readMode')],
    ['SESSION', value('sessionId')],
  ] as const) {
    if (text !== null && (keyword === 'FILTER' || keyword === 'READOUTM' || shared.has('sessionId'))) {
      writeText(out, keyword, text);
    }
  }
  const software = value('softwareBinning');
  const [binningX, binningY] = [value('binningX'), value('binningY')];
  if (software !== null && binningX !== null && binningY !== null) {
    out.card('XBINNING', binningX * software, 'columns of the sensor in one of the image');
    out.card('YBINNING', binningY * software, 'rows of the sensor in one of the image');
    out.card('SOFTBIN', software);
  }
  const [gain, offset] = [value('gain'), value('offset')];
  if (gain !== null) out.card('GAIN', gain, 'as the camera names it');
  if (offset !== null) out.card('OFFSET', offset, 'black level as the camera names it');
  writeText(out, 'ORIGIN', texts.stationName);
  writeText(out, 'STATION', texts.stationId);
  if (texts.siteName) writeText(out, 'SITENAME', texts.siteName);
  if (texts.site !== null) writeSiteCards(out, texts.site);
  writeText(out, 'CAMERAID', first.cameraId);
  writeText(out, 'CREATOR', texts.software);
  out.finish();
  return cardsOf(Buffer.from(bytes).toString('latin1')).filter((card) => card.trim() !== '');
}
