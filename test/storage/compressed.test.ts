import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { riceEncode16 } from '#pipeline/kernels/rice.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { writeFrameHeader } from '#storage/fits/image-hdu.js';
import { primaryHdu } from '#storage/fits/primary-hdu.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { SEGMENT_HEADER, sampleRecord, temporaryFolder } from './sample-session.js';

const folder = temporaryFolder();

const SHAPES: readonly (readonly [number, number])[] = [
  [64, 48],
  [1, 1],
  [100, 1],
  [33, 7],
  [5, 400],
  [14_304, 3],
];

/** Sky, or noise that cannot be compressed. */
function pixelsOf(width: number, height: number, frame: number): Uint16Array {
  const random = randomOf(frame);
  return Uint16Array.from({ length: width * height }, () =>
    frame % 2 === 0 ? 65_536 * random() : 1_000 + 40 * random(),
  );
}

/** A compressed HDU, its rows coded in two bands as two workers would. */
function compressed(width: number, height: number, frame: number): Buffer {
  const layout = layoutFrameHdu(width, height, 'fits');
  const out = new Uint8Array(layout.bufferBytes);
  const rowBytes = new Uint32Array(height);
  const pixels = pixelsOf(width, height, frame);
  const middle = Math.floor(height / 2);
  const parts: { offset: number; length: number }[] = [{ offset: 0, length: layout.dataOffset }];
  for (const [first, rows] of [
    [0, middle],
    [middle, height - middle],
  ] as const) {
    const offset = layout.dataOffset + first * layout.rowBound;
    const length = riceEncode16(pixels, first * width, width, rows, 0x8000, out, offset, rowBytes, first);
    parts.push({ offset, length });
  }
  const record = sampleRecord(frame, 'session', { width, height });
  const { paddingBytes } = writeFrameHeader(out, record, { kind: 'rice', rowBytes });
  const hdu = Buffer.concat([
    ...parts.map(({ offset, length }) => out.subarray(offset, offset + length)),
    Buffer.alloc(paddingBytes),
  ]);
  assert.is(hdu.length % 2880, 0);
  return hdu;
}

const primary = primaryHdu(SEGMENT_HEADER);

function segment(name: string): string {
  const file = join(folder, name);
  const hdus = SHAPES.flatMap(([width, height], i) => [
    compressed(width, height, 2 * i + 1),
    compressed(width, height, 2 * i + 2),
  ]);
  writeFileSync(file, Buffer.concat([primary, ...hdus]));
  return file;
}

test('compressed frames of any shape read back with header and pixels', () => {
  const file = segment('own.fits');
  const { hdus, complete } = readHdus(file);
  assert.is(complete, true);
  assert.is(hdus.length, 1 + 2 * SHAPES.length);
  for (const [i, hdu] of hdus.slice(1).entries()) {
    const [width, height] = SHAPES[Math.floor(i / 2)] ?? [0, 0];
    assert.is(hdu.cards.get('FRAMENO'), i + 1);
    assert.is(hdu.cards.get('DATAMEDN'), 999.5);
    assert.is(hdu.cards.get('DATASTDV'), 10.25);
    assert.equal(readPixels(file, hdu), pixelsOf(width, height, i + 1));
  }
});

test('a damaged compressed frame is an error that names its row, not wrong pixels', () => {
  const file = segment('damaged.fits');
  const bytes = readFileSync(file);
  const hdu = readHdus(file).hdus[1];
  assert.ok(hdu);
  const data = hdu.offset + hdu.headerBytes;
  const refused = (change: (copy: Buffer) => void) => {
    const copy = Buffer.from(bytes);
    change(copy);
    writeFileSync(file, copy);
    assert.throws(
      () => readPixels(file, readHdus(file).hdus[1] ?? hdu),
      (error: { code: string; message: string }) =>
        error.code === 'storage.fits-broken' && /row 3|tiles|rows/.test(error.message),
    );
  };
  refused((copy) => copy.writeInt32BE(2 ** 30, data + 3 * 8));
  refused((copy) => copy.writeInt32BE(-8, data + 3 * 8 + 4));
  refused((copy) => copy.writeInt32BE(5, data + 3 * 8));
  refused((copy) => copy.write('GZIP_1', hdu.offset + copy.subarray(hdu.offset).indexOf('RICE_1'), 'latin1'));
});

