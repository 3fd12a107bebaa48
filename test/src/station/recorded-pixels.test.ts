import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bin16Reference } from '#pipeline/kernels/bin.js';
import { type Binning, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, scenePixels } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { decodeFrame, readHdus, readPixels } from '#storage/fits/reader.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('recorded-pixels', 120_000);

interface Recording {
  readonly pixelFormat: string;
  readonly binning: Binning;
  readonly format: 'fits' | 'fits-raw';
  readonly sampleBytes: 1 | 2 | 4;
  readonly bitDepth: number;
}

const recording = (
  pixelFormat: string,
  factor: 1 | 2 | 3 | 4,
  by: 'sum' | 'mean',
  format: 'fits' | 'fits-raw',
  [sampleBytes, bitDepth]: readonly [1 | 2 | 4, number],
): Recording => ({ pixelFormat, binning: { factor, by }, format, sampleBytes, bitDepth });

const RECORDINGS: readonly Recording[] = [
  recording('Mono8', 1, 'sum', 'fits', [1, 8]),
  recording('BayerRG8', 1, 'sum', 'fits-raw', [1, 8]),
  recording('Mono8', 2, 'sum', 'fits', [2, 10]),
  recording('Mono8', 3, 'mean', 'fits', [1, 8]),
  recording('Mono12p', 4, 'sum', 'fits', [2, 16]),
  recording('Mono14', 3, 'sum', 'fits', [4, 18]),
  recording('Mono16', 4, 'sum', 'fits-raw', [4, 20]),
  recording('BayerGR12', 3, 'mean', 'fits-raw', [2, 12]),
  // The camera tells that its values go to 4095.
  recording('Mono32', 1, 'sum', 'fits', [4, 12]),
  recording('Mono32', 1, 'sum', 'fits-raw', [4, 12]),
];

const data = mkdtempSync(join(tmpdir(), 'appulse-pixels-'));
test.after(() => rmSync(data, { recursive: true, force: true }));

async function recordNow({ pixelFormat, binning, format }: Recording): Promise<SessionSummary> {
  const camera = `sim:tiny?fps=100&format=${pixelFormat}&seed=5&scene=meteor`;
  const bin = ['--bin', String(binning.factor), '--bin-by', binning.by, '--format', format];
  const words = ['--frames', '8', '--histogram', 'full', '--data', data, '--json'];
  const ended = await appulse(['record', '--camera', camera, ...bin, ...words]);
  assert.is(ended.code, 0, ended.stderr);
  return ended.json as SessionSummary;
}

const recorded = new Map<Recording, SessionSummary>();

/** Its session, recorded once for all tests. */
async function record(each: Recording): Promise<SessionSummary> {
  const summary = recorded.get(each) ?? (await recordNow(each));
  recorded.set(each, summary);
  return summary;
}

const segmentOf = ({ folder }: SessionSummary): string =>
  join(folder, readdirSync(folder).find((name) => name.endsWith('.fits')) ?? '');

/** What frame `sequence` of the camera becomes. */
function truthOf({ pixelFormat, binning }: Recording, sequence: number): Uint32Array {
  const model = cameraModelByName('tiny');
  const format = pixelFormatByName(pixelFormat);
  assert.ok(model && format);
  const options = simulatorOptions('tiny', { fps: '100', format: pixelFormat, seed: '5', scene: 'meteor' });
  const pixels = scenePixels(model, options, sequence % loopFrames(options));
  if (binning.factor === 1) return Uint32Array.from(pixels);
  const { width, height } = recordedShape(format, 320, 240, binning);
  const sums = new Uint32Array(width * height);
  bin16Reference(pixels, 0, 320, 240, binning.factor, binning.by, sums);
  return sums;
}

