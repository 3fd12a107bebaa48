import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, scenePixels } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('stages', 90_000);

const summaryOf = (ended: { code: number | null; stderr: string; json: unknown }, code = 0): SessionSummary => {
  assert.is(ended.code, code, ended.stderr);
  return ended.json as SessionSummary;
};

/** Segments and stacks; other files stand beside them. */
const filesOf = (summary: SessionSummary) =>
  readdirSync(summary.folder)
    .filter((name) => name.endsWith('.fits'))
    .sort()
    .map((name) => join(summary.folder, name));

test('compressed frames, their statistics and medians are those of the pixels that the camera made', () =>
  withFolder(async (folder) => {
    const words = ['--frames', '40', '--histogram', 'full', '--data', join(folder, 'data'), '--json'];
    const camera = 'sim:tiny?fps=100&format=Mono12p&seed=5&scene=meteor';
    const summary = summaryOf(await appulse(['record', '--camera', camera, ...words]));
    const model = cameraModelByName('tiny');
    assert.ok(model);
    const options = simulatorOptions('tiny', { fps: '100', format: 'Mono12p', seed: '5', scene: 'meteor' });
    const index = new IndexReader(summary.index);
    const frames = index.frames({ sessionId: summary.session });
    index.close();
    assert.is(frames.length, 40);
    const [file = ''] = filesOf(summary);
    const { hdus } = readHdus(file);
    for (const [i, frame] of frames.entries()) {
      const hdu = hdus[i + 1];
      assert.ok(hdu);
      assert.is(hdu.offset, frame.byteOffset);
      assert.is(hdu.totalBytes, frame.byteLength);
      assert.is(hdu.cards.get('ZCMPTYPE'), 'RICE_1');
      const pixels = readPixels(file, hdu);
      const truth = scenePixels(model, options, Number(frame.sequence) % loopFrames(options));
      // 44 header bytes are the first 29.3 pixels of 12 bits.
      assert.equal(pixels.subarray(30), truth.subarray(30), `frame ${frame.number}`);
      // Row 0 holds the header and is left out of the statistics.
      const measured = [...pixels.subarray(320)].sort((a, b) => a - b);
      const mean = measured.reduce((sum, value) => sum + value, 0) / measured.length;
      const variance = measured.reduce((sum, value) => sum + (value - mean) ** 2, 0) / measured.length;
      assert.is(frame.aduMin, measured[0]);
      assert.is(frame.aduMax, measured.at(-1));
      assert.is(frame.aduMean, mean);
      assert.ok(Math.abs((frame.aduStddev ?? 0) - Math.sqrt(variance)) < 1e-9);
      assert.is(frame.aduMedian, measured[measured.length / 2 - 1]);
    }
  }));

test('without the addon the same frames are recorded and stacked, only slower', () =>
  withFolder(async (folder) => {
    const words = [
      '--frames',
      '20',
      '--stack',
      'exact',
      '--stack-frames',
      '16',
      '--data',
      join(folder, 'data'),
      '--json',
    ];
    const camera = 'sim:tiny?fps=20&format=Mono14p&seed=5';
    const env = { APPULSE_NO_ADDON: '1' };
    const summary = summaryOf(await appulse(['record', '--camera', camera, ...words], { env }));
    assert.is(summary.frames.recorded, 20);
    assert.is(summary.frames.incomplete, 0);
    const model = cameraModelByName('tiny');
    assert.ok(model);
    const options = simulatorOptions('tiny', { fps: '20', format: 'Mono14p', seed: '5' });
    const [file = '', ...stacks] = filesOf(summary);
    assert.is(stacks.length, 2);
    for (const hdu of readHdus(file).hdus.slice(1)) {
      const truth = scenePixels(model, options, Number(hdu.cards.get('SEQUENCE')) % loopFrames(options));
      assert.equal(readPixels(file, hdu).subarray(30), truth.subarray(30));
    }
  }));

test('any number of workers gives the same frames', () =>
  withFolder(async (folder) => {
    const camera = 'sim:qhy411-bin3?fps=4&seed=3';
    const contents = new Map<number, Buffer>();
    let same = 0;
    for (const workers of ['1', '3']) {
      const words = ['--workers', workers, '--frames', '3', '--data', join(folder, workers), '--json'];
      const summary = summaryOf(await appulse(['record', '--camera', camera, ...words]));
      const [file = ''] = filesOf(summary);
      const bytes = readFileSync(file);
      const { hdus } = readHdus(file);
      for (const hdu of hdus.slice(1)) {
        const sequence = Number(hdu.cards.get('SEQUENCE'));
        // The end of the frame's code: its first row holds the time.
        const end = hdu.offset + hdu.headerBytes + hdu.dataBytes;
        const code = Buffer.from(bytes.subarray(end - 4_000_000, end));
        if (workers === '1') contents.set(sequence, code);
        else if (contents.has(sequence)) same += contents.get(sequence)?.equals(code) ? 1 : Number.NaN;
        assert.ok(Number(hdu.cards.get('DATASTDV')) > 0);
      }
    }
    assert.ok(same >= 2, `${same} frames could be compared`);
  }));