test('no bytes of a compressed frame make the reader fail but with its own error', () => {
  const file = join(folder, 'fuzz.fits');
  const hdu = compressed(40, 30, 1);
  const { headerBytes, dataOffset } = layoutFrameHdu(40, 30, 'fits');
  const random = randomOf(9);
  const below = (limit: number): number => Math.floor(limit * random());
  // Header cards, the table of the rows, and the code.
  const places = [
    () => below(30 * 80),
    () => headerBytes + below(dataOffset - headerBytes),
    () => dataOffset + below(hdu.length - dataOffset),
  ];
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = Buffer.concat([primary, hdu]);
    const place = places[round % 3] ?? (() => 0);
    for (let k = 0; k <= below(4); k++) {
      bytes[primary.length + place()] = round % 3 === 0 ? 32 + below(95) : below(256);
    }
    writeFileSync(file, bytes);
    try {
      for (const found of readHdus(file).hdus.slice(1)) readPixels(file, found);
    } catch (error) {
      refused++;
      assert.is((error as { code: string }).code, 'storage.fits-broken', String(error));
    }
  }
  assert.ok(refused > 100, `${refused} refused`);
});

test('an image that its bytes cannot hold is refused before there is memory for it', () => {
  const file = join(folder, 'huge.fits');
  const bytes = Buffer.concat([primary, compressed(40, 30, 1)]);
  for (const keyword of ['ZNAXIS1', 'ZTILE1']) {
    const at = bytes.indexOf(`${keyword.padEnd(8)}=`);
    bytes.write('2000000000'.padStart(20), at + 10, 'latin1');
  }
  writeFileSync(file, bytes);
  const hdu = readHdus(file).hdus[1];
  assert.ok(hdu);
  assert.throws(
    () => readPixels(file, hdu),
    (error: { code: string; message: string }) =>
      error.code === 'storage.fits-broken' && error.message.includes('2000000000 x 30'),
  );
});

peerTest(test, ['fitsverify'], 'fitsverify finds no error and no warning in compressed frames', () => {
  const done = spawnSync('fitsverify', [segment('verify.fits')], { encoding: 'utf8' });
  assert.match(done.stdout, /Verification found 0 warning\(s\) and 0 error\(s\)/, done.stdout);
});

peerTest(
  test,
  ['funpack', 'fitsverify'],
  'funpack makes plain images of them, with the same pixels and keywords',
  () => {
    const file = segment('packed.fits');
    const plain = join(folder, 'plain.fits');
    const done = spawnSync('funpack', ['-O', plain, file], { encoding: 'utf8' });
    assert.is(done.status, 0, done.stderr);
    assert.ok(existsSync(plain));
    const { hdus } = readHdus(plain);
    for (const [i, hdu] of hdus.slice(1).entries()) {
      const [width, height] = SHAPES[Math.floor(i / 2)] ?? [0, 0];
      assert.is(hdu.cards.get('XTENSION'), 'IMAGE');
      assert.is(hdu.cards.get('FRAMENO'), i + 1);
      assert.equal(readPixels(plain, hdu), pixelsOf(width, height, i + 1));
    }
  },
);

peerTest(test, ['astropy'], 'astropy opens them as images with the same pixels', () => {
  const file = segment('astropy.fits');
  const expected = SHAPES.map(([width, height], i) => [
    pixelsOf(width, height, 2 * i + 1),
    pixelsOf(width, height, 2 * i + 2),
  ]);
  const raw = join(folder, 'expected.bin');
  writeFileSync(raw, Buffer.concat(expected.flat().map((pixels) => Buffer.from(pixels.buffer))));
  const script = `
import sys, numpy
from astropy.io import fits
expected = numpy.fromfile(sys.argv[2], '<u2')
at = 0
with fits.open(sys.argv[1]) as hdus:
    for hdu in hdus[1:]:
        assert type(hdu).__name__ == 'CompImageHDU', type(hdu)
        assert hdu.data.dtype == numpy.uint16, hdu.data.dtype
        flat = hdu.data.ravel()
        assert (flat == expected[at:at + flat.size]).all(), hdu.header['FRAMENO']
        at += flat.size
assert at == expected.size
print('equal')
`;
  const done = spawnSync(PYTHON, ['-c', script, file, raw], { encoding: 'utf8' });
  assert.is(done.stdout.trim(), 'equal', done.stderr);
});

test.run();
