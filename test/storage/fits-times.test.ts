import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { FoundTime } from '#gps/found/found-time.js';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { riceBound, riceEncode16 } from '#pipeline/kernels/rice.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { writeFrameHeader } from '#storage/fits/image-hdu.js';
import { checked, nmeaBlock } from '#test/support/nmea.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { dataBytes, emptyPrimary, headerBytes, imageCards } from './fits-bytes.js';
import { fillHdu, hduBytes, sampleRecord, temporaryFolder } from './sample-session.js';
import { errorOf, fuzz, readBytes, readFile, writeBytes } from './time-reading.js';

const START = parseUtc('2026-08-14T00:00:00.1234567');
const header = encodeQhyHeader({
  sequence: 77,
  reserved: 0,
  width: 1936,
  height: 1024,
  latitudeRaw: 411_026_600,
  longitudeRaw: 1_073_196_500,
  start: utcNsToStamp(START, 0x33),
  end: utcNsToStamp(START + 20_000_000n, 0x33),
  now: utcNsToStamp(START + 20_000_000n, 0x33),
  ppsCount: 10_000_000,
});

function only(bytes: Uint8Array): FoundTime {
  const { frames } = readBytes(bytes);
  assert.is(frames.length, 1);
  const [time] = frames[0]?.times ?? [];
  if (time === undefined) throw new Error(`no time: ${frames[0]?.reasons.join()}`);
  return time;
}

function isSample(time: FoundTime): void {
  assert.is(time.family, 'qhy-pixels');
  assert.is(time.grade, 'locked');
  assert.is(time.startUtcNs, START);
  assert.is(time.exposureNs, 20_000_000n);
  assert.is(time.sequence, 77);
}

/** Pixels of `width` x `height` whose first hold the header, as physical values. */
function pixelsWith(width: number, height: number, depth: 8 | 16, row = 0): Uint16Array {
  const pixels = randomPixels(width * height, depth, 5);
  for (let i = 0; i < header.byteLength; i += depth / 8) {
    const value = depth === 8 ? header[i] : (header[i] ?? 0) | ((header[i + 1] ?? 0) << 8);
    pixels[row * width + i / (depth / 8)] = value ?? 0;
  }
  return pixels;
}

/** An image of `bitpix` bits, big-endian, less `zero`. */
function image(bitpix: 8 | 16, pixels: Uint16Array, width: number, cards: [string, string][] = []): Buffer {
  const zero = bitpix === 16 ? 32768 : 0;
  const data = Buffer.alloc((pixels.length * bitpix) / 8);
  for (const [i, value] of pixels.entries()) {
    if (bitpix === 8) data[i] = value;
    else data.writeUInt16BE((value - zero) & 0xffff, 2 * i);
  }
  const scaling: [string, string][] =
    bitpix === 16
      ? [
          ['BZERO', '32768.'],
          ['BSCALE', '1.0'],
        ]
      : [];
  const head = headerBytes([...imageCards(bitpix, width, pixels.length / width), ...scaling, ...cards]);
  return Buffer.concat([head, dataBytes(data)]);
}

test('the 44 bytes are taken from 8-bit pixels, 16-bit pixels, and 8-bit pixels widened to 16 bits', () => {
  isSample(only(image(8, pixelsWith(100, 4, 8), 100)));
  isSample(only(image(16, pixelsWith(100, 4, 16), 100)));
  isSample(only(image(16, pixelsWith(100, 4, 8), 100)));
  isSample(
    only(
      image(
        16,
        pixelsWith(100, 4, 8).map((value) => value << 8),
        100,
      ),
    ),
  );
  isSample(
    only(
      image(16, pixelsWith(100, 4, 16), 100, [
        ['EXPTIME', '0.02'],
        ['DATE-OBS', "'2026-08-14T00:00:00.3'"],
      ]),
    ),
  );
});

