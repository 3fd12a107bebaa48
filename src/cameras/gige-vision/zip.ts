/** The one file in a zip archive (PKWARE APPNOTE 4.3), as cameras keep their description. */
import { inflateRawSync } from 'node:zlib';
import { reasonOf } from '#gps/errors.js';
import { XmlSourceError } from './xml-source-error.js';

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const DIRECTORY_ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
/** More entries than anybody looks through for a description. */
const MOST_ENTRIES = 64;

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localHeader: number;
}

/**
 * The first entry named .xml, or else the first, stored or deflated. Sizes come from the central directory, because local headers may
 * leave them out. Throws XmlSourceError `genicam.zip`, also for what unpacks to more than `most` bytes or to others than were packed.
 */
export function unzip(archive: Uint8Array, most: number): Uint8Array {
  try {
    const entries = directoryOf(archive);
    const entry = entries.find(({ name }) => /\.xml$/i.test(name)) ?? entries[0];
    if (entry === undefined) throw new Error('it is empty');
    return contentOf(archive, entry, most);
  } catch (cause) {
    const why = `the camera's zipped GenICam description cannot be unpacked: ${reasonOf(cause)}`;
    throw new XmlSourceError('genicam.zip', why, { cause });
  }
}

function directoryOf(archive: Uint8Array): Entry[] {
  const view = viewOf(archive);
  let end = archive.length - END_BYTES;
  while (end > 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY) throw new Error('it has no directory');
  const count = Math.min(view.getUint16(end + 10, true), MOST_ENTRIES);
  const entries: Entry[] = [];
  for (let i = 0, at = view.getUint32(end + 16, true); i < count; i++) {
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new Error('its directory is broken');
    const nameBytes = view.getUint16(at + 28, true);
    entries.push({
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
      localHeader: view.getUint32(at + 42, true),
      name: Buffer.from(archive.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)).toString('latin1'),
    });
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function contentOf(archive: Uint8Array, entry: Entry, most: number): Uint8Array {
  const { flags, method, packedBytes, bytes, localHeader, crc } = entry;
  const view = viewOf(archive);
  if (view.getUint32(localHeader, true) !== LOCAL_HEADER) throw new Error('its directory leads nowhere');
  const start = localHeader + 30 + view.getUint16(localHeader + 26, true) + view.getUint16(localHeader + 28, true);
  const packed = archive.subarray(start, start + packedBytes);
  if (packed.length < packedBytes) throw new Error('the archive is cut short');
  if ((flags & ENCRYPTED) !== 0) throw new Error('it is encrypted');
  if (bytes > most) throw new Error(`it would be ${bytes} bytes long, and more than ${most} no description is`);
  if (method !== STORED && method !== DEFLATED) throw new Error(`compression method ${method} is not supported`);
  const content = method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(bytes, 1) });
  if (content.length !== bytes || crc32(content) !== crc) throw new Error('what comes out is not what was packed');
  return content;
}

function viewOf(archive: Uint8Array): DataView {
  return new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
}

/** CRC-32 of zip (APPNOTE 4.4.7: polynomial 0xedb88320, reflected). */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
