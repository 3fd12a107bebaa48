/** Fetches the GenICam XML that a camera carries, as its URL register says. */
import { inflateRawSync } from 'node:zlib';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { readText } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';

/** `genicam.url`: the camera names a place that cannot be read. `genicam.zip`: its archive cannot be unpacked. */
export class XmlSourceError extends AppulseError {}

/** Reads device memory: address and length multiples of 4. */
export type MemoryReader = (address: number, length: number) => Promise<Uint8Array>;

/** XML of real cameras is 0.1 to 5 MB; beyond this the length register is taken to be wrong. */
const LARGEST_FILE = 16 * 1024 * 1024;

/**
 * The XML text of a camera. Its two URL registers are tried in turn. Only `Local:` URLs (the camera's own memory) are
 * followed, plain or as a zip archive; `File:` and `http:` would need files that we do not have. Throws XmlSourceError.
 */
export async function readXml(readMemory: MemoryReader): Promise<string> {
  let failure: unknown;
  for (const register of [BOOTSTRAP.firstUrl, BOOTSTRAP.secondUrl]) {
    const url = readText(await readMemory(register.address, register.bytes));
    if (url === '' && failure !== undefined) continue;
    try {
      const { name, address, length } = parseLocalUrl(url);
      const file = (await readMemory(address, Math.ceil(length / 4) * 4)).subarray(0, length);
      const zipped = /\.zip$/i.test(name) || (file[0] === 0x50 && file[1] === 0x4b);
      return Buffer.from(zipped ? unzip(file) : file)
        .toString('utf8')
        .replace(/^\ufeff/, '')
        .replace(/\0+$/, '');
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/**
 * `Local:[///]NAME;ADDRESS;LENGTH`, both hexadecimal with or without 0x, perhaps followed by `?SchemaVersion=...`
 * (GigE Vision 2.x, as Aravis reads it).
 */
export function parseLocalUrl(url: string): { name: string; address: number; length: number } {
  const match = /^local:(?:\/\/\/)?([^;]+);(?:0x)?([0-9a-f]+);(?:0x)?([0-9a-f]+)(?:\?.*)?\s*$/i.exec(url);
  const address = Number.parseInt(match?.[2] ?? '', 16);
  const length = Number.parseInt(match?.[3] ?? '', 16);
  if (!(length > 0 && length <= LARGEST_FILE && address + length <= 2 ** 32 && address % 4 === 0))
    throw new XmlSourceError(
      'genicam.url',
      `the camera keeps its GenICam description at "${url}"; only descriptions in the camera's own memory (Local:) can be read`,
    );
  return { name: match?.[1] ?? '', address, length };
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * The first entry of a zip archive (PKWARE APPNOTE 4.3), stored or deflated. Sizes come from the central directory,
 * because local headers may leave them out. Throws XmlSourceError `genicam.zip`.
 */
export function unzip(archive: Uint8Array): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    let end = archive.length - 22;
    while (end > 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
    const entry = view.getUint32(end + 16, true);
    if (view.getUint32(entry, true) !== DIRECTORY_ENTRY) throw new Error('no central directory');
    const method = view.getUint16(entry + 10, true);
    const packed = view.getUint32(entry + 20, true);
    const local = view.getUint32(entry + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = archive.subarray(start, start + packed);
    if (data.length < packed) throw new Error('the archive is cut short');
    if (method === 0) return data;
    if (method === 8) return inflateRawSync(data, { maxOutputLength: LARGEST_FILE });
    throw new Error(`compression method ${method} is not supported`);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new XmlSourceError('genicam.zip', `the camera's zipped GenICam description cannot be unpacked: ${why}`, {
      cause,
    });
  }
}
