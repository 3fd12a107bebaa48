import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatUtc } from '#gps/instant.js';
import type { SessionSummary } from '#src/station/messages.js';
import { readFrameList } from '#storage/formats/frame-list.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { siril } from '#test/support/siril.js';
import { suite } from '#test/support/test.js';

const test = suite('Siril', 120_000);

const FRAMES = 24;

/** Records the tiny camera in `format`; returns the only file of its session, copied to a name that is easy to type. */
async function recorded(folder: string, format: string, pixels = 'Mono12'): Promise<{ file: string; copy: string }> {
  const camera = `sim:tiny?fps=100&seed=5&format=${pixels}`;
  const words = ['record', '--camera', camera, '--frames', String(FRAMES), '--format', format, '--data'];
  const ended = await appulse([...words, join(folder, format), '--json']);
  assert.is(ended.code, 0, ended.stderr);
  const summary = ended.json as SessionSummary;
  const name = readdirSync(summary.folder).find((file) => /-000001\.(ser|fits)$/.test(file)) ?? '';
  const file = join(summary.folder, name);
  const copy = join(folder, `night.${format === 'ser' ? 'ser' : 'fits'}`);
  copyFileSync(file, copy);
  return { file, copy };
}

/**
 * Compares Siril's mean with that of the frames, which it turns upside down, and gives as parts of 65535, whatever the depth. Row 0 is left out: it holds the GPS header, and Siril takes a zero
 * for no pixel.
 */
const COMPARE = `
import sys, numpy
from astropy.io import fits
def frames(file):
    if file.endswith('.ser'):
        raw = open(file, 'rb').read()
        w, h, depth, n = numpy.frombuffer(raw, '<i4', 4, 26)
        kind = '<u2' if depth > 8 else 'u1'
        return numpy.frombuffer(raw, kind, w * h * n, 178).reshape(n, h, w)
    with fits.open(file) as hdus:
        return numpy.array([hdu.data for hdu in hdus[1:]])
source = frames(sys.argv[1]).astype('f8')
with fits.open(sys.argv[2]) as hdus:
    header, stack = hdus[0].header, hdus[0].data.astype('f8') * 65535
mean = source.mean(axis=0)
if header.get('ROWORDER') != 'TOP-DOWN': stack = numpy.flipud(stack)
print(len(source), header['STACKCNT'], header['DATE-OBS'], numpy.abs(stack - mean)[1:].max() < 0.01)
`;

function compare(file: string, stack: string): string {
  const run = spawnSync(PYTHON, ['-c', COMPARE, file, stack], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  return run.stdout.trim();
}

for (const [format, pixels] of [
  ['fits', 'Mono12'],
  ['fits-raw', 'Mono12'],
  ['fits', 'Mono8'],
] as const) {
  peerTest(
    test,
    ['siril-cli', 'astropy'],
    `Siril opens a segment of ${format} of ${pixels} as a sequence and stacks all of it`,
    () =>
      withFolder(async (folder) => {
        const { file, copy } = await recorded(folder, format, pixels);
        const log = await siril(folder, ['stack night mean none -nonorm -out=stacked']);
        assert.match(log, `${FRAMES} images have been stacked`);
        const seen = compare(copy, join(folder, 'stacked.fits'));
        assert.match(seen, new RegExp(`^${FRAMES} ${FRAMES} .* True$`));
        // The name that the archive gives it is a sequence's too.
        const own = file.split('/').at(-1) ?? '';
        copyFileSync(file, join(folder, own));
        const again = await siril(folder, [`stack ${own.replace('.fits', '')} mean none -nonorm -out=again`]);
        assert.match(again, `${FRAMES} images have been stacked`);
      }),
  );
}

peerTest(test, ['siril-cli', 'astropy'], 'Siril reads a SER file of ours with its frames, depth and times', () =>
  withFolder(async (folder) => {
    const { file, copy } = await recorded(folder, 'ser');
    const log = await siril(folder, ['stack night mean none -nonorm -out=stacked']);
    const [first] = [...readFrameList(file)];
    const start = first?.record.time.startUtcNs ?? 0n;
    assert.match(log, `frame count: ${FRAMES}`);
    assert.match(log, 'image size: 320 x 240 (12 bits)');
    assert.match(log, 'sensor type: MONO');
    assert.match(log, 'instrument: tiny [stamp start, row 0]');
    assert.match(log, `UTC time: ${formatUtc(start, 6)}`);
    assert.match(log, 'fps: 100.000');
    assert.match(log, 'Timestamps in the SER file are correctly ordered');
    assert.is(compare(copy, join(folder, 'stacked.fits')), `${FRAMES} ${FRAMES} ${formatUtc(start, 6)} True`);
  }),
);

peerTest(test, ['siril-cli'], 'every pixel and every stamp of ours comes out of Siril as it went in', () =>
  withFolder(async (folder) => {
    for (const pixels of ['Mono12', 'Mono16']) {
      const { copy } = await recorded(join(folder, pixels), 'ser', pixels);
      const inside = join(folder, pixels);
      // Cropped by nothing: Siril reads each frame and writes it again. It makes 16 bits of 12 by the header only.
      await siril(inside, ['set16bits', 'seqcrop night 0 0 320 240 -prefix=again_']);
      const ours = new SerReader(copy);
      const theirs = new SerReader(join(inside, 'again_night.ser'));
      assert.is(theirs.frameCount, FRAMES);
      const others = theirs.frames();
      for (const { frame, pixels: expected, time } of ours.frames()) {
        const next = others.next();
        assert.not.ok(next.done);
        if (next.done) return;
        const bytes = ({ data }: typeof expected) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        assert.ok(bytes(next.value.pixels).equals(bytes(expected)), `pixels of frame ${frame}`);
        // Siril keeps microseconds.
        const stamp = time?.times[0]?.startUtcNs ?? 0n;
        assert.is(next.value.time?.times[0]?.startUtcNs, stamp - (stamp % 1000n), `stamp of frame ${frame}`);
      }
      ours.close();
      theirs.close();
    }
  }),
);

peerTest(test, ['siril-cli', 'astropy'], 'Siril knows 8 bits and the Bayer pattern of a SER file of ours', () =>
  withFolder(async (folder) => {
    const { copy } = await recorded(folder, 'ser', 'BayerRG8');
    const header = readFileSync(copy);
    assert.is(header.readInt32LE(18), 8);
    assert.is(header.byteLength, 178 + FRAMES * (320 * 240 + 8));
    const log = await siril(folder, ['seqcrop night 0 0 320 240 -prefix=again_']);
    assert.match(log, 'image size: 320 x 240 (8 bits)');
    assert.match(log, 'sensor type: RGGB');
    assert.match(log, `frame count: ${FRAMES}`);
  }),
);

test.run();
