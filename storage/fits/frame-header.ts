/**
 * A frame's record out of the header of its HDU: what `image-hdu.ts` wrote comes back exactly. Left out are only missing ranges
 * that the header had no room for (MISSCUT), and what is beyond the first 300 characters of a name.
 */
import type { StampCalibration } from '#gps/calibration/stamp-calibration.js';
import { type FrameTime, GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import type { RowModel } from '#gps/rows/row-model.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import {
  type ByteRange,
  type CaptureState,
  FRAME_TYPES,
  type FrameRecord,
  type FrameStatistics,
  type SampleBytes,
  type Site,
} from '../frame-record.js';
import { HeaderCards } from './header-cards.js';
import { LIBRARY_INFO_CARDS, LIBRARY_INFO_KEYWORD } from './library-info-cards.js';

/** Cards of flags and of missing ranges: more than a header holds. */
const MOST_CARDS = 300;
/** Headers from before ROWBOUND. */
const LONGEST_READOUT_NS = 2_000_000_000n;

/** What is not there, and cannot be left out. */
class Incomplete extends Error {}

function need<T>(value: T | null): T {
  if (value === null) throw new Incomplete();
  return value;
}

const oneOf = <T extends string>(words: readonly T[], word: string | null): T =>
  need(words.find((each) => each === word) ?? null);

/** The record of a header of ours, cards of 80 characters up to END; null for any other, and for a damaged one. */
export function frameRecordOf(header: string): FrameRecord | null {
  const cards = new HeaderCards(header);
  if (!cards.has('TIMEGRAD') || !cards.has('FRAMENO')) return null;
  try {
    return recordOf(cards);
  } catch (error) {
    if (error instanceof Incomplete) return null;
    throw error;
  }
}

/** DATASUM of a header; null where it has none. */
export function dataSumOf(header: string): number | null {
  const text = new HeaderCards(header).string('DATASUM') ?? '';
  const sum = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return sum <= 0xffff_ffff ? sum : null;
}

function recordOf(cards: HeaderCards): FrameRecord {
  const compressed = cards.logical('ZIMAGE') === true ? 'Z' : '';
  const height = need(cards.count(`${compressed}NAXIS2`));
  const pixelFormat = need(cards.text('PIXFMT'));
  // What stands behind the header is found by both.
  if ((cards.count(`${compressed}NAXIS3`) ?? 1) !== planesOfName(pixelFormat)) need(null);
  return {
    ...captureOf(cards),
    sessionId: need(cards.text('SESSION')),
    stationId: need(cards.text('STATION')),
    cameraId: need(cards.text('CAMERAID')),
    cameraName: need(cards.text('INSTRUME')),
    frameNumber: need(cards.count('FRAMENO')),
    blockId: need(cards.integer('BLOCKID')),
    time: timeOf(cards, height),
    receivedNs: instantOf(cards, 'RECVUTC').utcNs,
    width: need(cards.count(`${compressed}NAXIS1`)),
    height,
    offsetX: need(cards.count('XORGSUBF')),
    offsetY: need(cards.count('YORGSUBF')),
    bitDepth: need(cards.count('BITDEPTH')),
    sampleBytes: sampleBytesOf(need(cards.count(`${compressed}BITPIX`))),
    pixelFormat,
    missing: missingOf(cards),
    packetsMissing: need(cards.count('PKTMISS')),
    packetsResent: need(cards.count('PKTRSENT')),
    statistics: statisticsOf(cards),
    site: siteOf(cards),
  };
}

function sampleBytesOf(bitpix: number): SampleBytes {
  return need(([1, 2, 4] as const).find((bytes) => 8 * bytes === bitpix) ?? null);
}

function captureOf(cards: HeaderCards): CaptureState {
  const softwareBinning = cards.count('SOFTBIN') ?? 1;
  // A header of version 0.1 has neither these nor IMAGETYP.
  const binning = (keyword: string) => {
    const factor = (cards.count(keyword) ?? softwareBinning) / softwareBinning;
    return Number.isInteger(factor) ? factor : need<number>(null);
  };
  return {
    frameType: oneOf(FRAME_TYPES, (cards.string('IMAGETYP') ?? 'LIGHT').toLowerCase()),
    readMode: cards.text('READOUTM'),
    gain: cards.real('GAIN'),
    offset: cards.real('OFFSET'),
    binningX: binning('XBINNING'),
    binningY: binning('YBINNING'),
    softwareBinning,
    sensorTemperatureC: cards.real('CCD-TEMP'),
    filter: cards.text('FILTER'),
    object: cards.text('OBJECT'),
    observer: cards.text('OBSERVER'),
    telescope: cards.text('TELESCOP'),
  };
}

function instantOf(cards: HeaderCards, keyword: string): { readonly utcNs: bigint; readonly leapSecond: boolean } {
  const text = need(cards.string(keyword));
  try {
    return { utcNs: parseUtc(text), leapSecond: /:60(\.|$)/.test(text) };
  } catch {
    throw new Incomplete();
  }
}

