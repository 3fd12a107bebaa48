import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { GRADES, TIME_SOURCES } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import { TIME_FLAGS } from '#gps/judge/time-flags.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { BLOCK_BYTES } from '#storage/fits/cards.js';
import { dataSumOf, frameRecordOf } from '#storage/fits/frame-header.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { writeFrameHeader } from '#storage/fits/image-hdu.js';
import { primaryHdu } from '#storage/fits/primary-hdu.js';
import { FRAME_TYPES, type FrameRecord } from '#storage/frame-record.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { sampleRecord, temporaryFolder } from './sample-session.js';

const folder = temporaryFolder();

const NAMES = [
  'QHY411',
  "l'Observatoire d''en haut",
  'Sternwarte München-Süd, Kuppel 3 ',
  '木曽観測所 105cm シュミット 🔭',
  '',
  ' leads and trails ',
  'tab\tand \u0007 bell & ampersand&',
  "'".repeat(40),
  'x'.repeat(68),
  'a name of more than sixty-eight characters, which no card of a FITS header can hold in one piece & goes on',
  `100% sure, ${'long '.repeat(30)}`,
];

/** A record with every field drawn from what it may be. */
function randomRecord(seed: number): FrameRecord {
  const random = randomOf(seed);
  const below = (limit: number): number => Math.floor(limit * random());
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const big = (bits: number): bigint => {
    let value = 0n;
    for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(below(2 ** 32));
    return value & ((1n << BigInt(bits)) - 1n);
  };
  const signed = (bits: number): bigint => (random() < 0.5 ? -big(bits) : big(bits));
  const maybe = <T>(make: () => T): T | null => (random() < 0.3 ? null : make());
  const real = (): number =>
    pick([0, 0.1, -0.1, 1e-7, 12.5, -273.15, 1e21, below(65_536), random() * 1e6, Math.PI, 2 ** 52]);
  // The inserted second before 2017, and any other time.
  const leap = random() < 0.2;
  const midnight = parseUtc('2017-01-01');
  const instant = (): bigint => (leap ? midnight + big(29) : parseUtc('2000-01-01') + (big(60) % 10n ** 18n));
  const [width, height, sampleBytes] = [1 + below(9000), 1 + below(9000), pick([1, 2, 4] as const)];
  return {
    ...sampleRecord(1, 'session'),
    sessionId: pick(NAMES),
    stationId: pick(NAMES),
    cameraId: pick(NAMES),
    cameraName: pick(NAMES),
    frameNumber: 1 + below(2 ** 31 - 1),
    blockId: big(63),
    receivedNs: parseUtc('2000-01-01') + (big(60) % 10n ** 18n),
    width,
    height,
    offsetX: below(20_000),
    offsetY: below(20_000),
    bitDepth: 1 + below(32),
    sampleBytes,
    pixelFormat: pick(['Mono8', 'Mono12p', 'BayerRG12Packed', 'Mono16']),
    missing: Array.from({ length: pick([0, 0, 1, 3, 40]) }, () => ({ offset: below(2 ** 32), length: below(9_000) })),
    packetsMissing: below(100_000),
    packetsResent: below(100_000),
    statistics: maybe(() => ({
      min: below(65_536),
      max: below(2 ** 32),
      mean: random() * 65_536,
      stddev: random() * 1e-3,
      median: maybe(real),
      saturated: below(2 ** 31),
    })),
    frameType: pick(FRAME_TYPES),
    readMode: maybe(() => pick(NAMES)),
    gain: maybe(real),
    offset: maybe(real),
    binningX: 1 + below(4),
    binningY: 1 + below(4),
    softwareBinning: 1 + below(4),
    sensorTemperatureC: maybe(real),
    filter: maybe(() => pick(NAMES)),
    object: maybe(() => pick(NAMES)),
    observer: maybe(() => pick(NAMES)),
    telescope: maybe(() => pick(NAMES)),
    site: maybe(() => ({
      latitudeDeg: 180 * random() - 90,
      longitudeDeg: 360 * random() - 180,
      heightM: real() % 9000,
    })),
    time: {
      startUtcNs: instant(),
      midUtcNs: instant(),
      endUtcNs: instant(),
      leapSecond: leap,
      midLeapSecond: leap,
      endLeapSecond: leap,
      exposureNs: signed(50),
      rows: {
        shutter: pick(['global', 'rolling'] as const),
        linePeriodNs: maybe(() => big(34)),
        rowUnit: pick(['sensor-row', 'binned-row'] as const),
        rowPairs: random() < 0.5,
        rowZeroEndOffsetNs: maybe(() => signed(40)),
        firstLine: below(9_000),
        linesPerRow: 1 + below(4),
        rowDirection: pick(['top-down', 'bottom-up'] as const),
        rows: height,
        readoutBoundNs: big(40),
        origin: pick(['camera', 'table', 'none'] as const),
      },
      uncertaintyNs: big(50),
      source: pick(TIME_SOURCES),
      grade: pick(GRADES),
      flags: Object.keys(TIME_FLAGS).filter(() => random() < 0.15),
      rawHeader: maybe(() => randomBytes(44, seed)),
      sequence: maybe(() => below(2 ** 32)),
      ...(random() < 0.5 ? {} : { libraryInfo: randomBytes(104, seed + 1) }),
      ...(random() < 0.5
        ? {}
        : {
            calibration: {
              startOffsetNs: signed(40),
              endOffsetNs: signed(40),
              sigmaNs: big(40),
              rowZeroEndOffsetNs: maybe(() => signed(40)),
              stampExcessNs: signed(40),
              measuredUtcNs: parseUtc('2026-01-01') + big(50),
            },
          }),
    },
  };
}

