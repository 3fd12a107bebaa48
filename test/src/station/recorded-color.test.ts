/** Frames of three colours on their whole way: over the wire, into each format, out again, and what other programs see of them. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fromPlanes, toPlanes } from '#pipeline/kernels/color.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { FitsFrames } from '#src/cameras/replay/fits-frames.js';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, scenePixels } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import type { ExportRequest } from '#storage/export/export-types.js';
import { SelectionCheck } from '#storage/export/selection-check.js';
import { SegmentFrames } from '#storage/export/stored-frame.js';
import { readHdus } from '#storage/fits/reader.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import type { FrameRow } from '#storage/index/rows.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { siril } from '#test/support/siril.js';
import { suite } from '#test/support/test.js';

const test = suite('recorded-color', 120_000);
const FRAMES = 4;
const [WIDTH, HEIGHT] = [318, 237];
const folder = mkdtempSync(join(tmpdir(), 'appulse-color-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const cameraOf = (pixels: string) =>
  `sim:tiny?fps=50&format=${pixels}&seed=5&scene=stars&width=${WIDTH}&height=${HEIGHT}`;

const RECORDINGS = {
  fits: { pixels: 'RGB8', format: 'fits' },
  plain: { pixels: 'BGR8', format: 'fits-raw' },
  ser: { pixels: 'BGR8', format: 'ser' },
} as const;
type Name = keyof typeof RECORDINGS;
const names = Object.keys(RECORDINGS) as Name[];
const recorded = new Map<Name, SessionSummary>();

test.before(async () => {
  for (const name of names) {
    const { pixels, format } = RECORDINGS[name];
    const words = ['--frames', String(FRAMES), '--format', format, '--histogram', 'full', '--data', join(folder, name)];
    const ended = await appulse(['record', '--camera', cameraOf(pixels), ...words, '--json'], { limitMs: 110_000 });
    assert.is(ended.code, 0, ended.stderr);
    recorded.set(name, ended.json as SessionSummary);
  }
});

function segmentOf(name: Name): string {
  const { folder: session } = recorded.get(name) as SessionSummary;
  return join(session, readdirSync(session).find((file) => /\.(fits|ser)$/.test(file)) ?? '');
}

/** The frames of a data folder: rows of the index, and planes of pixels. */
function framesIn(
  data: string,
): { readonly row: FrameRow; readonly pixels: Uint8Array; readonly rawHeader: Uint8Array | null }[] {
  const index = new IndexReader(join(data, INDEX_FILE));
  try {
    return [...index.iterateFrames()].map((row) => {
      const segment = new SegmentFrames(join(data, row.file));
      const frame = segment.at(row);
      const { data: pixels, planes } = frame.image();
      const { rawHeader } = frame.record().time;
      segment.close();
      assert.is(planes, 3);
      return { row, pixels: Uint8Array.from(pixels), rawHeader };
    });
  } finally {
    index.close();
  }
}

/** The stream of frame `sequence` of the camera, but for the header in its first bytes. */
function streamOf(pixels: string, sequence: number): Uint8Array {
  const model = cameraModelByName('tiny');
  assert.ok(model);
  const size = { width: String(WIDTH), height: String(HEIGHT) };
  const options = simulatorOptions('tiny', { fps: '50', format: pixels, seed: '5', scene: 'stars', ...size });
  return Uint8Array.from(scenePixels(model, options, sequence % loopFrames(options)));
}

test('every sample that the camera sent is recorded, in each format, with header, statistics and counts', () => {
  for (const name of names) {
    const { pixels: pixelFormat, format } = RECORDINGS[name];
    const order = pixelFormatByName(pixelFormat)?.rgb ?? [];
    const frames = framesIn(join(folder, name));
    assert.is(frames.length, FRAMES);
    for (const { row, pixels, rawHeader } of frames) {
      const what = `${name}, frame ${row.number}`;
      assert.equal([row.width, row.height, row.bitDepth, row.sampleBytes], [WIDTH, HEIGHT, 8, 1], what);
      assert.is(row.pixelFormat, pixelFormat);
      const stream = streamOf(pixelFormat, Number(row.sequence));
      const came = new Uint8Array(stream.length);
      fromPlanes(pixels, came, order);
      assert.is(Buffer.compare(came.subarray(44), stream.subarray(44)), 0, what);
      assert.equal(came.subarray(0, 44), rawHeader, what);
      const measured = Array.from(stream.subarray(3 * WIDTH)).sort((a, b) => a - b);
      const mean = measured.reduce((sum, value) => sum + value, 0) / measured.length;
      assert.equal([row.aduMin, row.aduMax, row.aduMean], [measured[0], measured.at(-1), mean], what);
      assert.is(row.aduMedian, measured[measured.length / 2 - 1], what);
      if (format !== 'fits') assert.ok(row.byteLength >= 3 * WIDTH * HEIGHT, what);
    }
  }
});

