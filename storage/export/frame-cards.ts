/** The header cards of a recorded frame, without those that only say how it stands in its segment. */
import { BLOCK_BYTES, CARD_BYTES, cardText } from '../fits/cards.js';
import type { SampleBytes } from '../frame-record.js';

/** Of the way an image is stored: the target has its own. */
const STORED =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|TFIELDS|TTYPE\d+|TFORM\d+|Z(IMAGE|TENSION|SIMPLE|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|HECKSUM|DATASUM)|CTYPE3|BSCALE|BZERO|EXTNAME|EXTVER|CHECKSUM|DATASUM|END|)$/;
/** Of a segment's primary header: what belongs to the file and not to the frame. */
const OF_FILE = /^(DATE|SEGMENT)$/;

const keywordOf = (card: string): string => card.slice(0, 8).trimEnd();

/** The cards of header text up to END. */
export function cardsOf(header: string): string[] {
  const cards: string[] = [];
  for (let at = 0; at + CARD_BYTES <= header.length; at += CARD_BYTES) {
    const card = header.slice(at, at + CARD_BYTES);
    if (keywordOf(card) === 'END') break;
    cards.push(card);
  }
  return cards;
}

/** The cards of a frame's header, then those that its segment's primary header adds. Both as text. */
export function frameCards(header: string, primary: string): string[] {
  const own = cardsOf(header).filter((card) => !STORED.test(keywordOf(card)));
  const told = new Set(own.map(keywordOf));
  const shared = cardsOf(primary).filter((card) => {
    const keyword = keywordOf(card);
    return !STORED.test(keyword) && !OF_FILE.test(keyword) && !told.has(keyword);
  });
  return [...own, ...shared];
}

/** The text or number of a card, as text; null where there is none. */
export function cardValue(cards: readonly string[], keyword: string): string | null {
  const card = cards.find((each) => keywordOf(each) === keyword && each.slice(8, 10) === '= ');
  if (card === undefined) return null;
  const quoted = /^'((?:[^']|'')*)'/.exec(card.slice(10).trimStart());
  const text =
    quoted === null ? (card.slice(10).split('/')[0] ?? '').trim() : (quoted[1] ?? '').replaceAll("''", "'").trimEnd();
  return text === '' ? null : text;
}

/** What is added to a stored sample to give the pixel: FITS has no unsigned integers of 16 and 32 bits. */
const BZERO: Readonly<Record<SampleBytes, number | null>> = { 1: null, 2: 32_768, 4: 2_147_483_648 };

export function scalingCards(sampleBytes: SampleBytes): string[] {
  const zero = BZERO[sampleBytes];
  return zero === null
    ? []
    : [cardText('BSCALE', 1), cardText('BZERO', zero, `pixels are unsigned ${8 * sampleBytes}-bit`)];
}

/** The mandatory cards of a primary HDU that holds an image; `axes` fastest first. */
export function imageCards(sampleBytes: SampleBytes, axes: readonly number[]): string[] {
  return [
    cardText('SIMPLE', true, 'FITS 4.0'),
    cardText('BITPIX', 8 * sampleBytes),
    cardText('NAXIS', axes.length),
    ...axes.map((length, i) => cardText(`NAXIS${i + 1}`, length)),
  ];
}

/** A primary HDU without data, before extensions. */
export function emptyPrimary(cards: readonly string[]): Buffer {
  const text = [
    cardText('SIMPLE', true, 'FITS 4.0'),
    cardText('BITPIX', 8),
    cardText('NAXIS', 0, 'no data here'),
    cardText('EXTEND', true),
    ...cards,
    'END'.padEnd(CARD_BYTES),
  ].join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES), 'latin1');
}
