import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import { BLOCK_BYTES } from '#storage/fits/cards.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { writeFrameHeader } from '#storage/fits/image-hdu.js';
import { primaryHdu } from '#storage/fits/primary-hdu.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';
import { hduBytes } from './sample-session.js';

const start = parseUtc('2026-08-14T00:00:00.123456700');
const stamp = utcNsToStamp(start, 0x33);
const rawHeader = encodeQhyHeader({
  sequence: 7,
  reserved: 0,
  width: 320,
  height: 240,
  latitudeRaw: 411026600,
  longitudeRaw: 1073196500,
  start: stamp,
  end: stamp,
  now: stamp,
  ppsCount: 10_000_000,
});

function record(frameNumber: number, changes: Partial<FrameRecord> = {}): FrameRecord {
  return {
    sessionId: '0198a000-0000-7000-8000-000000000001',
    stationId: 'station-1',
    cameraId: 'camera-1',
    cameraName: "QHY411 'test' é",
    frameNumber,
    blockId: 2n ** 40n,
    time: {
      startUtcNs: start,
      midUtcNs: start + 20_000_000n,
      endUtcNs: start + 40_000_000n,
      leapSecond: false,
      midLeapSecond: false,
      endLeapSecond: false,
      exposureNs: 40_000_000n,
      rows: {
        shutter: 'rolling',
        linePeriodNs: 43_194n,
        rowUnit: 'sensor-row',
        rowPairs: true,
        rowZeroEndOffsetNs: 1_974_286n,
        firstLine: 0,
        linesPerRow: 1,
        rowDirection: 'top-down',
        rows: 7,
        readoutBoundNs: 50_000_000n,
        origin: 'camera',
      },
      uncertaintyNs: 250n,
      source: 'gps-header',
      grade: 'locked',
      flags: ['host-unsynchronised'],
      rawHeader,
      sequence: 7,
    },
    receivedNs: start + 50_000_000n,
    width: 33,
    height: 7,
    offsetX: 0,
    offsetY: 12,
    bitDepth: 12,
    pixelFormat: 'Mono12p',
    missing: [],
    packetsMissing: 0,
    packetsResent: 2,
    sampleBytes: 2,
    statistics: { min: 0, max: 65535, mean: 1000, stddev: 12.5, median: 999, saturated: 3 },
    frameType: 'light',
    readMode: null,
    gain: 12.5,
    offset: null,
    binningX: 1,
    binningY: 1,
    softwareBinning: 1,
    sensorTemperatureC: null,
    filter: null,
    object: null,
    observer: null,
    telescope: null,
    site: { latitudeDeg: 41.5, longitudeDeg: -73, heightM: 120 },
    ...changes,
  };
}

function hdu(frame: FrameRecord): Buffer {
  const layout = layoutFrameHdu(frame.width, frame.height, 'fits-raw');
  const bytes = Buffer.alloc(hduBytes(frame.width, frame.height));
  writeFrameHeader(bytes, frame, { kind: 'raw' });
  for (let i = 0; i < frame.width * frame.height; i++) {
    bytes.writeUInt16BE(((i * 2621) & 0xffff) ^ 0x8000, layout.headerBytes + 2 * i);
  }
  return bytes;
}

