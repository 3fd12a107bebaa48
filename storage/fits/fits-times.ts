/** The times in a FITS file of anybody's: by its keywords, and where they do not decide it, by the first pixels. */
import type { FoundTime } from '#gps/found/found-time.js';
import { exposureOf, rowZeroOffsetOf } from '#gps/found/keyword-gps.js';
import { type KeywordOptions, readKeywordTimes } from '#gps/found/keyword-times.js';
import { type Keywords, keywordInteger } from '#gps/found/keyword-values.js';
import { judgeHeader } from '#gps/found/single-header.js';
import { nmeaWords } from '#gps/header/nmea-words.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrame, TimedFrames } from '../times/timed-frame.js';
import { cubeTimes, isFrameTable } from './cube-times.js';
import { gpsHeaderInPixels, nmeaInPixels } from './gps-pixels.js';
import { type ScannedHdu, scanHeaders } from './header-scan.js';

/**
 * A frame for each image, and for a header without one that holds a time. An image whose header has no time, behind a primary
 * header that has one, is a part of the primary's frame. A cube with a table FRAMES of ours has a frame a row of it. Throws StorageError `storage.times-broken`.
 */
export function* fitsTimes(bytes: FileBytes, options: KeywordOptions = {}): TimedFrames {
  const headers = scanHeaders(bytes);
  let number = 0;
  let primaryHasTime = false;
  let ahead: ReturnType<typeof headers.next> | null = null;
  for (;;) {
    const next = ahead ?? headers.next();
    ahead = null;
    if (next.done) return next.value === null ? [] : [next.value];
    const hdu = next.value;
    if (isCube(hdu.keywords) && bytes.left(hdu.dataOffset + hdu.dataBytes) > 0) {
      ahead = headers.next();
      if (ahead.done !== true && isFrameTable(ahead.value)) {
        yield* cubeTimes(bytes, ahead.value);
        ahead = null;
        continue;
      }
    }
    const frame = frameOf(bytes, hdu, number + 1, options);
    const isPart = hdu.offset > 0 && primaryHasTime && frame.times.length === 0;
    if (hdu.offset === 0 && frame.times.length > 0) primaryHasTime = true;
    if (isPart || (frame.times.length === 0 && !isImage(hdu.keywords))) continue;
    number += 1;
    yield frame;
  }
}

function planesOf(keywords: Keywords): number {
  const planes = keywords.get(keywords.get('ZIMAGE') === true ? 'ZNAXIS3' : 'NAXIS3');
  return typeof planes === 'number' ? planes : 1;
}

const isCube = (keywords: Keywords): boolean => isImage(keywords) && planesOf(keywords) > 1;

function isImage(keywords: Keywords): boolean {
  if (keywords.get('ZIMAGE') === true) return true;
  const extension = keywords.get('XTENSION');
  const axes = keywords.get('NAXIS');
  return (extension === undefined || extension === 'IMAGE') && typeof axes === 'number' && axes >= 2;
}

function frameOf(bytes: FileBytes, hdu: ScannedHdu, number: number, options: KeywordOptions): TimedFrame {
  const { keywords } = hdu;
  const found = readKeywordTimes(keywords, options);
  const times = [...found.times];
  const reasons = [...found.reasons];
  if (!found.decided && isImage(keywords)) {
    const pixels = pixelTime(bytes, hdu);
    if (typeof pixels === 'string') {
      const [first, ...rest] = times;
      if (first === undefined) reasons.push(pixels);
      else times.splice(0, times.length, { ...first, reasons: [...first.reasons, pixels] }, ...rest);
    } else if (pixels !== null) times.unshift(pixels);
  }
  if (times.length === 0 && reasons.length === 0)
    reasons.push('no keyword that gives a time, no GPS header in the pixels');
  const nmea = isImage(keywords) && times[0]?.family !== 'appulse' ? nmeaInPixels(bytes, hdu) : null;
  if (nmea !== null) {
    const [first, ...rest] = times;
    if (first === undefined) reasons.push(nmeaWords(nmea));
    else times.splice(0, times.length, { ...first, reasons: [...first.reasons, nmeaWords(nmea)] }, ...rest);
  }
  const note = `a cube of ${planesOf(keywords)} planes: the time is that of its header`;
  return {
    frame: keywordInteger(keywords, 'FRAMENO') ?? number,
    times: isCube(keywords) ? times.map((time) => ({ ...time, reasons: [...time.reasons, note] })) : times,
    reasons,
  };
}

/** The time of a GPS header in the pixels; text why one that is there gives none; null where there is none. */
function pixelTime(bytes: FileBytes, hdu: ScannedHdu): FoundTime | string | null {
  const found = gpsHeaderInPixels(bytes, hdu);
  if (found === null) return null;
  const where = `GPS header in the ${found.where}`;
  if (found.bytes === null) return `${where}, not used: ${found.doubt}`;
  const judged = judgeHeader(found.bytes, {
    exposureNs: exposureOf(hdu.keywords),
    rowZeroEndOffsetNs: rowZeroOffsetOf(hdu.keywords),
  });
  if (judged.time === null) return `${where}, not used: ${judged.reasons.join(', ')}`;
  return { ...judged.time, reasons: [where, ...judged.time.reasons], family: 'qhy-pixels' };
}