test('uncompressed frames are written on request', () =>
  withFolder(async (folder) => {
    const words = ['--format', 'fits-raw', '--statistics', 'false', '--histogram', 'off', '--frames', '5', '--json'];
    const summary = summaryOf(
      await appulse(['record', '--camera', 'sim:tiny?fps=50', '--data', join(folder, 'data'), ...words]),
    );
    const { hdus, complete } = readHdus(filesOf(summary)[0] ?? '');
    assert.ok(complete);
    assert.is(hdus[1]?.cards.get('XTENSION'), 'IMAGE');
    assert.is(hdus[1]?.cards.has('DATAMEAN'), false);
    assert.ok(summary.bytes > summary.pixelBytes);
  }));

peerTest(test, ['funpack', 'fitsverify'], 'funpack opens a recorded segment, and its images are whole', () =>
  withFolder(async (folder) => {
    const words = ['--frames', '6', '--data', join(folder, 'data'), '--json'];
    const summary = summaryOf(await appulse(['record', '--camera', 'sim:qhy174gps?fps=20&seed=4', ...words]));
    const [segment = ''] = filesOf(summary);
    const plain = join(folder, 'plain.fits');
    const done = spawnSync('funpack', ['-O', plain, segment], { encoding: 'utf8' });
    assert.is(done.status, 0, done.stderr);
    const verify = spawnSync('fitsverify', [plain], { encoding: 'utf8' });
    assert.match(verify.stdout, 'Verification found 0 warning(s) and 0 error(s)');
    const [packed, images] = [readHdus(segment).hdus.slice(1), readHdus(plain).hdus.slice(1)];
    assert.is(images.length, 6);
    for (const [i, image] of images.entries()) {
      const own = packed[i];
      assert.ok(own);
      assert.is(image.cards.get('XTENSION'), 'IMAGE');
      assert.is(image.cards.get('DATE-OBS'), own.cards.get('DATE-OBS'));
      assert.equal(readPixels(plain, image), readPixels(segment, own));
    }
  }),
);

peerTest(test, ['fitsverify', 'astropy'], 'stacks are those of the recorded frames, in both modes', () =>
  withFolder(async (folder) => {
    for (const mode of ['exact', 'rms']) {
      const data = join(folder, mode);
      const words = ['--stack', mode, '--stack-frames', '32', '--frames', '75', '--data', data, '--json'];
      const summary = summaryOf(await appulse(['record', '--camera', 'sim:tiny?fps=100&scene=meteor', ...words]));
      const files = filesOf(summary);
      const stacks = files.filter((name) => name.includes('-stack-'));
      assert.is(stacks.length, 3, 'two whole ones and the rest');
      for (const file of stacks) {
        const verify = spawnSync('fitsverify', ['-q', file], { encoding: 'utf8' });
        assert.match(verify.stdout, 'verification OK', verify.stdout);
      }
      const script = `
import sys, numpy
from astropy.io import fits
mode = sys.argv[1]
frames = {}
with fits.open(sys.argv[2]) as hdus:
    for hdu in hdus[1:]: frames[hdu.header['FRAMENO']] = (hdu.data.copy(), hdu.header['DATE-OBS'])
seen = 0
for name in sys.argv[3:]:
    with fits.open(name) as s:
        table = s['FRAMES'].data
        cube = numpy.array([frames[n][0] for n in table['FRAMENO']]).astype('i8')
        assert [t.strip() for t in table['UTC']] == [frames[n][1] for n in table['FRAMENO']]
        # the bytes of the GPS header may be more than the depth allows
        if mode == 'rms': cube = numpy.minimum(cube >> (s[0].header['BITDEPTH'] - 8), 255)
        n = len(cube); seen += n
        assert s[0].header['NFRAMES'] == n
        assert (table['SUM'] == cube.sum((1, 2))).all()
        assert (s['MAXPIXEL'].data == cube.max(0)).all()
        assert (s['MAXFRAME'].data == cube.argmax(0)).all()
        if mode == 'exact':
            rest = numpy.ma.array(cube, mask=numpy.arange(n)[:, None, None] == cube.argmax(0))
            assert numpy.allclose(s['AVEPIXEL'].data, rest.mean(0), rtol=1e-6)
            assert numpy.allclose(s['STDPIXEL'].data, rest.std(0, ddof=1), rtol=1e-5, atol=1e-5)
        else:
            rest = numpy.sort(cube, 0)[:-4]
            total, squares = rest.sum(0), (rest * rest).sum(0)
            average = total // (n - 4)
            deviation = numpy.maximum(1, numpy.sqrt((squares - total * average) // (n - 5)).astype('i8'))
            assert s['AVEPIXEL'].data.dtype == 'u1'
            assert (s['AVEPIXEL'].data == average).all() and (s['STDPIXEL'].data == deviation).all()
assert seen == 75, seen
print('equal')
`;
      const [segment = ''] = files.filter((name) => !name.includes('-stack-'));
      const done = spawnSync(PYTHON, ['-c', script, mode, segment, ...stacks], { encoding: 'utf8' });
      assert.is(done.stdout.trim(), 'equal', done.stderr);
    }
  }),
);

