import { crc32, deflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { decodeXml, parseLocalUrl, readXml } from '#src/cameras/gige-vision/xml-source.js';
import { XmlSourceError } from '#src/cameras/gige-vision/xml-source-error.js';
import { unzip } from '#src/cameras/gige-vision/zip.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const MOST = 1_000_000;

function isError(code: string, words?: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof XmlSourceError && error.code === code && (words?.test(error.message) ?? true);
}

test('the place of the description is read in all its spellings', () => {
  const expected = { name: 'cam.xml', address: 0x10000, length: 0x2fa };
  for (const url of [
    'Local:cam.xml;10000;2fa',
    'local:///cam.xml;0x10000;0x2FA',
    'Local:cam.xml;10000;2FA?SchemaVersion=1.1.0',
    ' LOCAL:cam.xml; 10000; 2FA ',
  ])
    assert.equal(parseLocalUrl(url), expected, url);
});

test('a place that cannot be read is refused with its reason', () => {
  const places: [string, RegExp][] = [
    ['', /no place/],
    ['http://maker/cam.xml', /nothing is fetched/],
    ['HTTPS://maker/cam.zip', /nothing is fetched/],
    ['File:///cam.xml', /maker's software/],
    ['Local:cam.xml;10000', /only Local:/],
    ['Local:a;10000;0', /empty/],
    ['Local:a;10000;1000001', /more than/],
    ['Local:a;FFFFFFFF;10', /outside/],
    [`Local:${'x'.repeat(5000)}`, /x\.\.\./],
  ];
  for (const [url, why] of places) assert.throws(() => parseLocalUrl(url), isError('genicam.url', why), url);
});

interface Zipped {
  readonly name?: string;
  readonly method?: number;
  readonly flags?: number;
  readonly bytes?: number;
  readonly crc?: number;
}

/** A zip archive of these files. */
function zip(...files: readonly (Zipped & { readonly text: string })[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { text, method = 8, flags = 0, ...file } of files) {
    const data = method === 8 ? deflateRawSync(text) : Buffer.from(text);
    const name = Buffer.from(file.name ?? 'cam.xml');
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(file.crc ?? crc32(text), 16);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(file.bytes ?? Buffer.byteLength(text), 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, name, data);
    directory.push(entry, name);
    at += local.length + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const XML = `<RegisterDescription>${' '.repeat(5000)}</RegisterDescription>`;

test('zipped descriptions are unpacked, whether stored or deflated, and wherever they stand in the archive', () => {
  for (const method of [0, 8]) assert.is(Buffer.from(unzip(zip({ text: XML, method }), MOST)).toString(), XML);
  const archive = zip({ name: 'readme.txt', text: 'read me' }, { name: 'Cam.XML', text: XML }, { text: '<other/>' });
  assert.is(Buffer.from(unzip(archive, MOST)).toString(), XML);
  assert.is(Buffer.from(unzip(zip({ name: 'camera', text: XML }), MOST)).toString(), XML);
});

test('a broken archive is a typed error that says what is wrong', () => {
  const archive = zip({ text: XML });
  for (let cut = 0; cut < archive.length; cut++)
    assert.throws(() => unzip(archive.subarray(0, cut), MOST), isError('genicam.zip'), String(cut));
  const broken: [Buffer, RegExp][] = [
    [zip(), /empty/],
    [zip({ text: XML, method: 9 }), /method 9/],
    [zip({ text: XML, flags: 1 }), /encrypted/],
    [zip({ text: XML, crc: 5 }), /not what was packed/],
    [zip({ text: XML, bytes: 5 }), /cannot be unpacked/],
    [zip({ text: 'a'.repeat(MOST + 1) }), /would be 1000001 bytes/],
    [zip({ text: 'a'.repeat(MOST), bytes: 1000 }), /cannot be unpacked/],
  ];
  for (const [bytes, why] of broken) assert.throws(() => unzip(bytes, MOST), isError('genicam.zip', why), String(why));
});

test('an archive with random faults is unpacked as it was, or refused', () => {
  const random = randomOf(7);
  const below = (most: number) => Math.floor(random() * most);
  const archive = zip({ text: XML });
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(archive);
    for (let faults = 1 + below(4); faults > 0; faults--) bytes[below(bytes.length)] = below(256);
    try {
      assert.is(Buffer.from(unzip(bytes, MOST)).toString(), XML);
    } catch (error) {
      if (!isError('genicam.zip')(error)) throw error;
    }
  }
});

/** Device memory with URLs and files at their places. */
function device(urls: readonly [string, string], files: Readonly<Record<number, Uint8Array>>) {
  const memory = new Uint8Array(0x20000);
  memory.set(Buffer.from(urls[0]), BOOTSTRAP.firstUrl.address);
  memory.set(Buffer.from(urls[1]), BOOTSTRAP.secondUrl.address);
  for (const [address, bytes] of Object.entries(files)) memory.set(bytes, Number(address));
  return async (address: number, length: number) => {
    assert.is(length % 4, 0);
    assert.is(address % 4, 0);
    return memory.subarray(address, address + length);
  };
}

async function failure(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => null,
    (error: unknown) => error,
  );
}

test('the second place is used when the first cannot be, and the first reason is told when both cannot', async () => {
  const archive = zip({ text: XML });
  const local = `Local:cam.zip;10000;${archive.length.toString(16)}`;
  assert.is(await readXml(device(['File:///cam.zip', local], { 65536: archive })), XML);
  assert.is(await readXml(device([local, 'http://maker/cam.xml'], { 65536: archive })), XML);
  const torn = { 65536: archive.subarray(0, 40) };
  assert.ok(isError('genicam.zip')(await failure(readXml(device([local, 'http://maker/'], torn)))));
  assert.ok(isError('genicam.url', /File:/)(await failure(readXml(device(['File:a.xml', ''], {})))));
  assert.ok(isError('genicam.url', /no place/)(await failure(readXml(device(['', ''], {})))));
});

test('a description may lie at any address, under a name that tells less than its bytes', async () => {
  const archive = zip({ text: XML });
  const odd = `Local:cam.xml;10003;${archive.length.toString(16)}`;
  assert.is(await readXml(device([odd, ''], { 65539: archive })), XML);
});

test('text is read in the encoding that it declares', () => {
  assert.is(decodeXml(Buffer.from('\ufeff<a>\u00b5s</a>\0\0\0')), '<a>\u00b5s</a>');
  const latin = '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00b5s</a>';
  assert.is(decodeXml(Buffer.from(latin, 'latin1')), latin);
  assert.is(decodeXml(Buffer.from('\ufeff<a>\u00b5s</a>', 'utf16le')), '<a>\u00b5s</a>');
  assert.throws(() => decodeXml(Buffer.from('<?xml encoding="EBCDIC"?><a/>')), isError('genicam.encoding', /EBCDIC/));
});

test.run();