function segmentFile(): { file: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-fits-'));
  const many = Array.from({ length: 2000 }, (_, i) => ({ offset: i * 17_000, length: 1400 }));
  const file = join(folder, 'segment.fits');
  writeFileSync(
    file,
    Buffer.concat([
      primaryHdu({
        sessionId: 's',
        stationId: 'station-1',
        stationName: 'Station',
        cameraId: 'c',
        cameraName: 'QHY411',
        cameraUri: 'sim:tiny?fps=10&scene=stars',
        number: 1,
        createdUtcNs: start,
        software: 'appulse 0.1.0',
        observer: 'A. Observer',
        telescope: null,
        object: null,
        site: { latitudeDeg: -41, longitudeDeg: 0.125, heightM: 0 },
        siteName: 'Kleť',
      }),
      hdu(record(1)),
      hdu(record(2, { missing: many, packetsMissing: 2000, pixelFormat: 'BayerRG12p' })),
      hdu(
        record(3, {
          gain: null,
          site: null,
          statistics: null,
          time: {
            ...record(3).time,
            rawHeader: null,
            sequence: null,
            flags: [],
            rows: { ...record(3).time.rows, linePeriodNs: null },
            calibration: {
              startOffsetNs: 1_500n,
              endOffsetNs: -2_700n,
              sigmaNs: 7n,
              rowZeroEndOffsetNs: null,
              stampExcessNs: 0n,
              measuredUtcNs: start,
            },
          },
        }),
      ),
    ]),
  );
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

test('the layout of a frame is whole FITS blocks and known before its values', () => {
  for (const format of ['fits', 'fits-raw'] as const) {
    const layout = layoutFrameHdu(320, 240, format);
    assert.is(layout.headerBytes % BLOCK_BYTES, 0);
    assert.is(layout.dataOffset, layout.headerBytes + (format === 'fits' ? 8 * 240 : 0));
    assert.ok(layout.rowBound >= 320 * 2);
    assert.ok(layout.bufferBytes >= layout.dataOffset + 240 * layout.rowBound + BLOCK_BYTES);
  }
});

test('a header is written into shared memory', () => {
  const frame = record(1);
  const { headerBytes, bufferBytes } = layoutFrameHdu(frame.width, frame.height, 'fits-raw');
  const shared = new Uint8Array(new SharedArrayBuffer(bufferBytes));
  writeFrameHeader(shared, frame, { kind: 'raw' });
  assert.is(Buffer.from(shared.subarray(0, headerBytes)).equals(hdu(frame).subarray(0, headerBytes)), true);
});

test('many flags are all kept, and bytes that are no header are not read as one', () => {
  const flags = ['gps-holding', 'gps-no-pps', 'gps-host-contradiction', 'host-unsynchronised', 'shutter-unknown'];
  const time = { ...record(1).time, flags, sequence: null, rawHeader: new Uint8Array(44).fill(0xff) };
  const header = hdu(record(1, { time })).toString('latin1', 0, layoutFrameHdu(33, 7, 'fits-raw').headerBytes);
  const cards = header.match(/.{80}/g) ?? [];
  const kept = cards.filter((card) => card.startsWith('TIMEFL')).map((card) => /'(.*?) *'/.exec(card)?.[1]);
  assert.equal(kept.join(' ').split(' '), flags);
  assert.ok(cards.some((card) => card.startsWith('GPSRAW1')));
  assert.not(cards.some((card) => card.startsWith('GPS_')));
});

test('a header holds as many missing ranges as fit, and says so when there are more', () => {
  const { headerBytes } = layoutFrameHdu(33, 7, 'fits-raw');
  for (const count of [0, 1, 100, 200, 235, 500, 1_000, 100_000]) {
    const missing = Array.from({ length: count }, (_, i) => ({ offset: i * 2, length: 1 }));
    const header = hdu(record(1, { missing })).toString('latin1', 0, headerBytes);
    const ranges = [...header.matchAll(/MISS\d+ *= '(.*?) *'/g)].flatMap((match) => (match[1] ?? '').split(' '));
    const expected = missing.slice(0, ranges.length).map(({ offset, length }) => `${offset}+${length}`);
    assert.equal(ranges, expected);
    assert.is(header.includes('MISSCUT'), ranges.length < count, `${ranges.length} of ${count}`);
    if (count <= 200) assert.is(ranges.length, count);
  }
});

peerTest(test, ['fitsverify'], 'fitsverify finds no error and no warning in a segment', () => {
  const { file, remove } = segmentFile();
  try {
    const done = spawnSync('fitsverify', [file], { encoding: 'utf8' });
    assert.match(done.stdout, /Verification found 0 warning\(s\) and 0 error\(s\)/, done.stdout);
  } finally {
    remove();
  }
});

peerTest(test, ['astropy'], 'astropy reads equal pixels and the exact keywords', () => {
  const { file, remove } = segmentFile();
  const script = `
import sys, warnings, json
warnings.simplefilter('error')
warnings.filterwarnings('ignore', message="'obsfix'") # says that it derives latitude and longitude itself
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.coordinates import EarthLocation
with fits.open(sys.argv[1]) as f:
    expected = ((np.arange(33 * 7) * 2621) & 0xffff).astype(np.uint16).reshape(7, 33)
    for hdu in f[1:]:
        assert hdu.data.dtype == np.uint16, hdu.data.dtype
        assert (hdu.data == expected).all()
        WCS(hdu.header)
    h = f[1].header
    print(json.dumps([h['DATE-OBS'], h['BLOCKID'], h['EXPTIME'], h['TIMSYER'], h['INSTRUME'], h['GPSRAW1'] + h['GPSRAW2'], h['GPS_SU'], h['GPS_LONG'],
      f[2].header['MISSRNGS'], f[2].header['MISSCUT'], f[2].header['MISS1'], f[2].header['BAYERPAT'], f[3].header['TIMEFLAG'], h['MJD-OBS'],
      EarthLocation.from_geocentric(h['OBSGEO-X'], h['OBSGEO-Y'], h['OBSGEO-Z'], unit='m').height.value]))
`;
  try {
    const done = spawnSync(PYTHON, ['-c', script, file], { encoding: 'utf8' });
    assert.is(done.status, 0, done.stderr);
    const values = JSON.parse(done.stdout);
    assert.equal(values.slice(0, 13), [
      '2026-08-14T00:00:00.123456700',
      2 ** 40,
      0.04,
      2.5e-7,
      "QHY411 'test' ?",
      Buffer.from(rawHeader).toString('hex'),
      123456.7,
      -73.3275,
      2000,
      true,
      '0+1400 17000+1400 34000+1400 51000+1400 68000+1400 85000+1400',
      'RGGB',
      '',
    ]);
    assert.ok(Math.abs(values[14] - 120) < 0.01, `height ${values[14]}`);
    assert.ok(Math.abs(values[13] - 61266.00000142891) < 1e-9, String(values[13]));
  } finally {
    remove();
  }
});

test.run();