test('an NMEA block behind the header is told beside the time, in 8-bit and 16-bit pixels', () => {
  const block = nmeaBlock([checked('GNRMC,000000.00,A,4110.266,N,07319.650,W,,,140826,,,A')]);
  for (const depth of [8, 16] as const) {
    const width = 400;
    const bytes = new Uint8Array((width * 4 * depth) / 8);
    bytes.set(header);
    bytes.set(block, 44);
    const pixels = depth === 8 ? Uint16Array.from(bytes) : new Uint16Array(bytes.buffer);
    const time = only(image(depth, pixels, width));
    isSample(time);
    assert.match(time.reasons.join(), 'NMEA block of 1 sentences, UTC 2026-08-14T00:00:00, at 41.17110, -73.32750 deg');
    const compressedTime = depth === 16 ? only(compressed(pixels, width, 4, false)) : time;
    assert.match(compressedTime.reasons.join(), 'NMEA block');
  }
});

test('a header whose flags have reserved bits is not taken, and told', () => {
  const pixels = pixelsWith(100, 4, 8);
  pixels[25] = 0xb3;
  const { frames } = readBytes(image(8, pixels, 100));
  assert.equal(frames[0]?.times, []);
  assert.match(frames[0]?.reasons.join() ?? '', 'reserved bits of the receiver flags');
});

test('an image that is upside down has them in its last row', () => {
  const time = only(image(16, pixelsWith(64, 5, 16, 4), 64, [['ROWORDER', "'BOTTOM-UP'"]]));
  isSample(time);
  assert.ok(time.reasons.some((reason) => reason.includes('last row')));
});

test('pixels that are no header give no time, or leave the plain one', () => {
  const { frames } = readBytes(image(16, randomPixels(4000, 16, 9), 100));
  assert.equal(frames[0]?.times, []);
  assert.match(frames[0]?.reasons.join() ?? '', 'no keyword that gives a time');
  const plain = only(image(16, randomPixels(4000, 16, 9), 100, [['DATE-OBS', "'2026-08-14T00:00:00.3'"]]));
  assert.is(plain.family, 'fits');
});

test('a header in the pixels whose receiver has no time leaves the plain time, and says so', () => {
  const pixels = pixelsWith(100, 4, 8);
  for (const flag of [17, 25, 33]) pixels[flag] = 0x11;
  const time = only(
    image(8, pixels, 100, [
      ['DATE-OBS', "'2026-08-14T00:00:00.3'"],
      ['EXPTIME', '0.02'],
    ]),
  );
  assert.is(time.family, 'fits');
  assert.ok(time.reasons.some((reason) => reason.includes('gps-unlocked')));
});

/** A Rice-compressed image of ours. */
function compressed(pixels: Uint16Array, width: number, height: number, hasTime: boolean): Buffer {
  const layout = layoutFrameHdu(width, height, 'fits');
  const code = Buffer.alloc(riceBound(width, 2) * height);
  const rowBytes = new Uint32Array(height);
  const length = riceEncode16(pixels, 0, width, height, 0x8000, code, 0, rowBytes, 0);
  const head = Buffer.alloc(layout.dataOffset);
  writeFrameHeader(head, { ...sampleRecord(1, 's'), width, height }, { kind: 'rice', rowBytes });
  let text = head.toString('latin1', 0, layout.headerBytes);
  if (!hasTime) text = text.replace(/TIMEGRAD|DATE-...|MJD-....|GPS.....|EXPTIME |XPOSURE /g, 'COMMENT ');
  head.write(text, 0, 'latin1');
  return Buffer.concat([emptyPrimary(), dataBytes(Buffer.concat([head, code.subarray(0, length)]))]);
}

test('the first tile of a compressed image is decoded for them where its keywords have no time', () => {
  const time = only(compressed(pixelsWith(100, 30, 16), 100, 30, false));
  isSample(time);
  assert.is(only(compressed(pixelsWith(100, 30, 16), 100, 30, true)).family, 'appulse');
});

