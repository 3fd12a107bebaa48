import * as assert from 'uvu/assert';
import {
  GVSP,
  type GvspHeader,
  PAYLOAD_TYPE,
  parseGvspHeader,
  parseLeader,
  parseTrailer,
  payloadDataBytes,
  writeGvspHeader,
  writeImageLeader,
  writeImageTrailer,
} from '#pipeline/wire/gvsp.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { test } from '#test/support/test.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const code = (expected: string) => (error: unknown) => error instanceof WireError && error.code === expected;

test('a standard header is 8 bytes with a 16-bit block id and a 24-bit packet id', () => {
  const bytes = hex('0000 ff79 03 012345 aabb');
  const header = parseGvspHeader(bytes);
  assert.equal(header, {
    status: 0,
    extended: false,
    flags: 0,
    format: GVSP.payload,
    blockId: 0xff79n,
    packetId: 0x012345,
    headerBytes: 8,
  });
  const back = new Uint8Array(8);
  assert.is(writeGvspHeader(back, header), 8);
  assert.is(hexOf(back), hexOf(bytes.subarray(0, 8)));
});

test('an extended header is 20 bytes with a 64-bit block id and a 32-bit packet id', () => {
  const bytes = hex('0100 8001 81 000000 0123456789abcdef fedcba98');
  const header = parseGvspHeader(bytes);
  assert.equal(header, {
    status: 0x100,
    extended: true,
    flags: 0x8001,
    format: GVSP.leader,
    blockId: 0x0123456789abcdefn,
    packetId: 0xfedcba98,
    headerBytes: 20,
  });
  const back = new Uint8Array(20);
  assert.is(writeGvspHeader(back, header), 20);
  assert.is(hexOf(back), hexOf(bytes));
});

test('a header object can be filled again and again', () => {
  const header: GvspHeader = parseGvspHeader(hex('0100 8001 81 000000 0123456789abcdef fedcba98'));
  assert.is(parseGvspHeader(hex('0000 0001 02 000002'), header), header);
  assert.equal(header, parseGvspHeader(hex('0000 0001 02 000002')));
});

test('short packets and undefined formats are typed errors, error answers are not', () => {
  assert.throws(() => parseGvspHeader(hex('0000 0001 03 0000')), code('wire.short'));
  assert.throws(() => parseGvspHeader(hex('0000 0001 83 000000 00000000')), code('wire.short'));
  assert.throws(() => parseGvspHeader(hex('0000 0001 00 000001')), code('wire.gvsp-format'));
  assert.throws(() => parseGvspHeader(hex('0000 0001 09 000001')), code('wire.gvsp-format'));
  assert.is(parseGvspHeader(hex('800c 0001 00 000001')).status, 0x800c);
});

test('an image leader carries geometry and time stamp', () => {
  const bytes = hex(`0000 0007 01 000000
    23 00 0001 0011223344556677 010c0047 000012a0 00000e04 00000010 00000020 0003 0005`);
  const leader = parseLeader(bytes, 8);
  assert.equal(leader, {
    kind: 'image',
    fieldId: 2,
    fieldCount: 3,
    payloadType: PAYLOAD_TYPE.image,
    timestamp: 0x0011223344556677n,
    pixelFormat: 0x010c0047,
    width: 4768,
    height: 3588,
    offsetX: 16,
    offsetY: 32,
    paddingX: 3,
    paddingY: 5,
  });
  const back = new Uint8Array(44);
  writeGvspHeader(back, parseGvspHeader(bytes));
  if (leader.kind !== 'image') throw new Error('unreachable');
  assert.is(writeImageLeader(back, 8, leader), 36);
  assert.is(hexOf(back), hexOf(bytes));
  assert.throws(() => parseLeader(bytes.subarray(0, 43), 8), code('wire.short'));
});

