/** EXTVER of an HDU that is copied into a file where another has the same: extensions of one name are told apart by it. */
import { StorageError } from '../errors.js';
import { CARD_BYTES, padToBlock } from './cards.js';
import { clearChecksum, sealHeader } from './checksum.js';

const VALUE_AT = 10;
const VALUE_BYTES = 20;

/** The version of the HDU at the start of `hdu`. Throws StorageError `storage.fits-header` where it has none. */
export function extensionVersion(hdu: Buffer): number {
  return Number(valueAt(hdu, cardAt(hdu, 'EXTVER')));
}

/** Gives the HDU at the start of `hdu` another version, and the checksum that belongs to it. Its data may be cut off. */
export function setExtensionVersion(hdu: Buffer, version: number): void {
  const at = cardAt(hdu, 'EXTVER');
  hdu.write(String(version).padStart(VALUE_BYTES), at + VALUE_AT, VALUE_BYTES, 'latin1');
  const dataSum = Number(valueAt(hdu, cardAt(hdu, 'DATASUM')).replaceAll("'", ''));
  const checksumAt = cardAt(hdu, 'CHECKSUM');
  clearChecksum(hdu, checksumAt);
  sealHeader(hdu, headerBytes(hdu), checksumAt, dataSum);
}

function valueAt(hdu: Buffer, at: number): string {
  const value = hdu.toString('latin1', at + VALUE_AT, at + CARD_BYTES);
  return (value.split('/')[0] ?? '').trim();
}

function cardAt(hdu: Buffer, keyword: string): number {
  for (let at = 0; at + CARD_BYTES <= hdu.byteLength; at += CARD_BYTES) {
    const found = hdu.toString('latin1', at, at + 8).trimEnd();
    if (found === keyword) return at;
    if (found === 'END') break;
  }
  throw new StorageError('storage.fits-header', `an HDU without ${keyword} cannot get another EXTVER`);
}

const headerBytes = (hdu: Buffer): number => padToBlock(cardAt(hdu, 'END') + CARD_BYTES);