const PACK = `
import subprocess, sys
import numpy as np
from astropy.io import fits
folder, header = sys.argv[1], np.frombuffer(bytes.fromhex(sys.argv[2]), np.uint8)
noise = np.random.default_rng(1)
eight = noise.integers(0, 50, (300, 500)).astype(np.uint8)
eight[0, :44] = header
sixteen = noise.integers(900, 1100, (300, 500)).astype(np.uint16)
sixteen[0, :22] = header.view('<u2')
for name, pixels in (('eight', eight), ('sixteen', sixteen)):
    fits.PrimaryHDU(pixels).writeto(f'{folder}/{name}.fits')
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels)]).writeto(f'{folder}/{name}-astropy.fits')
    subprocess.run(['fpack', '-r', f'{folder}/{name}.fits'], check=True)
`;

peerTest(test, ['astropy', 'fpack'], 'images that astropy and fpack compressed are decoded for them', () => {
  const folder = temporaryFolder();
  const made = spawnSync(PYTHON, ['-c', PACK, folder, Buffer.from(header).toString('hex')], { encoding: 'utf8' });
  assert.is(made.status, 0, made.stderr);
  for (const name of ['eight', 'sixteen']) {
    for (const end of ['.fits', '.fits.fz', '-astropy.fits']) {
      const [time] = readFile(join(folder, name + end)).frames[0]?.times ?? [];
      if (time === undefined) throw new Error(`no time in ${name}${end}`);
      isSample(time);
    }
  }
});

test('a full frame of 14304 x 10748 pixels is not read for the bytes of its first row', () => {
  const [width, height] = [14304, 10748];
  const head = headerBytes([...imageCards(16, width, height), ['BZERO', '32768'], ['EXPTIME', '0.02']]);
  const row = Buffer.alloc(2 * width);
  for (let i = 0; i < 22; i++)
    row.writeUInt16BE(((header[2 * i] ?? 0) | ((header[2 * i + 1] ?? 0) << 8)) ^ 0x8000, 2 * i);
  const file = writeBytes(Buffer.concat([head, row]), 'full.fits');
  const fd = openSync(file, 'r+');
  ftruncateSync(fd, head.byteLength + Math.ceil((2 * width * height) / 2880) * 2880);
  writeSync(fd, Buffer.from([1]), 0, 1, head.byteLength + 2 * width * height - 1);
  closeSync(fd);
  const before = process.memoryUsage().rss;
  const { frames } = readFile(file);
  assert.ok(process.memoryUsage().rss - before < 50_000_000);
  isSample(frames[0]?.times[0] as FoundTime);
});

/** A segment of ours, with `frames` uncompressed frames. */
function segment(frames: number): Buffer {
  const totalBytes = hduBytes(64, 48);
  const bytes = Buffer.alloc(frames * totalBytes);
  for (let n = 1; n <= frames; n++) fillHdu(bytes.subarray((n - 1) * totalBytes), sampleRecord(n, 'session'));
  return Buffer.concat([emptyPrimary(), bytes]);
}

test('a segment of ours gives the time of every frame with its number, also of one whose pixels a crash cut off', () => {
  const bytes = segment(3);
  for (const [cut, note] of [
    [0, null],
    [5000, 'the file ends'],
    [hduBytes(64, 48) - 3000, 'ends within a header'],
  ] as const) {
    const { frames, notes } = readBytes(bytes.subarray(0, bytes.byteLength - cut));
    const whole = note === 'ends within a header' ? 2 : 3;
    assert.equal(
      frames.map(({ frame }) => frame),
      [1, 2, 3].slice(0, whole),
    );
    for (const { frame, times } of frames) {
      const { time } = sampleRecord(frame, 'session');
      assert.is(times[0]?.startUtcNs, time.startUtcNs);
      assert.is(times[0]?.grade, 'locked');
      assert.is(times[0]?.uncertaintyNs, 200n);
    }
    if (note === null) assert.equal(notes, []);
    else assert.match(notes.join(), note);
  }
});

