/** Fetches the GenICam XML that a camera carries, as its URL registers say. */
import { readText } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { XmlSourceError } from './xml-source-error.js';
import { unzip } from './zip.js';

/** Reads device memory: address and length multiples of 4. */
export type MemoryReader = (address: number, length: number) => Promise<Uint8Array>;

/** XML of real cameras is 0.1 to 5 MB; beyond this the length register is taken to be wrong. */
export const LARGEST_FILE = 16 * 1024 * 1024;

/**
 * The XML text of a camera. Its two URL registers are tried in turn. Only `Local:` URLs (the camera's own memory) are
 * followed, plain or as a zip archive: a file named by `File:` is on the maker's disk, and nothing is fetched from a network.
 * Throws XmlSourceError; of two places that fail, for the first.
 */
export async function readXml(readMemory: MemoryReader): Promise<string> {
  let failure: unknown;
  for (const register of [BOOTSTRAP.firstUrl, BOOTSTRAP.secondUrl]) {
    try {
      const url = readText(await readMemory(register.address, register.bytes));
      if (url === '' && failure !== undefined) continue;
      const { name, address, length } = parseLocalUrl(url);
      const start = address - (address % 4);
      const words = await readMemory(start, Math.ceil((address - start + length) / 4) * 4);
      const file = words.subarray(address - start, address - start + length);
      return decodeXml(isZip(name, file) ? unzip(file, LARGEST_FILE) : file);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/**
 * `Local:[///]NAME;ADDRESS;LENGTH`, both hexadecimal with or without 0x, perhaps followed by `?SchemaVersion=...`
 * (GigE Vision 2.x, as Aravis reads it). Throws XmlSourceError `genicam.url`.
 */
export function parseLocalUrl(url: string): { name: string; address: number; length: number } {
  const match = /^\s*local:(?:\/\/\/)?([^;]+);\s*(?:0x)?([0-9a-f]+)\s*;\s*(?:0x)?([0-9a-f]+)\s*(?:\?.*)?$/i.exec(url);
  if (match === null) throw unreadable(url, reasonAgainst(url));
  const address = Number.parseInt(match[2] ?? '', 16);
  const length = Number.parseInt(match[3] ?? '', 16);
  if (length === 0) throw unreadable(url, 'it is empty');
  if (length > LARGEST_FILE)
    throw unreadable(url, `it would be ${length} bytes long, and more than ${LARGEST_FILE} no description is`);
  if (address + length > 2 ** 32) throw unreadable(url, 'that is outside of its memory');
  return { name: match[1] ?? '', address, length };
}

function reasonAgainst(url: string): string {
  if (url.trim() === '') return 'it names no place';
  if (/^\s*file:/i.test(url))
    return "that is a file of the maker's software; only what the camera carries itself is read";
  if (/^\s*(https?|ftp):/i.test(url))
    return 'nothing is fetched from a network; only what the camera carries itself is read';
  return 'only Local:NAME;ADDRESS;LENGTH can be read';
}

function unreadable(url: string, why: string): XmlSourceError {
  const place = url.length > 100 ? `${url.slice(0, 100)}...` : url;
  return new XmlSourceError('genicam.url', `the camera keeps its GenICam description at "${place}": ${why}`);
}

/** By what it begins with; some cameras name it .xml all the same. */
function isZip(name: string, file: Uint8Array): boolean {
  return /\.zip$/i.test(name) || (file[0] === 0x50 && file[1] === 0x4b);
}

/** The text in the encoding that it declares; UTF-8 else. Zeros behind it fill the length of the register. */
export function decodeXml(file: Uint8Array): string {
  const head = Buffer.from(file.subarray(0, 200)).toString('latin1');
  const wide =
    file[0] === 0xff && file[1] === 0xfe ? 'utf-16le' : file[0] === 0xfe && file[1] === 0xff ? 'utf-16be' : null;
  const declared = /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1];
  try {
    return new TextDecoder(wide ?? declared ?? 'utf-8').decode(file).replace(/\0+$/, '');
  } catch (cause) {
    const why = `the camera's GenICam description is in the encoding ${declared}, which cannot be read`;
    throw new XmlSourceError('genicam.encoding', why, { cause });
  }
}
