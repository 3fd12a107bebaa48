/** A FITS header with its sums. */
import { BLOCK_BYTES, CARD_BYTES, cardText } from '../fits/cards.js';
import { sealHeader } from '../fits/checksum.js';

/** Cards that `sealedHeader` adds: DATASUM, CHECKSUM, END. */
export const ADDED_CARDS = 3;

/** The whole blocks of a header of `cards`, and the sums of it and of data that have the sum `dataSum`. */
export function sealedHeader(cards: readonly string[], dataSum: number): Buffer {
  const at = (cards.length + 1) * CARD_BYTES;
  const text = [
    ...cards,
    cardText('DATASUM', String(dataSum), 'sum of the data'),
    cardText('CHECKSUM', '0'.repeat(16), 'makes the sum of the HDU -0'),
    'END'.padEnd(CARD_BYTES),
  ].join('');
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES), 'latin1');
  sealHeader(header, header.byteLength, at, dataSum);
  return header;
}