test('a bad card, mixed case and a missing date spoil only themselves', () => {
  const cards: (readonly [string, string] | string)[] = [
    ...imageCards(8, 10, 1),
    "OBJECT  = 'no end of this string",
    ['GPS_Bad', '1.2.3'],
    ['Exptime', '0.5'],
    ['DATE-OBS', "'2026-08-14T00:00:00.25' / start"],
  ];
  const time = only(Buffer.concat([headerBytes(cards), dataBytes(new Uint8Array(10))]));
  assert.is(time.exposureNs, 500_000_000n);
  assert.is(formatUtc(time.startUtcNs, 2), '2026-08-14T00:00:00.25');
});

test('text that would steer a terminal is not passed on', () => {
  const cards: [string, string][] = [...imageCards(8, 10, 1), ['DATE-OBS', "'\x1b[2J\x07 is no time'"]];
  const { frames } = readBytes(Buffer.concat([headerBytes(cards), dataBytes(new Uint8Array(10))]));
  assert.match(frames[0]?.reasons.join() ?? '', '?[2J? is no time');
});

test('extensions without a time belong to the primary that has one; a cube says that it is one', () => {
  const primary = headerBytes([
    ['SIMPLE', 'T'],
    ['BITPIX', '8'],
    ['NAXIS', '0'],
    ['DATE-OBS', "'2026-08-14T00:00:00'"],
  ]);
  const extension = headerBytes([
    ['XTENSION', "'IMAGE   '"],
    ['BITPIX', '8'],
    ['NAXIS', '2'],
    ['NAXIS1', '4'],
    ['NAXIS2', '4'],
    ['PCOUNT', '0'],
    ['GCOUNT', '1'],
  ]);
  assert.is(readBytes(Buffer.concat([primary, extension, dataBytes(new Uint8Array(16))])).frames.length, 1);
  const cube = headerBytes([
    ['SIMPLE', 'T'],
    ['BITPIX', '8'],
    ['NAXIS', '3'],
    ['NAXIS1', '4'],
    ['NAXIS2', '4'],
    ['NAXIS3', '3'],
    ['DATE-OBS', "'2026-08-14T00:00:00'"],
  ]);
  assert.ok(
    only(Buffer.concat([cube, dataBytes(new Uint8Array(48))])).reasons.some((reason) =>
      reason.includes('a cube of 3 planes'),
    ),
  );
});

test('a header whose data cannot be sized, or without an end, is an error that names the file and the byte', () => {
  for (const [cards, text] of [
    [
      [
        ['SIMPLE', 'T'],
        ['BITPIX', '12'],
        ['NAXIS', '0'],
      ],
      'BITPIX is 12',
    ],
    [
      [
        ['SIMPLE', 'T'],
        ['BITPIX', '8'],
        ['NAXIS', '-1'],
      ],
      'NAXIS is -1',
    ],
    [
      [
        ['SIMPLE', 'T'],
        ['BITPIX', '64'],
        ['NAXIS', '2'],
        ['NAXIS1', '1099511627776'],
        ['NAXIS2', '1099511627776'],
      ],
      'more data',
    ],
    [
      [
        ['SIMPLE', 'T'],
        ['BITPIX', '8'],
        ['NAXIS', '1'],
        ['NAXIS1', "'x'"],
      ],
      'NAXIS1 is x',
    ],
  ] as const) {
    const error = errorOf(headerBytes(cards.map(([key, value]) => [key, value] as const)));
    assert.is(error?.code, 'storage.times-broken');
    assert.match(error?.message ?? '', text);
    assert.is(error?.context.byte, 0);
  }
  assert.is(errorOf(Buffer.from('SIMPLE  = '.padEnd(4000)))?.code, 'storage.times-broken');
});

test('whatever is cut or changed, reading ends with times or an error of ours', () => {
  fuzz(segment(1), 1, 500);
  fuzz(image(16, pixelsWith(100, 4, 16), 100, [['EXPTIME', '0.02']]), 2, 500);
  fuzz(compressed(pixelsWith(100, 30, 16), 100, 30, false), 3, 1000);
});

test.run();
