import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { StorageError } from '#storage/errors.js';
import { type FfImage, frameStartOf, readFf, reconstructFrame } from '#storage/ff/ff-image.js';
import { fsBytes, readFs } from '#storage/ff/fs-file.js';
import { ftBytes, readFt } from '#storage/ff/ft-file.js';
import { isStationCode, stationCodeOf } from '#storage/ff/station-code.js';
import type { StackFile } from '#storage/stacks/stack-format.js';
import { type StackKind, stackFormat } from '#storage/stacks/stack-kinds.js';
import { Stacker } from '#storage/stacks/stacker.js';
import { peerTest } from '#test/support/peers.js';
import { randomOf, randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { rmsFf } from './rms-ff.js';
import { sampleRecord, temporaryFolder } from './sample-session.js';
import { readFile } from './time-reading.js';

const [WIDTH, HEIGHT] = [13, 7];
const SESSION = '0199a1b2-0000-7000-8000-00003f9a1c2b';
const FIRST = 1280;
const PERIOD_NS = 40_000_000n;
const START = parseUtc('2026-08-14T00:00:00.250123456');

const recordAt = (place: number, changes: Parameters<typeof sampleRecord>[2] = {}) => {
  const record = sampleRecord(place + 1, SESSION);
  const startUtcNs = START + BigInt(place) * PERIOD_NS;
  const time = { ...record.time, startUtcNs, midUtcNs: startUtcNs, endUtcNs: startUtcNs + 39_000_000n };
  return {
    ...record,
    width: WIDTH,
    height: HEIGHT,
    bitDepth: 8,
    missing: [],
    packetsMissing: 0,
    blockId: BigInt(FIRST + place),
    time,
    ...changes,
  };
};

const pixelsAt = (place: number, depth = 8) => randomPixels(WIDTH * HEIGHT, depth, 100 + place);

/** The files of the block made of the frames at `places`. */
function blockOf(kind: StackKind, places: readonly number[], depth = 8): readonly StackFile[] {
  const options = {
    width: WIDTH,
    height: HEIGHT,
    frames: 256,
    stationCode: 'XX0001',
    sessionStartUtcNs: START - 1_000_000_000n,
  };
  const stacker = new Stacker(stackFormat(kind, options));
  let files: readonly StackFile[] | null = null;
  for (const place of places) {
    const pixels = pixelsAt(place, depth);
    files = stacker.add(recordAt(place, { bitDepth: depth }), depth === 8 ? Uint8Array.from(pixels) : pixels) ?? files;
  }
  files = stacker.end() ?? files;
  assert.ok(files);
  return files;
}

const all = Array.from({ length: 256 }, (_, place) => place);

/** Writes the files below a folder of their own; returns the paths. */
function written(files: readonly StackFile[]): string[] {
  const folder = temporaryFolder();
  return files.map(({ name, bytes }) => {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
}

interface Hdu {
  readonly cards: ReadonlyMap<string, string>;
  readonly keywords: readonly string[];
  readonly data: Buffer;
}

/** FITS taken apart by the letter: 2880-byte blocks of 80-byte cards, then the data that NAXISn promise. */
function hdusOf(bytes: Buffer): Hdu[] {
  const hdus: Hdu[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const cards = new Map<string, string>();
    for (let card = ''; card.trimEnd() !== 'END'; at += 80) {
      card = bytes.toString('latin1', at, at + 80);
      assert.is(card.length, 80);
      if (card[8] === '=') cards.set(card.slice(0, 8).trimEnd(), (card.slice(10).split(' / ')[0] ?? '').trim());
    }
    at = Math.ceil(at / 2880) * 2880;
    const axes = Number(cards.get('NAXIS'));
    let size = axes === 0 ? 0 : Math.abs(Number(cards.get('BITPIX'))) / 8;
    for (let axis = 1; axis <= axes; axis++) size *= Number(cards.get(`NAXIS${axis}`));
    hdus.push({ cards, keywords: [...cards.keys()], data: bytes.subarray(at, at + size) });
    at += Math.ceil(size / 2880) * 2880;
    assert.ok(at <= bytes.byteLength);
  }
  return hdus;
}

/** Of each pixel over `places`, by the definition: maximum, places that have it, average, deviation, as RMS makes them. */
function expected(places: readonly number[], depth = 8) {
  const frames = places.map((place) => pixelsAt(place, depth).map((value) => value >> (depth - 8)));
  return Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const values = frames.map((frame) => frame[i] as number);
    const maximum = Math.max(...values);
    const rest = [...values].sort((a, b) => a - b).slice(0, -4);
    const sum = rest.reduce((total, value) => total + value, 0);
    const squares = rest.reduce((total, value) => total + value * value, 0);
    const average = Math.floor(sum / (values.length - 4));
    const variance = Math.floor((squares - sum * average) / (values.length - 5));
    const holders = places.filter((_, k) => values[k] === maximum);
    return { maximum, holders, average, deviation: Math.max(1, Math.floor(Math.sqrt(variance))) };
  });
}

function assertPlanes(
  { maximum, frameOfMaximum, average, deviation }: FfImage['planes'],
  pixels: ReturnType<typeof expected>,
): void {
  for (const [i, pixel] of pixels.entries()) {
    assert.is(maximum[i], pixel.maximum);
    assert.ok(pixel.holders.includes(frameOfMaximum[i] as number));
    assert.is(average[i], pixel.average);
    assert.is(deviation[i], pixel.deviation);
  }
}

const NIGHT = 'XX0001_20260813_235959_250123';

test('an FF file has the name, the keywords and the planes of RMS, field by field', () => {
  const files = blockOf('ff', all);
  assert.equal(
    files.map(({ name }) => name),
    [
      `${NIGHT}/FT_XX0001_20260814_000000.bin`,
      `${NIGHT}/FS_XX0001_20260814_000000_250123_0001280_fieldsum.bin`,
      `${NIGHT}/FF_XX0001_20260814_000000_250_0001280.fits`,
    ],
  );
  const [primary, ...planes] = hdusOf(Buffer.from(files[2]?.bytes ?? []));
  assert.ok(primary);
  assert.is(primary.data.byteLength, 0);
  assert.equal(primary.keywords.slice(0, 12), [
    'SIMPLE',
    'BITPIX',
    'NAXIS',
    'EXTEND',
    'NROWS',
    'NCOLS',
    'NBITS',
    'NFRAMES',
    'FIRST',
    'CAMNO',
    'FPS',
    'DATE-OBS',
  ]);
  assert.equal(
    primary.keywords.slice(2, 12).map((keyword) => primary.cards.get(keyword)),
    ['0', 'T', '7', '13', '8', '256', '1536', "'XX0001  '", '25.000000', "'2026-08-14T00:00:00.250123'"],
  );
  assert.is(primary.cards.get('DATE-BEG'), "'2026-08-14T00:00:00.250123456'");
  assert.is(primary.cards.get('DATE-END'), `'${formatUtc(START + 255n * PERIOD_NS + 39_000_000n)}'`);
  assert.equal(
    ['NSTACKED', 'NLOST', 'TIMEDEV'].map((keyword) => primary.cards.get(keyword)),
    ['256', '0', '0.000000000'],
  );
  const names = ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL'];
  assert.equal(
    planes.map(({ cards }) => cards.get('EXTNAME')?.replace(/'/g, '').trim()),
    [...names, 'FRAMES'],
  );
  for (const { cards, data } of planes.slice(0, 4)) {
    assert.equal(
      ['XTENSION', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'PCOUNT', 'GCOUNT'].map((keyword) => cards.get(keyword)),
      ["'IMAGE   '", '8', '2', '13', '7', '0', '1'],
    );
    assert.is(data.byteLength, WIDTH * HEIGHT);
  }
  const [maximum, frameOfMaximum, average, deviation] = planes.map(({ data }) => data) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  assertPlanes({ maximum, frameOfMaximum, average, deviation }, expected(all));
});

test('deeper frames count by their top 8 bits', () => {
  const [, , file = ''] = written(blockOf('ff', all, 12));
  assertPlanes(readFf(file).planes, expected(all, 12));
  assert.is(hdusOf(readFileSync(file))[0]?.cards.get('PIXSHIFT'), '4');
});

test('FT has the true time of every frame, FS the sum of its pixels', () => {
  const [ft, fs] = blockOf('ff', all).map(({ bytes }) => Buffer.from(bytes)) as [Buffer, Buffer];
  assert.is(ft.byteLength, 4 + 12 * 256);
  assert.is(ft.readUInt32LE(0), 256);
  assert.is(fs.byteLength, 2 + 4 * 256);
  assert.is(fs.readUInt16LE(0), 256);
  for (const place of all) {
    assert.is(ft.readUInt32LE(4 + 12 * place), FIRST + place);
    const whole = Number(START / 1_000_000_000n);
    assert.ok(Math.abs(ft.readDoubleLE(8 + 12 * place) - whole - 0.250123456 - place * 0.04) < 2.5e-7);
    assert.is(
      fs.readUInt32LE(2 + 4 * place),
      pixelsAt(place).reduce((sum, value) => sum + value, 0),
    );
  }
});

test('a lost frame leaves its place empty: maxima keep the place of their time, and the file says how many are missing', () => {
  const lost = new Set([3, 100, 101, 102, 254, 255]);
  const places = all.filter((place) => !lost.has(place));
  const files = blockOf('ff', places);
  const [ftFile = '', fsFile = '', ffFile = ''] = written(files);
  assertPlanes(readFf(ffFile).planes, expected(places));
  const [primary, , , , , table] = hdusOf(readFileSync(ffFile));
  assert.equal(
    ['NFRAMES', 'NSTACKED', 'NLOST', 'FPS', 'TIMEDEV'].map((keyword) => primary?.cards.get(keyword)),
    ['256', '250', '4', '25.000000', '0.000000000'],
  );
  assert.equal(
    places.map((_, row) => table?.data.readInt16BE(44 * row + 42)),
    places,
  );
  assert.equal(
    readFt(readFileSync(ftFile)).map(({ counter }) => counter - FIRST),
    places,
  );
  const sums = readFs(readFileSync(fsFile));
  for (const place of all) assert.is(sums[place] === 0, lost.has(place));
});

test('a frame that comes at another time than its place says is told by TIMEDEV', () => {
  const options = { width: WIDTH, height: HEIGHT, frames: 256, stationCode: 'XX0001', sessionStartUtcNs: START };
  const stacker = new Stacker(stackFormat('ff', options));
  for (const place of all.slice(0, 41)) {
    const record = recordAt(place);
    const startUtcNs = record.time.startUtcNs + (place === 20 ? 1_500_000n : 0n);
    stacker.add({ ...record, time: { ...record.time, startUtcNs } }, Uint8Array.from(pixelsAt(place)));
  }
  const file = stacker.end()?.at(-1);
  const [primary] = hdusOf(Buffer.from(file?.bytes ?? []));
  assert.is(primary?.cards.get('TIMEDEV'), '0.001500000');
  assert.is(primary?.cards.get('NSTACKED'), '41');
});

test('a block ends with the last place or with the first frame beyond it, and the next begins anew', () => {
  const options = { width: WIDTH, height: HEIGHT, frames: 256, stationCode: 'XX0001', sessionStartUtcNs: START };
  const stacker = new Stacker(stackFormat('ff', options));
  const add = (place: number) => stacker.add(recordAt(place), Uint8Array.from(pixelsAt(place)));
  const counters: number[] = [];
  for (let place = 0; place < 800; place++) {
    if ([255, 256, 257].includes(place)) continue;
    const name = add(place)?.at(-1)?.name;
    if (name !== undefined) counters.push(Number(/_(\d+)\.fits$/.exec(name)?.[1]));
  }
  const last = stacker.end()?.at(-1)?.name ?? '';
  assert.equal(
    [...counters, Number(/_(\d+)\.fits$/.exec(last)?.[1])],
    [0, 258, 514, 770].map((place) => FIRST + place),
  );
  assert.is(stacker.end(), null, 'nothing is left');
  for (const place of all.slice(0, 5)) add(place);
  assert.is(stacker.end(), null, 'five frames have no deviation as RMS makes it');
});

test('FF files of CAMS have the header of version 2 and the same planes', () => {
  const file = blockOf('ff-bin', all).at(-1);
  assert.is(file?.name, `${NIGHT}/FF_XX0001_20260814_000000_250_0001280.bin`);
  const bytes = Buffer.from(file?.bytes ?? []);
  assert.is(bytes.byteLength, 36 + 4 * WIDTH * HEIGHT);
  assert.is(bytes.readInt32LE(0), -1);
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  assert.equal(words, [HEIGHT, WIDTH, 256, 1536, 1, 1, 0, 25_000]);
  const plane = (i: number) => bytes.subarray(36 + i * WIDTH * HEIGHT, 36 + (i + 1) * WIDTH * HEIGHT);
  assertPlanes({ maximum: plane(0), frameOfMaximum: plane(1), average: plane(2), deviation: plane(3) }, expected(all));
});

test('both kinds are read alike, and their times as written', () => {
  const images = (['ff', 'ff-bin'] as const).map((kind) => {
    const file = written(blockOf(kind, all)).at(-1) ?? '';
    const [time] = readFile(file).frames[0]?.times ?? [];
    assert.is(time?.sequence, FIRST);
    assert.is(time?.startUtcNs, kind === 'ff' ? START : parseUtc('2026-08-14T00:00:00.250'));
    return readFf(file);
  }) as [FfImage, FfImage];
  assert.equal(images[0].planes, images[1].planes);
  for (const { width, height, frames, counter, framesPerSecond } of images) {
    assert.equal([width, height, frames, counter, framesPerSecond], [WIDTH, HEIGHT, 256, FIRST, 25]);
  }
  assert.is(images[0].startUtcNs, START);
  assert.is(images[0].station, 'XX0001');
  assert.is(frameStartOf(images[0], 255), START + 255n * PERIOD_NS);
});

test('frames are made again from the maxima over the average, or over black', () => {
  const image = readFf(written(blockOf('ff', all)).at(-1) ?? '');
  const { maximum, frameOfMaximum, average } = image.planes;
  const [over, black] = [new Uint8Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT)];
  let maxima = 0;
  for (const place of all) {
    reconstructFrame(image, place, over);
    reconstructFrame(image, place, black, 'black');
    for (let i = 0; i < over.length; i++) {
      const isMaximum = frameOfMaximum[i] === place;
      maxima += Number(isMaximum);
      assert.is(over[i], isMaximum ? maximum[i] : average[i]);
      assert.is(black[i], isMaximum ? maximum[i] : 0);
    }
  }
  assert.is(maxima, WIDTH * HEIGHT);
});

const folder = temporaryFolder();

function readBytes(bytes: Uint8Array, name: string): FfImage {
  writeFileSync(join(folder, name), bytes);
  return readFf(join(folder, name));
}

function camsFirst(): Buffer {
  const words = [6, 8, 8, 3, 499];
  return Buffer.concat([...words.map((word) => Buffer.from(Uint32Array.of(word).buffer)), Buffer.alloc(192, 7)]);
}

test('files of RMS with their planes in another order, and of CAMS version 1, are read', () => {
  const image = readBytes(
    rmsFf({ order: ['STDPIXEL', 'MAXFRAME', 'MAXPIXEL', 'AVEPIXEL'] }),
    'FF_XX0001_20260814_000000_250_0001280.fits',
  );
  assert.equal(
    [image.planes.deviation[0], image.planes.frameOfMaximum[0], image.planes.maximum[0], image.planes.average[0]],
    [10, 20, 30, 40],
  );
  assert.is(image.startUtcNs, parseUtc('2026-08-14T00:00:00.25'), 'of the name, where there is no DATE-OBS');
  const first = readBytes(camsFirst(), 'FF499_20110814_000000_250_0000003.bin');
  assert.equal(
    [first.width, first.height, first.frames, first.counter, first.station, first.framesPerSecond],
    [8, 6, 256, 3, '499', null],
  );
  assert.is(first.planes.deviation[47], 7);
});

test('whatever is cut or changed, reading FF, FT and FS ends with planes or an error of ours', () => {
  const random = randomOf(77);
  const tries = (bytes: Uint8Array, read: (changed: Uint8Array) => void) => {
    const attempt = (changed: Uint8Array) => {
      try {
        read(changed);
      } catch (error) {
        assert.instance(error, StorageError, String(error));
      }
    };
    for (let length = 0; length < bytes.byteLength; length += Math.max(1, Math.floor(bytes.byteLength / 150))) {
      attempt(bytes.subarray(0, length));
      const zeroed = Uint8Array.from(bytes);
      attempt(zeroed.fill(0, length));
    }
    for (let i = 0; i < 400; i++) {
      const changed = Uint8Array.from(bytes);
      for (let n = 1 + random() * 8; n > 0; n--)
        changed[Math.floor(random() ** 2 * changed.byteLength)] = random() * 256;
      attempt(changed);
    }
  };
  tries(rmsFf(), (bytes) => readBytes(bytes, 'FF_x.fits'));
  tries(camsFirst(), (bytes) => readBytes(bytes, 'FF_x.bin'));
  tries(blockOf('ff-bin', all).at(-1)?.bytes as Uint8Array, (bytes) => readBytes(bytes, 'FF_x.bin'));
  tries(ftBytes(all.map((counter) => ({ counter, utcNs: START }))), readFt);
  tries(fsBytes(all.map(BigInt)), readFs);
});

test('sums beyond 32 bits are cut to the largest number', () => {
  assert.equal(
    readFs(fsBytes([0n, 4_294_967_295n, 4_294_967_296n, 5_000_000_000n])),
    [0, 4_294_967_295, 4_294_967_295, 4_294_967_295],
  );
});

test('a station that was given no code has one made of its name, each camera another', () => {
  for (const [name, code] of [
    ['station', 'XXSTAT'],
    ['n7', 'XX00N7'],
    ['us001a', 'US001A'],
    ['Élan Observatory', 'XXELAN'],
    ['天文', 'XX0000'],
  ] as const) {
    assert.is(stationCodeOf(null, name, 0), code);
    assert.ok(isStationCode(code));
  }
  assert.is(stationCodeOf(null, 'station', 1), 'XXSTA2');
  assert.is(stationCodeOf(['US001A', 'US001B'], 'station', 1), 'US001B');
  assert.is(stationCodeOf(['US001A'], 'station', 2), 'US0013');
  for (const bad of ['us001a', 'U0001A', 'US001', 'US00001', 'US_01A', '']) assert.not(isStationCode(bad));
});

test('blocks of less than a second have FT files of different names', () => {
  const options = { width: 2, height: 1, frames: 256, stationCode: 'XX0001', sessionStartUtcNs: START };
  const stacker = new Stacker(stackFormat('ff', options));
  const names: string[] = [];
  for (let place = 0; place < 1024; place++) {
    const record = recordAt(place, { width: 2, height: 1 });
    const startUtcNs = START + BigInt(place) * 900_000n;
    const files = stacker.add({ ...record, time: { ...record.time, startUtcNs } }, Uint8Array.of(place, 1));
    names.push(...(files ?? []).map(({ name }) => basename(name)));
  }
  assert.is(new Set(names).size, 12);
  assert.is(names[0], 'FT_XX0001_20260814_000000_250_0001280.bin');
});

peerTest(test, ['fitsverify'], 'fitsverify finds no error and no warning in an FF file', () => {
  for (const places of [all, all.slice(0, 90)]) {
    const file = written(blockOf('ff', places)).at(-1) ?? '';
    const verify = spawnSync('fitsverify', [file], { encoding: 'utf8' });
    assert.match(verify.stdout, 'Verification found 0 warning(s) and 0 error(s)', verify.stdout);
  }
});

test.run();