function timeOf(cards: HeaderCards, height: number): FrameTime {
  const start = instantOf(cards, 'DATE-OBS');
  const middle = instantOf(cards, 'DATE-AVG');
  const end = instantOf(cards, 'DATE-END');
  const calibration = calibrationOf(cards);
  const libraryInfo = libraryInfoOf(cards);
  return {
    startUtcNs: start.utcNs,
    midUtcNs: middle.utcNs,
    endUtcNs: end.utcNs,
    leapSecond: start.leapSecond,
    midLeapSecond: middle.leapSecond,
    endLeapSecond: end.leapSecond,
    exposureNs: need(cards.seconds('EXPTIME')),
    rows: rowsOf(cards, height),
    uncertaintyNs: need(cards.integer('TIMEUNC')),
    source: oneOf(TIME_SOURCES, cards.string('TIMESRC')),
    grade: oneOf(GRADES, cards.string('TIMEGRAD')),
    flags: flagsOf(cards),
    rawHeader: rawHeaderOf(cards),
    sequence: cards.count('SEQUENCE'),
    ...(calibration === null ? {} : { calibration }),
    ...(libraryInfo === null ? {} : { libraryInfo }),
  };
}

function rowsOf(cards: HeaderCards, height: number): RowModel {
  return {
    shutter: oneOf(['global', 'rolling'] as const, cards.string('SHUTTER')),
    linePeriodNs: cards.integer('LINEPER'),
    rowUnit: oneOf(['sensor-row', 'binned-row'] as const, cards.string('ROWUNIT')),
    rowPairs: need(cards.logical('ROWPAIRS')),
    rowZeroEndOffsetNs: cards.integer('ROW0OFF'),
    firstLine: need(cards.count('ROWFIRST')),
    linesPerRow: need(cards.count('ROWLINES')),
    rowDirection: oneOf(['top-down', 'bottom-up'] as const, cards.string('ROWDIR')),
    rows: cards.count('ROWCOUNT') ?? height,
    readoutBoundNs: cards.integer('ROWBOUND') ?? LONGEST_READOUT_NS,
    origin: oneOf(['camera', 'table', 'none'] as const, cards.string('ROWORIG')),
  };
}

function calibrationOf(cards: HeaderCards): StampCalibration | null {
  if (!cards.has('CALSTART')) return null;
  return {
    startOffsetNs: need(cards.integer('CALSTART')),
    endOffsetNs: need(cards.integer('CALEND')),
    sigmaNs: need(cards.integer('CALSIGMA')),
    rowZeroEndOffsetNs: cards.integer('CALROW0'),
    stampExcessNs: cards.integer('CALEXCES') ?? 0n,
    measuredUtcNs: instantOf(cards, 'CALDATE').utcNs,
  };
}

function flagsOf(cards: HeaderCards): string[] {
  const words: string[] = [];
  for (let i = 1; i <= MOST_CARDS; i++) {
    const line = cards.string(i === 1 ? 'TIMEFLAG' : `TIMEFLG${i}`);
    if (line === null) break;
    words.push(...line.split(' ').filter((word) => word !== ''));
  }
  return words;
}

function rawHeaderOf(cards: HeaderCards): Uint8Array | null {
  if (!cards.has('GPSRAW1')) return null;
  return bytesOf(`${cards.string('GPSRAW1') ?? ''}${cards.string('GPSRAW2') ?? ''}`);
}

function libraryInfoOf(cards: HeaderCards): Uint8Array | null {
  if (!cards.has(`${LIBRARY_INFO_KEYWORD}1`)) return null;
  const parts = Array.from({ length: LIBRARY_INFO_CARDS }, (_, i) => cards.string(`${LIBRARY_INFO_KEYWORD}${i + 1}`));
  return bytesOf(parts.join(''));
}

function bytesOf(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Incomplete();
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function missingOf(cards: HeaderCards): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let i = 1; i <= MOST_CARDS; i++) {
    const line = cards.string(`MISS${i}`);
    if (line === null) break;
    for (const word of line.split(' ')) {
      const match = /^(\d{1,15})\+(\d{1,15})$/.exec(word);
      if (match === null) throw new Incomplete();
      ranges.push({ offset: Number(match[1]), length: Number(match[2]) });
    }
  }
  return ranges;
}

function statisticsOf(cards: HeaderCards): FrameStatistics | null {
  if (!cards.has('DATAMEAN')) return null;
  return {
    min: need(cards.real('DATAMIN')),
    max: need(cards.real('DATAMAX')),
    mean: need(cards.real('DATAMEAN')),
    stddev: need(cards.real('DATASTDV')),
    median: cards.real('DATAMEDN'),
    saturated: need(cards.count('SATPIX')),
  };
}

function siteOf(cards: HeaderCards): Site | null {
  if (!cards.has('SITELAT')) return null;
  return {
    latitudeDeg: need(cards.real('SITELAT')),
    longitudeDeg: need(cards.real('SITELONG')),
    heightM: need(cards.real('SITEELEV')),
  };
}
