/** Pixels of 32 bits leave the archive as they came into it, and a file that was cut short is read again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { appulse } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('export-wide', 120_000);
const FRAMES = 5;
const folder = mkdtempSync(join(tmpdir(), 'appulse-wide-'));
const data = join(folder, 'data');
let segment = '';
test.after(() => rmSync(folder, { recursive: true, force: true }));

test.before(async () => {
  const camera = 'sim:tiny?fps=50&format=Mono32&scene=stars';
  const ended = await appulse(['record', '--camera', camera, '--frames', String(FRAMES), '--data', data, '--json']);
  assert.is(ended.code, 0, ended.stderr);
  const { folder: session } = ended.json as { folder: string };
  segment = join(session, readdirSync(session).find((name) => name.endsWith('.fits')) ?? '');
});

async function exported(format: string, target: string, code = 0): Promise<unknown> {
  const ended = await appulse(['export', '--data', data, '--format', format, '--output', target, '--json']);
  assert.is(ended.code, code, ended.stderr);
  return ended.json;
}

/** Takes the expected samples, then files whose images, one behind the other, have them. */
const EQUAL = `
import sys, warnings, numpy
warnings.simplefilter('error')
from astropy.io import fits
expected = numpy.fromfile(sys.argv[1], '<u4')
for group in sys.argv[2:]:
    found = []
    for name in group.split(':'):
        with fits.open(name, checksum=True) as hdus:
            for hdu in hdus:
                if hdu.is_image and hdu.data is not None:
                    assert hdu.data.dtype == numpy.dtype('u4'), (name, hdu.data.dtype)
                    found.append(hdu.data.ravel())
    assert (numpy.concatenate(found) == expected).all(), group
print('equal')
`;

peerTest(test, ['fitsverify', 'astropy', 'funpack'], 'FITS of each kind has the same pixels of 32 bits', async () => {
  const hdus = readHdus(segment).hdus.slice(1);
  assert.is(hdus.length, FRAMES);
  const expected = join(folder, 'expected.bin');
  writeFileSync(expected, Buffer.concat(hdus.map((hdu) => Buffer.from(readPixels(segment, hdu).buffer))));
  const [single, packed, plain, cube] = ['single', 'all.fits.fz', 'plain.fits', 'cube.fits'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  await exported('fits', single);
  await exported('fits.fz', packed);
  await exported('fits-cube', cube);
  const unpacked = spawnSync('funpack', ['-O', plain, packed], { encoding: 'utf8' });
  assert.is(unpacked.status, 0, unpacked.stderr);
  const files = readdirSync(single)
    .sort()
    .map((name) => join(single, name));
  for (const file of [...files, packed, plain, cube]) {
    const judged = spawnSync('fitsverify', [file], { encoding: 'utf8' });
    assert.match(judged.stdout, 'Verification found 0 warning(s) and 0 error(s)', judged.stdout.slice(-2_000));
  }
  const done = spawnSync(PYTHON, ['-c', EQUAL, expected, files.join(':'), packed, plain, cube], { encoding: 'utf8' });
  assert.is(done.stdout.trim(), 'equal', done.stderr);
});

test('CSV tells of frames of 32 bits, and formats of 16 bits refuse them before anything is written', async () => {
  const csv = join(folder, 'frames.csv');
  await exported('csv', csv);
  const [head = '', ...rows] = readFileSync(csv, 'utf8').trim().split('\n');
  assert.is(rows.length, FRAMES);
  const at = head.split(',').indexOf('pixel_format');
  assert.ok(at >= 0 && rows.every((row) => row.split(',')[at] === 'Mono32'));
  for (const format of ['ser', 'adv', 'ff', 'ff-bin']) {
    const { error } = (await exported(format, join(folder, format), 1)) as { error: { code: string } };
    assert.is(error.code, 'export.depth');
  }
  assert.not(readdirSync(folder).some((name) => ['ser', 'adv', 'ff', 'ff-bin'].includes(name)));
});

test('frames of 32 bits are verified, and what is left of a file that was cut short is found again', async () => {
  assert.is((await appulse(['verify', '--data', data])).code, 0);
  const before = readHdus(segment).hdus.map((hdu) => (hdu.cards.has('ZIMAGE') ? readPixels(segment, hdu) : null));
  truncateSync(segment, statSync(segment).size - 3_000);
  assert.is((await appulse(['verify', '--data', data])).code, 3);
  assert.is((await appulse(['recover', '--rebuild', '--data', data])).code, 0);
  // The last frame is torn; in front of the frames stands the primary HDU.
  const { hdus } = readHdus(segment);
  assert.is(hdus.length, FRAMES);
  for (const [i, hdu] of hdus.entries()) if (i > 0) assert.equal(readPixels(segment, hdu), before[i]);
});

test.run();