test('several cameras share the workers, each with a session of its own, and lose nothing', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const cameras = ['sim:tiny?fps=100&seed=1', 'sim:tiny?fps=300&seed=2', 'sim:qhy411-bin3?fps=4&seed=3'];
    const words = ['--duration', '6s', '--max-bytes', '900MiB', '--data', data, '--json'];
    const ended = await appulse(['record', ...cameras.flatMap((uri) => ['--camera', uri]), ...words]);
    assert.is(ended.code, 0, ended.stderr);
    const { sessions } = ended.json as { sessions: SessionSummary[] };
    assert.is(sessions.length, 3);
    const index = new IndexReader(join(data, INDEX_FILE));
    for (const [i, least] of [450, 1_500, 18].entries()) {
      const session = sessions[i];
      assert.ok(session);
      assert.ok(session.frames.received >= least, `camera ${i + 1}: ${session.frames.received} frames`);
      assert.is(session.frames.lost + session.frames.incomplete, 0);
      assert.is(session.frames.indexed, session.frames.received);
      assert.is(index.countFrames({ sessionId: session.session }), session.frames.received);
    }
    index.close();
    assert.match(ended.stderr, 'camera 3: ');
  }));

test('a fallback for several cameras is refused, and one camera that cannot be opened ends the others', () =>
  withFolder(async (folder) => {
    const both = ['--camera', 'sim:tiny', '--camera', 'sim:tiny', '--data', join(folder, 'a')];
    const refused = await appulse(['record', ...both, '--fallback', 'sim:tiny', '--frames', '3']);
    assert.is(refused.code, 2);
    assert.match(refused.stderr, 'a fallback stands in for one camera');
    const words = ['--camera', 'sim:tiny', '--camera', 'gige:127.0.0.1:9', '--data', join(folder, 'b')];
    const failed = await appulse(['record', ...words]);
    assert.is(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, 'no GigE Vision camera answers at 127.0.0.1:9');
    // A busy machine may give the other one up before the first has begun.
    if (failed.stderr.includes('camera 1: GPS locked'))
      assert.match(failed.stderr, /camera 1: session .* ended as well: \d+ frames are recorded/);
    const cpus = await appulse(['record', ...both, '--receive-cpu', '0', '--frames', '3']);
    assert.is(cpus.code, 2);
    assert.match(cpus.stderr, "name a CPU for each camera's receive thread, 2 in all");
    const pinned = await appulse(['record', ...both, '--receive-cpu', '0,0', '--frames', '3']);
    assert.is(pinned.code, 0, pinned.stderr);
  }));

test('the newest preview of a running station is saved as an image', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    const words = ['--preview-width', '80', '--data', data, '--json'];
    const running = startAppulse(['record', '--camera', 'sim:tiny?fps=50&scene=meteor', ...words]);
    await running.says(' streams ');
    const out = join(folder, 'sky.pgm');
    let saved = await appulse(['preview', '--data', data, '--out', out, '--maximum', '--json']);
    for (let i = 0; i < 20 && saved.code !== 0; i++) {
      saved = await appulse(['preview', '--data', data, '--out', out, '--maximum', '--json']);
    }
    assert.is(saved.code, 0, saved.stderr);
    assert.equal(
      { ...(saved.json as object), frameNumber: 0, startUtcNs: '' },
      {
        file: out,
        width: 80,
        height: 60,
        frameNumber: 0,
        startUtcNs: '',
      },
    );
    const image = readFileSync(out);
    assert.is(image.subarray(0, 14).toString('latin1'), 'P5\n80 60\n4095\n');
    assert.is(image.length, 14 + 80 * 60 * 2);
    const none = await appulse(['preview', '--data', data, '--out', out, '--number', '2']);
    assert.is(none.code, 1);
    assert.match(none.stderr, 'there is no preview of camera 2');
    await appulse(['stop', '--data', data]);
    assert.is((await running.ended).code, 0);
  }));

test.run();