test('files say what they hold: planes of a third axis, or samples side by side in the order of the stream', () => {
  for (const name of ['fits', 'plain'] as const) {
    const z = name === 'fits' ? 'Z' : '';
    for (const { cards } of readHdus(segmentOf(name)).hdus.slice(1)) {
      const axes = [1, 2, 3].map((axis) => cards.get(`${z}NAXIS${axis}`));
      assert.equal([cards.get(`${z}NAXIS`), ...axes], [3, WIDTH, HEIGHT, 3]);
      assert.is(cards.get('CTYPE3'), name === 'plain' ? 'RGB' : undefined);
      assert.is(cards.get('BAYERPAT'), undefined);
    }
  }
  const file = readFileSync(segmentOf('ser'));
  assert.is(file.readInt32LE(18), 101);
  assert.is(file.byteLength, 178 + FRAMES * (3 * WIDTH * HEIGHT + 8));
  const first = framesIn(join(folder, 'ser'))[0];
  const planes = new Uint8Array(3 * WIDTH * HEIGHT);
  toPlanes(file.subarray(178, 178 + planes.length), planes, [2, 1, 0]);
  assert.is(Buffer.compare(planes, first?.pixels ?? planes.subarray(1)), 0);
  const reader = new SerReader(segmentOf('ser'));
  assert.is(Buffer.compare(Buffer.from(reader.readPixels(1).data), planes), 0);
  reader.close();
});

async function exported(name: Name, format: string, target: string, code = 0): Promise<unknown> {
  const words = ['--data', join(folder, name), '--format', format, '--output', target, '--json'];
  const ended = await appulse(['export', ...words]);
  assert.is(ended.code, code, ended.stderr);
  return ended.json;
}

/** Takes planes of all frames, then files (joined by colons) whose images have them. */
const EQUAL = `
import sys, warnings, numpy
warnings.simplefilter('error')
from astropy.io import fits
for expected, group in zip(sys.argv[1::2], sys.argv[2::2]):
    found = []
    for name in group.split(':'):
        with fits.open(name, checksum=True) as hdus:
            for hdu in hdus:
                if hdu.is_image and hdu.data is not None:
                    assert hdu.data.shape == (3, ${HEIGHT}, ${WIDTH}), (name, hdu.data.shape)
                    assert hdu.data.dtype == numpy.dtype('u1'), (name, hdu.data.dtype)
                    found.append(hdu.data.ravel())
    assert (numpy.concatenate(found) == numpy.fromfile(expected, 'u1')).all(), group
print('equal')
`;

peerTest(
  test,
  ['fitsverify', 'astropy', 'funpack'],
  'fitsverify, astropy and funpack take recordings and exports, and see the planes',
  () =>
    withFolder(async (out) => {
      const words: string[] = [];
      const expect = (name: Name, ...groups: (readonly string[])[]) => {
        const expected = join(out, `${name}.bin`);
        writeFileSync(expected, Buffer.concat(framesIn(join(folder, name)).map(({ pixels }) => pixels)));
        for (const group of groups) words.push(expected, group.join(':'));
        for (const file of groups.flat()) {
          const judged = spawnSync('fitsverify', [file], { encoding: 'utf8' });
          assert.match(judged.stdout, 'Verification found 0 warning(s) and 0 error(s)', judged.stdout.slice(-2_000));
        }
      };
      const funpack = (file: string, name: string) => {
        const target = join(out, name);
        const unpacked = spawnSync('funpack', ['-O', target, file], { encoding: 'utf8' });
        assert.is(unpacked.status, 0, unpacked.stderr);
        return target;
      };
      expect('fits', [segmentOf('fits')], [funpack(segmentOf('fits'), 'unpacked.fits')]);
      const [singles, packed] = [join(out, 'singles'), join(out, 'all.fits.fz')];
      await exported('plain', 'fits.fz', packed);
      expect('plain', [segmentOf('plain')], [packed], [funpack(packed, 'plain.fits')]);
      await exported('ser', 'fits', singles);
      expect(
        'ser',
        readdirSync(singles)
          .sort()
          .map((file) => join(singles, file)),
      );
      const done = spawnSync(PYTHON, ['-c', EQUAL, ...words], { encoding: 'utf8' });
      assert.is(done.stdout.trim(), 'equal', done.stderr);
    }),
);

test('SER comes out of FITS as it would have been recorded, CSV tells of the frames, and others refuse them', () =>
  withFolder(async (out) => {
    for (const [name, colorId] of [
      ['fits', 100],
      ['plain', 101],
    ] as const) {
      const file = join(out, `${name}.ser`);
      await exported(name, 'ser', file);
      assert.is(readFileSync(file).readInt32LE(18), colorId);
      const reader = new SerReader(file);
      const planes = [...reader.frames()].map(({ pixels }) => Buffer.from(pixels.data));
      reader.close();
      const frames = framesIn(join(folder, name));
      assert.is(planes.length, frames.length);
      for (const [i, plane] of planes.entries())
        assert.is(Buffer.compare(plane, frames[i]?.pixels ?? plane.subarray(1)), 0);
    }
    const csv = join(out, 'frames.csv');
    await exported('fits', 'csv', csv);
    assert.match(readFileSync(csv, 'utf8'), 'RGB8');
    const { error } = (await exported('fits', 'fits-cube', join(out, 'cube.fits'), 1)) as { error: { code: string } };
    assert.is(error.code, 'export.color');
    for (const format of ['adv', 'ff', 'ff-bin'] as const) {
      const check = new SelectionCheck({ format, target: join(out, format) } as ExportRequest);
      const [first] = framesIn(join(folder, 'fits'));
      assert.throws(
        () => first !== undefined && check.add(first.row),
        (reason: { code: string }) => reason.code === 'export.color',
      );
    }
  }));

