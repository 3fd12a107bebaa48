import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appulse, readTruth, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('time', 90_000);

interface Listed {
  frame: number;
  time: {
    startUtcNs: string;
    endUtcNs: string;
    startUtc: string;
    grade: string;
    source: string;
    family: string;
    uncertaintyNs: string | null;
    sequence: number;
    leapSecond: boolean;
  } | null;
}

interface Answer {
  untrusted: number;
  files: {
    file: string;
    format: string | null;
    total: number;
    frames: Listed[];
    notes: string[];
    error: { code: string } | null;
  }[];
}

const close = (a: string, b: string) => Math.abs(Number(BigInt(a) - BigInt(b))) <= 100;

test('the times of a recorded session, also of a segment that was not finished, are those of the camera', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const data = join(folder, 'data');
    const recorded = await appulse([
      'record',
      '--camera',
      `sim:tiny?fps=200&truth=${truth}`,
      '--frames',
      '60',
      '--data',
      data,
      '--json',
    ]);
    assert.is(recorded.code, 0, recorded.stderr);
    const segments = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.fits'));
    assert.is(segments.length, 1);
    const segment = join(data, segments[0] ?? '');
    const part = join(folder, 'cut.fits.part');
    const bytes = readFileSync(segment);
    writeFileSync(part, bytes.subarray(0, bytes.byteLength / 2));

    const ended = await appulse(['time', segment, part, '--limit', '1000', '--json']);
    assert.is(ended.code, 0, ended.stderr);
    const { untrusted, files } = ended.json as Answer;
    assert.is(untrusted, 0);
    const produced = new Map(readTruth(truth).map((frame) => [frame.sequence, frame]));
    assert.is(files[0]?.total, 60);
    assert.ok((files[1]?.total ?? 0) >= 25);
    assert.match(files[1]?.notes.join() ?? '', 'ends');
    for (const { frames } of files) {
      for (const { time } of frames) {
        assert.ok(time);
        const frame = produced.get(time.sequence);
        assert.ok(frame, `sequence ${time.sequence} was never sent`);
        assert.ok(close(time.startUtcNs, frame.startUtcNs));
        assert.ok(close(time.endUtcNs, frame.endUtcNs));
        assert.is(time.grade, 'locked');
        assert.is(time.family, 'appulse');
        assert.is(time.source, 'gps-header');
        assert.is(time.uncertaintyNs, '200');
      }
    }
    const text = await appulse(['time', segment, '--limit', '5']);
    assert.is(text.code, 0, text.stderr);
    assert.match(text.stdout, /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}/);
    assert.match(text.stdout, '5 of 60 frames; --limit shows more');
    assert.is(text.stdout.split('\n').filter((line) => line.includes('frames 1 to 5: ')).length, 1);
  }));

/** A FITS file of one card after the other and no pixels. */
function fits(cards: readonly string[]): Buffer {
  const all = [
    'SIMPLE  =                    T',
    'BITPIX  =                    8',
    'NAXIS   =                    0',
    ...cards,
    'END',
  ];
  const text = all.map((card) => card.padEnd(80)).join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880));
}

test('an untrusted time ends with 3; a file that cannot be read ends with 1, and the others are read', () =>
  withFolder(async (folder) => {
    const good = join(folder, 'good.txt');
    const doubtful = join(folder, 'doubtful.fits');
    const bad = join(folder, 'bad.fits');
    writeFileSync(good, fits(["DATE-OBS= '2016-12-31T23:59:60.25'", 'EXPTIME =                  0.5']));
    writeFileSync(doubtful, fits(["DATE-OBS= '2026-08-14T00:00:00'", 'MJD-OBS =             61200.00']));
    writeFileSync(bad, 'SIMPLE  = and nothing more');

    const fine = await appulse(['time', good]);
    assert.is(fine.code, 0, fine.stderr);
    assert.match(fine.stdout, '2016-12-31T23:59:60.250000000');
    assert.match(fine.stdout, 'nothing in the header bounds the error');

    const untrusted = await appulse(['time', good, doubtful]);
    assert.is(untrusted.code, 3);
    assert.match(untrusted.stdout, 'untrusted');

    const failed = await appulse(['time', bad, good, join(folder, 'none'), doubtful, '--json']);
    assert.is(failed.code, 1);
    const { files, untrusted: count } = failed.json as Answer;
    assert.is(count, 1);
    assert.equal(
      files.map(({ error }) => error?.code ?? null),
      ['storage.times-broken', null, 'storage.times-file', null],
    );
    assert.is(files[1]?.frames[0]?.time?.leapSecond, true);
    assert.is(files[1]?.frames[0]?.time?.startUtc, '2016-12-31T23:59:60.250000000');
    assert.match(failed.stderr, 'bad.fits: byte 0');
    assert.match(failed.stderr, 'none');
  }));

test('wrong usage is refused', async () => {
  assert.is((await appulse(['time'])).code, 2);
  assert.is((await appulse(['time', 'x', '--limit', '0'])).code, 2);
});

test.run();
