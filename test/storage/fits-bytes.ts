/** FITS files made card by card, as any program may write them. */
import { BLOCK_BYTES, padToBlock } from '#storage/fits/cards.js';

/** A header of these cards, each `KEYWORD = value` as its text stands, or a whole card. */
export function headerBytes(cards: readonly (readonly [string, string] | string)[]): Buffer {
  const lines = cards.map((card) =>
    (typeof card === 'string' ? card : `${card[0].padEnd(8)}= ${card[1].padStart(20)}`).slice(0, 80).padEnd(80),
  );
  const text = [...lines, 'END'.padEnd(80)].join('');
  return Buffer.from(text.padEnd(padToBlock(text.length)), 'latin1');
}

/** Data filled to whole blocks. */
export function dataBytes(data: Uint8Array): Buffer {
  const padded = Buffer.alloc(padToBlock(data.byteLength));
  padded.set(data);
  return padded;
}

/** The cards that begin a primary image. */
export const imageCards = (bitpix: number, width: number, height: number): [string, string][] => [
  ['SIMPLE', 'T'],
  ['BITPIX', String(bitpix)],
  ['NAXIS', '2'],
  ['NAXIS1', String(width)],
  ['NAXIS2', String(height)],
];

export const emptyPrimary = (): Buffer =>
  headerBytes([
    ['SIMPLE', 'T'],
    ['BITPIX', '8'],
    ['NAXIS', '0'],
  ]);

export { BLOCK_BYTES };