test('recordings in colour, and files of them, are played and recorded again as they were', () =>
  withFolder(async (out) => {
    const file = join(out, 'night.ser');
    copyFileSync(segmentOf('ser'), file);
    const frames = new FitsFrames(segmentOf('fits'));
    assert.is(frames.colorFormat, 'RGB8');
    assert.equal(
      [...frames.frames()].map(({ pixels }) => Buffer.from(pixels.data)),
      framesIn(join(folder, 'fits')).map(({ pixels }) => Buffer.from(pixels)),
    );
    frames.close();
    for (const [from, path, format] of [
      ['plain', join(folder, 'plain'), 'ser'],
      ['ser', file, 'fits'],
    ] as const) {
      const data = join(out, from);
      const words = ['--camera', `replay:${path}?speed=max`, '--format', format, '--data', data, '--json'];
      const ended = await appulse(['record', ...words]);
      assert.is(ended.code, 0, ended.stderr);
      const [before, after] = [framesIn(join(folder, from)), framesIn(data)];
      assert.is(after.length, FRAMES);
      for (const [i, { row, pixels }] of after.entries()) {
        assert.is(row.pixelFormat, RECORDINGS[from].pixels);
        assert.is(Buffer.compare(pixels, before[i]?.pixels ?? pixels.subarray(1)), 0, `${from}, frame ${i + 1}`);
      }
    }
  }));

test('frames in colour are verified, and found again without the index and in a file that was cut short', () =>
  withFolder(async (out) => {
    for (const name of ['fits', 'ser'] as const) {
      const data = join(out, name);
      cpSync(join(folder, name), data, { recursive: true });
      assert.is((await appulse(['verify', '--data', data])).code, 0, name);
      const before = framesIn(data);
      const file = join(data, before[0]?.row.file ?? '');
      // Within the last frame, in front of the stamps of SER.
      truncateSync(file, statSync(file).size - 5_000);
      assert.is((await appulse(['recover', '--rebuild', '--data', data])).code, 0, name);
      const left = framesIn(data);
      const pixelsOf = (frames: typeof left) => frames.map(({ pixels }) => Buffer.from(pixels));
      assert.is(left.length, FRAMES - 1, name);
      assert.equal(pixelsOf(left), pixelsOf(before.slice(0, -1)), name);
    }
  }));

/** The mean of our planes against Siril's stack, which may be upside down and has parts of 65535. */
const SIRIL = `
import sys, numpy
from astropy.io import fits
planes = numpy.fromfile(sys.argv[1], 'u1').reshape(-1, 3, ${HEIGHT}, ${WIDTH}).astype('f8').mean(axis=0)
with fits.open(sys.argv[2]) as hdus:
    header, stack = hdus[0].header, hdus[0].data.astype('f8') * 65535
if header.get('ROWORDER') != 'TOP-DOWN': stack = numpy.flip(stack, axis=1)
print(stack.shape, numpy.abs(stack - planes)[:, 1:].max() < 0.01)
`;

peerTest(
  test,
  ['siril-cli', 'astropy'],
  'Siril opens segments of FITS and SER in colour and stacks red, green and blue',
  () =>
    withFolder(async (out) => {
      for (const name of ['fits', 'ser'] as const) {
        const inside = mkdtempSync(join(out, `${name}-`));
        const own = segmentOf(name);
        copyFileSync(own, join(inside, `night.${own.endsWith('.ser') ? 'ser' : 'fits'}`));
        const log = await siril(inside, ['stack night mean none -nonorm -out=stacked']);
        assert.match(log, `${FRAMES} images have been stacked`);
        const expected = join(inside, 'planes.bin');
        writeFileSync(expected, Buffer.concat(framesIn(join(folder, name)).map(({ pixels }) => pixels)));
        const done = spawnSync(PYTHON, ['-c', SIRIL, expected, join(inside, 'stacked.fits')], { encoding: 'utf8' });
        assert.is(done.stdout.trim(), `(3, ${HEIGHT}, ${WIDTH}) True`, `${name}: ${done.stdout}${done.stderr}`);
      }
    }),
);

test('what cannot be made of colours is refused before the stream begins, as wrong usage', () =>
  withFolder(async (out) => {
    for (const [words, message] of [
      [['--bin', '2'], 'leave out --bin 2'],
      [['--stack', 'ff'], 'leave out --stack'],
      [['--format', 'adv'], 'adv holds one sample a pixel'],
    ] as const) {
      const ended = await appulse(['record', '--camera', cameraOf('RGB8'), '--data', out, '--frames', '2', ...words]);
      assert.is(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, message);
    }
  }));

test.run();