test('frames of 8 bits stay so, and binned ones take as many bits as their sums need, with all that is told of them', async () => {
  for (const each of RECORDINGS) {
    const { pixelFormat, binning, sampleBytes, bitDepth } = each;
    const name = `${pixelFormat} ${binning.by} ${binning.factor} ${each.format}`;
    const summary = await record(each);
    const index = new IndexReader(summary.index);
    const frames = index.frames({ sessionId: summary.session });
    index.close();
    assert.is(frames.length, 8, name);
    const file = segmentOf(summary);
    const bytes = readFileSync(file);
    const [width, height] = [Math.floor(320 / binning.factor), Math.floor(240 / binning.factor)];
    for (const [n, hdu] of readHdus(file).hdus.slice(1).entries()) {
      const row = frames[n];
      const header = bytes.toString('latin1', hdu.offset, hdu.offset + hdu.headerBytes);
      const found = frameRecordOf(header);
      assert.ok(row && found, name);
      assert.equal([found.width, found.height], [width, height], name);
      assert.equal([found.sampleBytes, found.bitDepth, found.softwareBinning], [sampleBytes, bitDepth, binning.factor]);
      assert.equal([row.width, row.height, row.bitDepth], [width, height, bitDepth], name);
      assert.equal([found.time.rows.rows, found.time.rows.linesPerRow], [height, binning.factor]);
      assert.is(hdu.cards.get('BAYERPAT') !== undefined, pixelFormat.startsWith('Bayer') && binning.factor === 1);
      const pixels = readPixels(file, hdu);
      assert.is(pixels.BYTES_PER_ELEMENT, sampleBytes);
      const whole = decodeFrame(bytes.subarray(hdu.offset, hdu.offset + hdu.totalBytes));
      assert.equal(whole.data, pixels, name);
      // The GPS header stands in the first row.
      const measured = Uint32Array.from(pixels.subarray(width));
      assert.equal(measured, truthOf(each, Number(row.sequence)).subarray(width), `${name}, frame ${row.number}`);
      const sorted = measured.slice().sort();
      const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
      const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length;
      assert.equal([row.aduMin, row.aduMax, row.aduMean], [sorted[0], sorted.at(-1), mean], name);
      assert.ok(Math.abs((row.aduStddev ?? 0) - Math.sqrt(variance)) < 1e-6 * Math.sqrt(variance), name);
      const bin = 2 ** Math.max(0, bitDepth - 12);
      const median = Math.floor((sorted[sorted.length / 2 - 1] ?? 0) / bin) * bin + (bin - 1) / 2;
      assert.is(row.aduMedian, median, name);
    }
  }
});

/** Takes file, file of the expected samples, and their bytes, again and again. */
const EQUAL_PIXELS = `
import sys, warnings, numpy
warnings.simplefilter('error')
from astropy.io import fits
words = sys.argv[1:]
for name, raw, size in zip(words[::3], words[1::3], words[2::3]):
    kind = numpy.dtype({1: 'u1', 2: '<u2', 4: '<u4'}[int(size)])
    expected = numpy.fromfile(raw, kind)
    at = 0
    with fits.open(name, checksum=True) as hdus:
        for hdu in hdus[1:]:
            flat = hdu.data.ravel()
            assert flat.dtype == kind.newbyteorder('='), (name, flat.dtype)
            assert (flat == expected[at:at + flat.size]).all(), (name, hdu.header['FRAMENO'])
            at += flat.size
    assert at == expected.size, name
print('equal')
`;

peerTest(
  test,
  ['fitsverify', 'astropy', 'funpack'],
  'fitsverify, astropy and funpack take them all, sums included',
  () =>
    withFolder(async (folder) => {
      const words: string[] = [];
      for (const [i, each] of RECORDINGS.entries()) {
        const file = segmentOf(await record(each));
        const plain = join(folder, `plain-${i}.fits`);
        const files = [file];
        if (each.format === 'fits') {
          const done = spawnSync('funpack', ['-O', plain, file], { encoding: 'utf8' });
          assert.is(done.status, 0, done.stderr);
          files.push(plain);
        }
        const own = readHdus(file).hdus.slice(1);
        const expected = join(folder, `expected-${i}.bin`);
        writeFileSync(expected, Buffer.concat(own.map((hdu) => Buffer.from(readPixels(file, hdu).buffer))));
        for (const one of files) {
          const verify = spawnSync('fitsverify', [one], { encoding: 'utf8' });
          assert.match(verify.stdout, 'Verification found 0 warning(s) and 0 error(s)', verify.stdout.slice(-3_000));
          words.push(one, expected, String(each.sampleBytes));
        }
      }
      const done = spawnSync(PYTHON, ['-c', EQUAL_PIXELS, ...words], { encoding: 'utf8' });
      assert.is(done.stdout.trim(), 'equal', done.stderr);
    }),
);

test('what cannot be binned or recorded so is refused at the start, as wrong usage', () =>
  withFolder(async (folder) => {
    const refused = async (camera: string, words: readonly string[], message: string) => {
      const ended = await appulse(['record', '--camera', camera, '--data', folder, '--frames', '2', ...words]);
      assert.is(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, message);
    };
    await refused('sim:tiny', ['--bin', '2', '--stack', 'exact'], '--stack');
    for (const format of ['ser', 'adv']) {
      const words = ['--bin', '4', '--format', format];
      await refused('sim:tiny?format=Mono16', words, `${format} cannot hold sums of 4 x 4 pixels of Mono16`);
    }
    await refused('sim:tiny?format=Mono32', ['--bin', '2'], 'leave out --bin 2');
    await refused('sim:tiny?format=Mono32', ['--stack', 'exact'], 'leave out --stack');
    await refused('sim:tiny?format=Mono32', ['--format', 'ser'], 'ser cannot hold pixels of 32 bits');
    await refused('sim:tiny', ['--bin', '5'], 'bin');
    await refused('sim:tiny', ['--bin', '2', '--bin-by', 'median'], 'bin-by');
  }));

test.run();