test('the other payload types are read as far as the standard defines them', () => {
  const start = (type: string) => `0000 0001 81 000002 0000000000000001 00000000 0000 ${type} 0000000000000064`;
  assert.equal(parseLeader(hex(`${start('0002')} 00000001 00000000`), 20), {
    kind: 'raw',
    payloadType: 2,
    timestamp: 100n,
    dataBytes: 2n ** 32n,
    fileName: '',
  });
  const file = parseLeader(hex(`${start('0003')} 0000000000000009 612e74787400`), 20);
  assert.is(file.kind === 'file' && file.fileName, 'a.txt');
  assert.is(parseLeader(hex(start('4004')), 20).kind, 'chunk');
  const jpeg = parseLeader(hex(`${start('0006')} 0000000000000009 000000003b9aca00 00000001`), 20);
  assert.is(jpeg.kind === 'jpeg' && jpeg.tickFrequencyHz, 1_000_000_000n);
  const part = '0001 000000001000 01080001 0000 05 01 c0000000 0007 0008 00000040 00000041 00000001 00000002 0003 0004';
  const parts = parseLeader(hex(`${start('000a')} ${part} 00000000 ${part} 00000000`), 20);
  if (parts.kind !== 'multi-part') throw new Error(`read as ${parts.kind}`);
  assert.is(parts.parts.length, 2);
  assert.equal(parts.parts[1], {
    dataType: 1,
    dataBytes: 4096,
    pixelFormat: 0x01080001,
    width: 64,
    height: 65,
    offsetX: 1,
    offsetY: 2,
    paddingX: 3,
    paddingY: 4,
    sourceId: 5,
    zones: 2,
    zoneDirections: 0xc0000000,
    purposeId: 7,
    regionId: 8,
  });
  assert.throws(() => parseLeader(hex(`${start('000a')} ${part} 00000000`), 20), code('wire.short'));
  const zone = `${start('0009')} 80000000 01080001 00000040 00000041 00000001 00000002 0003 0004`;
  const zones = parseLeader(hex(zone), 20);
  assert.is(zones.kind === 'multi-zone' && zones.height, 65);
  const gendc = parseLeader(hex(`${start('000b')} 0102`), 20);
  assert.is(gendc.kind === 'other' && hexOf(gendc.detail), '0102');
  assert.is(parseLeader(hex(start('8001')), 20).kind, 'other');
});

test('trailers tell real lines and chunks', () => {
  const header = '0000 0001 02 000005';
  const plain = { payloadType: 1, sizeY: 480, chunkBytes: null, chunkLayoutId: null };
  assert.equal(parseTrailer(hex(`${header} 0000 0001 000001e0`), 8), plain);
  const chunks = { payloadType: 0x4001, sizeY: 480, chunkBytes: 256, chunkLayoutId: 7 };
  assert.equal(parseTrailer(hex(`${header} 0000 4001 000001e0 00000100 00000007`), 8), chunks);
  const extended = { payloadType: 5, sizeY: 480, chunkBytes: 256, chunkLayoutId: 7 };
  assert.equal(parseTrailer(hex(`${header} 0000 0005 00000100 000001e0 00000007`), 8), extended);
  const raw = { payloadType: 2, sizeY: null, chunkBytes: null, chunkLayoutId: null };
  assert.equal(parseTrailer(hex(`${header} 0000 0002`), 8), raw);
  assert.throws(() => parseTrailer(hex(`${header} 0000 0001 0000`), 8), code('wire.short'));
  assert.throws(() => parseTrailer(hex(`${header} 0000 4001 000001e0 00000100`), 8), code('wire.short'));

  const back = new Uint8Array(24);
  assert.is(writeImageTrailer(back, 8, { sizeY: 480 }), 8);
  assert.equal(parseTrailer(back.subarray(0, 16), 8), plain);
  assert.is(writeImageTrailer(back, 8, { sizeY: 480, chunks: { bytes: 256, layoutId: 7 } }), 16);
  assert.equal(parseTrailer(back, 8), chunks);
});

test('a packet of SCPS bytes holds 36 or 48 bytes less of data', () => {
  assert.is(payloadDataBytes(9000, false), 8964);
  assert.is(payloadDataBytes(1500, true), 1452);
});

test.run();
