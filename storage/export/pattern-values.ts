/** What the fields of a name pattern hold for a frame: from its header's cards, and from its row of the index. */
import { formatUtc } from '#gps/instant.js';
import type { FrameRow } from '../index/rows.js';
import { cardValue } from './frame-cards.js';
import type { PatternValues } from './name-pattern.js';

/** What the cards say. */
export type CardValues = Omit<PatternValues, 'counter' | 'frame' | 'block' | 'utc' | 'date' | 'time' | 'session'>;

export function patternValues(cards: readonly string[]): CardValues {
  const text = (keyword: string) => cardValue(cards, keyword);
  const binning = [text('XBINNING') ?? '1', text('YBINNING') ?? '1'];
  const exposure = text('EXPTIME');
  return {
    camera: text('INSTRUME'),
    object: text('OBJECT'),
    observer: text('OBSERVER'),
    telescope: text('TELESCOP'),
    filter: text('FILTER'),
    type:
      text('IMAGETYP')
        ?.toLowerCase()
        .replace(/ ?frame$/, '') ?? 'light',
    exposure: exposure === null ? null : `${exposure.replace(/(\.\d*?[1-9])0+$|\.0*$/, '$1')}s`,
    gain: text('GAIN'),
    temperature: text('CCD-TEMP'),
    binning: binning.join('x'),
  };
}

/** Adds what the row knows. `counter`: of files, from 1. */
export function namedBy(row: FrameRow, cards: CardValues, counter: number): PatternValues {
  const utc = formatUtc(row.startUtcNs, 3, row.leapSecond).replace(/[-:]/g, '');
  const [date = '', time = ''] = utc.split('T');
  return {
    ...cards,
    session: row.sessionId.slice(-8),
    utc: `${utc}Z`,
    date,
    time,
    frame: row.number,
    block: row.blockId,
    counter,
  };
}