/** The header of an uncompressed frame whose data have the sum 1. */
const headerOf = (record: FrameRecord): Buffer => {
  const { headerBytes } = layoutFrameHdu(record.width, record.height, 'fits-raw', record.sampleBytes);
  const header = Buffer.alloc(headerBytes);
  writeFrameHeader(header, record, { kind: 'raw', sum: 1 });
  return header;
};

test('any record comes back exactly from the header of its HDU', () => {
  for (let seed = 1; seed <= 1_500; seed++) {
    const record = randomRecord(seed);
    const back = frameRecordOf(headerOf(record).toString('latin1'));
    assert.equal(back, record, `seed ${seed}`);
  }
});

test('a compressed HDU gives the same record, and the sum of its data', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const record = { ...randomRecord(seed), width: 50, height: 7 };
    const { dataOffset } = layoutFrameHdu(50, 7, 'fits', record.sampleBytes);
    const target = Buffer.alloc(dataOffset);
    const rowBytes = Uint32Array.from({ length: 7 }, (_, i) => 11 + i);
    const end = writeFrameHeader(target, record, { kind: 'rice', rowBytes, sum: 77 });
    const header = target.toString('latin1');
    assert.equal(frameRecordOf(header), record);
    assert.ok(end.dataSum !== null && end.dataSum > 77);
    assert.is(dataSumOf(header), end.dataSum);
  }
});

test('a header without sums has no DATASUM, one with them adds up to minus zero', () => {
  const record = sampleRecord(1, 'session');
  const header = headerOf(record);
  assert.is(onesSum(header, 0, header.byteLength), 0xffff_ffff - 1);
  assert.is(dataSumOf(header.toString('latin1')), 1);
  const bare = Buffer.alloc(header.byteLength);
  assert.is(writeFrameHeader(bare, record, { kind: 'raw' }).dataSum, null);
  assert.is(dataSumOf(bare.toString('latin1')), null);
});

test('ranges that the header has no room for are left out, the first ones come back', () => {
  const missing = Array.from({ length: 5_000 }, (_, i) => ({ offset: i * 9_000, length: 8_000 }));
  const back = frameRecordOf(headerOf({ ...randomRecord(5), missing }).toString('latin1'));
  assert.ok(back !== null && back.missing.length > 100);
  assert.equal(back.missing, missing.slice(0, back.missing.length));
});

test('what is no frame of ours, and a damaged header, gives null and nothing else', () => {
  assert.is(frameRecordOf(''), null);
  assert.is(frameRecordOf('SIMPLE  =                    T'.padEnd(80)), null);
  const whole = headerOf(randomRecord(3)).toString('latin1');
  const random = randomOf(1);
  let refused = 0;
  for (let round = 0; round < 3_000; round++) {
    const at = Math.floor(random() * whole.length);
    const damage = String.fromCharCode(Math.floor(random() * 256)).repeat(1 + Math.floor(random() * 90));
    const cut = random() < 0.2 ? whole.slice(0, at) : whole.slice(0, at) + damage + whole.slice(at + damage.length);
    if (frameRecordOf(cut) === null) refused++;
  }
  assert.ok(refused > 100, `${refused} refused`);
});

/** Headers of random records, each with a few raw pixels. */
function segmentOf(name: string, seeds: readonly number[]): string {
  const hdus = seeds.map((seed) => {
    const record = { ...randomRecord(seed), width: 3, height: 5, frameNumber: 999_999 - 30 + seed };
    const { headerBytes } = layoutFrameHdu(3, 5, 'fits-raw', record.sampleBytes);
    const hdu = Buffer.alloc(headerBytes + BLOCK_BYTES);
    const pixels = randomBytes(15 * record.sampleBytes, seed);
    hdu.set(pixels, headerBytes);
    writeFrameHeader(hdu, record, { kind: 'raw', sum: onesSum(pixels, 0, pixels.byteLength) });
    return hdu;
  });
  const primary = primaryHdu({
    sessionId: 's',
    stationId: 'station-1',
    stationName: 'Station',
    cameraId: 'c',
    cameraName: 'QHY411',
    cameraUri: 'sim:tiny?fps=10&scene=stars',
    number: 1,
    createdUtcNs: parseUtc('2026-08-14'),
    software: 'appulse 0.1.0',
    observer: 'A. Observer',
    telescope: null,
    object: null,
    site: { latitudeDeg: -41, longitudeDeg: 0.125, heightM: 0 },
  });
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([primary, ...hdus]));
  return file;
}

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

peerTest(
  test,
  ['fitsverify'],
  'fitsverify finds no error and no warning in headers of any record, sums included',
  () => {
    const done = spawnSync('fitsverify', [segmentOf('verify.fits', seeds)], { encoding: 'utf8' });
    assert.match(done.stdout, /Verification found 0 warning\(s\) and 0 error\(s\)/, done.stdout.slice(-6000));
  },
);

peerTest(test, ['astropy'], 'astropy finds the sums right', () => {
  const script = `
import sys, warnings
warnings.simplefilter('error')
from astropy.io import fits
with fits.open(sys.argv[1], checksum=True) as hdus:
    for hdu in hdus:
        assert 'CHECKSUM' in hdu.header and 'DATASUM' in hdu.header
        hdu.data
        if hdu.header.get('OBJECT-U'): assert '&' not in hdu.header['OBJECT-U']
print(len(hdus))
`;
  const done = spawnSync(PYTHON, ['-c', script, segmentOf('sums.fits', seeds)], { encoding: 'utf8' });
  assert.is(done.stdout.trim(), '61', done.stderr);
});

test.run();
