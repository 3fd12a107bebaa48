import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { parseReplayUri } from '#src/cameras/replay/replay-uri.js';
import type { SessionSummary } from '#src/station/messages.js';
import { SegmentFrames } from '#storage/export/stored-frame.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('replay', 120_000);
const FRAMES = 40;
let folder = '';

const recordings: Readonly<Record<string, readonly string[]>> = {
  fits: ['--camera', 'sim:tiny?fps=100&format=Mono12p', '--format', 'fits', '--frame-type', 'dark', '--filter', 'R'],
  'fits-raw': ['--camera', 'sim:tiny?fps=100&format=Mono10', '--format', 'fits-raw'],
  ser: ['--camera', 'sim:tiny?fps=100&format=BayerRG12', '--format', 'ser'],
  adv: ['--camera', 'sim:tiny?fps=100&format=Mono8', '--format', 'adv'],
  rolling: ['--camera', 'sim:qhy411-bin3?fps=10&width=640&height=400', '--format', 'fits'],
};

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'appulse-test-'));
  for (const [name, args] of Object.entries(recordings)) {
    const frames = name === 'rolling' ? '8' : String(FRAMES);
    const ended = await appulse(['record', '--json', '--frames', frames, '--data', join(folder, name), ...args]);
    assert.is(ended.code, 0, ended.stderr);
  }
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

interface Kept {
  readonly record: FrameRecord;
  readonly pixels: Buffer;
}

/** What stands in a data folder, frame by frame. */
function kept(data: string): Kept[] {
  const index = new IndexReader(join(data, INDEX_FILE));
  try {
    return [...index.iterateFrames()].map((row) => {
      const segment = new SegmentFrames(join(data, row.file));
      try {
        const frame = segment.at(row);
        const { data: samples } = frame.image();
        return { record: frame.record(), pixels: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength) };
      } finally {
        segment.close();
      }
    });
  } finally {
    index.close();
  }
}

async function replayed(uri: string, data: string, code = 0): Promise<SessionSummary> {
  const ended = await appulse(['record', '--json', '--camera', uri, '--data', data], { limitMs: 100_000 });
  assert.is(ended.code, code, ended.stderr);
  return ended.json as SessionSummary;
}

for (const [name, args] of Object.entries(recordings)) {
  test(`a recording (${name}) that is played and recorded again has the same pixels and the same times`, async () => {
    await withFolder(async (out) => {
      const summary = await replayed(`replay:${join(folder, name)}?speed=max`, out);
      const before = kept(join(folder, name));
      const after = kept(out);
      assert.is(summary.frames.lost, 0);
      assert.is(after.length, before.length);
      for (const [i, { record, pixels }] of after.entries()) {
        const was = before[i] as Kept;
        assert.ok(pixels.equals(was.pixels), `pixels of frame ${i + 1}`);
        assert.equal(record.time, { ...was.record.time, flags: [...was.record.time.flags, 'replayed'] });
        const { blockId, pixelFormat, bitDepth, frameType, filter, gain, readMode, width, height } = was.record;
        assert.equal(
          { blockId, pixelFormat, bitDepth, frameType, filter, gain, readMode, width, height },
          {
            blockId: record.blockId,
            pixelFormat: record.pixelFormat,
            bitDepth: record.bitDepth,
            frameType: record.frameType,
            filter: record.filter,
            gain: record.gain,
            readMode: record.readMode,
            width: record.width,
            height: record.height,
          },
          args.join(' '),
        );
      }
    });
  });
}

test('a session folder and a segment are played as the data folder is', async () => {
  await withFolder(async (out) => {
    const data = join(folder, 'fits');
    const session = readdirSync(join(data, 'sessions'))[0] ?? '';
    const segment = readdirSync(join(data, 'sessions', session)).find((name) => name.endsWith('.fits')) ?? '';
    await replayed(`replay:${join(data, 'sessions', session)}?speed=max`, join(out, 'a'));
    await replayed(`replay:${join(data, 'sessions', session, segment)}?speed=max`, join(out, 'b'));
    assert.is(kept(join(out, 'a')).length, FRAMES);
    assert.is(kept(join(out, 'b')).length, FRAMES);
  });
});

test('frames that the recording lacks are gaps again', async () => {
  await withFolder(async (out) => {
    const first = join(out, 'first');
    const recorded = await appulse([
      ...['record', '--json', '--camera', 'sim:tiny?fps=100&frame-gap=0.1&seed=3', '--frames', '50', '--data', first],
    ]);
    assert.is(recorded.code, 3, recorded.stderr);
    await replayed(`replay:${first}?speed=max`, join(out, 'again'), 3);
    const blocks = (data: string) => kept(data).map(({ record }) => record.blockId);
    assert.equal(blocks(join(out, 'again')), blocks(first));
    const gaps = (data: string) => {
      const db = new Database(join(data, INDEX_FILE), { readonly: true });
      try {
        return db.prepare('SELECT sum(frames) FROM gaps WHERE first_block IS NOT NULL').pluck().get();
      } finally {
        db.close();
      }
    };
    assert.is(gaps(join(out, 'again')), gaps(first));
  });
});

test('exported files are played with their pixels and times', async () => {
  await withFolder(async (out) => {
    const data = join(folder, 'fits');
    const before = kept(data);
    for (const [format, target] of [
      ['fits', join(out, 'singles')],
      ['fits.fz', join(out, 'many.fits.fz')],
      ['fits-cube', join(out, 'cube.fits')],
      ['ser', join(out, 'night.ser')],
      ['adv', join(out, 'night.adv')],
    ] as const) {
      const made = await appulse(['export', '--json', '--data', data, '--format', format, '--output', target]);
      assert.is(made.code, 0, made.stderr);
      const again = join(out, `again-${format}`);
      await replayed(`replay:${target}?speed=max`, again);
      const after = kept(again);
      assert.is(after.length, before.length, format);
      for (const [i, { record, pixels }] of after.entries()) {
        const was = before[i] as Kept;
        assert.ok(pixels.equals(was.pixels), `${format}: pixels of frame ${i + 1}`);
        assert.is(record.time.startUtcNs, was.record.time.startUtcNs, format);
        assert.ok(record.time.flags.includes('replayed'));
        // What a format cannot say is not made up.
        assert.is(record.time.grade, format === 'ser' ? 'coarse' : was.record.time.grade, format);
      }
    }
  });
});

test('an FF file is played as the frames that can be made of it', async () => {
  await withFolder(async (out) => {
    const data = join(folder, 'fits-raw');
    const made = await appulse(['export', '--json', '--data', data, '--format', 'ff', '--output', join(out, 'ff')]);
    assert.is(made.code, 0, made.stderr);
    const night = join(out, 'ff', readdirSync(join(out, 'ff'))[0] ?? '');
    await replayed(`replay:${night}?speed=max`, join(out, 'again'));
    const after = kept(join(out, 'again'));
    assert.is(after.length, 256);
    const before = kept(data);
    assert.is(after[0]?.record.time.startUtcNs, before[0]?.record.time.startUtcNs);
    const last = FRAMES - 1;
    const apart = Number((after[last]?.record.time.startUtcNs ?? 0n) - (before[last]?.record.time.startUtcNs ?? 0n));
    assert.ok(Math.abs(apart) < 1_000_000, `${apart} ns`);
    assert.is(after[0]?.record.sampleBytes, 1);
    assert.is(after[0]?.record.time.grade, 'coarse');
  });
});

test('stacks and exports that lie within a data folder are played, and not looked for in its index', async () => {
  await withFolder(async (out) => {
    const data = join(out, 'data');
    const recorded = await appulse([
      ...['record', '--json', '--camera', 'sim:tiny?fps=100&format=Mono8', '--frames', '20', '--data', data],
      ...['--stack', 'ff', '--station-code', 'US001A'],
    ]);
    assert.is(recorded.code, 0, recorded.stderr);
    const session = join(data, 'sessions', readdirSync(join(data, 'sessions'))[0] ?? '');
    const night = join(session, readdirSync(session).find((name) => name.startsWith('US001A')) ?? '');
    const made = await appulse([
      ...['export', '--json', '--data', data, '--format', 'fits', '--output', join(data, 'exported')],
    ]);
    assert.is(made.code, 0, made.stderr);
    for (const [path, frames] of [
      [night, 256],
      [join(data, 'exported'), 20],
      [session, 20],
    ] as const) {
      const summary = await replayed(`replay:${path}?speed=max`, join(out, `again-${frames}-${path.length}`));
      assert.is(summary.frames.recorded, frames, path);
    }
  });
});

test('a header in the pixels that contradicts the recorded time makes it untrusted', async () => {
  await withFolder(async (out) => {
    const made = await appulse([
      ...['export', '--json', '--data', join(folder, 'fits'), '--format', 'fits', '--output', join(out, 'one')],
      ...['--frames', '1..3'],
    ]);
    assert.is(made.code, 0, made.stderr);
    const whole = new Map(
      readdirSync(join(out, 'one')).map((name) => [join(out, 'one', name), readFileSync(join(out, 'one', name))]),
    );
    // Later, and before the start of the exposure: then it is no header any more.
    for (const change of ['later', 'earlier']) {
      for (const [path, file] of whole) {
        const bytes = Buffer.from(file);
        // Byte 29 of the payload ends the seconds of the end stamp; Mono12p has it in the upper bits of pixel 19.
        const at = bytes.indexOf('END     ', 0, 'latin1');
        const low = Math.ceil((at + 1) / 2880) * 2880 + 2 * 19 + 1;
        const value = bytes[low] ?? 0;
        const bit = [0x10, 0x20, 0x40, 0x80].find((each) => ((value & each) === 0) === (change === 'later')) ?? 0x20;
        bytes[low] = value ^ bit;
        writeFileSync(path, bytes);
      }
      const again = join(out, change);
      const summary = await replayed(`replay:${join(out, 'one')}?speed=max`, again, 3);
      assert.is(summary.times.untrusted, 3, change);
      assert.ok(kept(again).every(({ record }) => record.time.flags.includes('replayed-contradicted')));
    }
  });
});

test('sums of 32 bits are played as Mono32 and recorded again as they were', async () => {
  await withFolder(async (out) => {
    const sums = ['--camera', 'sim:tiny?fps=50&format=Mono16', '--bin', '2', '--frames', '3'];
    const made = await appulse(['record', '--json', '--data', join(out, 'sums'), ...sums]);
    assert.is(made.code, 0, made.stderr);
    await replayed(`replay:${join(out, 'sums')}?speed=max`, join(out, 'again'));
    const [before, after] = [kept(join(out, 'sums')), kept(join(out, 'again'))];
    assert.is(after.length, 3);
    for (const [i, { record, pixels }] of after.entries()) {
      assert.equal([record.pixelFormat, record.sampleBytes, record.bitDepth], ['Mono32', 4, 18]);
      assert.ok(pixels.equals(before[i]?.pixels ?? Buffer.alloc(0)), `frame ${i + 1}`);
      assert.is(record.time.startUtcNs, before[i]?.record.time.startUtcNs);
    }
  });
});

test('what cannot be played is refused with the file and the reason', async () => {
  await withFolder(async (out) => {
    const refused = async (uri: string, code: number) => {
      const ended = await appulse(['record', '--json', '--camera', uri, '--data', join(out, 'data')]);
      assert.is(ended.code, code, ended.stderr);
      return (ended.json as { error: { code: string; message: string } }).error;
    };
    assert.is((await refused(`replay:${join(out, 'nothing')}`, 2)).code, 'usage.replay');
    assert.is((await refused(`replay:${out}?sped=2`, 2)).code, 'usage.replay');
    const text = join(out, 'notes.fits');
    writeFileSync(text, 'no FITS at all');
    const wrong = await refused(`replay:${text}`, 1);
    assert.match(wrong.message, /notes\.fits/);
    const made = await appulse([
      ...[
        'export',
        '--json',
        '--data',
        join(folder, 'fits'),
        '--format',
        'fits-cube',
        '--output',
        join(out, 'cube.fits'),
      ],
    ]);
    assert.is(made.code, 0, made.stderr);
    truncateSync(join(out, 'cube.fits'), 40_000);
    const cut = await refused(`replay:${join(out, 'cube.fits')}`, 1);
    assert.match(cut.message, /cube\.fits: byte \d+/);
  });
});

test('a URI says what is played and how', () => {
  assert.equal(parseReplayUri('replay:/data/a%20night?speed=2.5&loop=true&session=01ab&from=2026-11-20T19:00:00'), {
    path: '/data/a%20night',
    speed: 2.5,
    loop: true,
    session: '01ab',
    camera: null,
    fromUtcNs: 1_795_201_200_000_000_000n,
    toUtcNs: null,
  });
  assert.is(parseReplayUri('replay:x?speed=max').speed, null);
  for (const wrong of [
    'replay:',
    'replay:x?speed=0',
    'replay:x?speed=fast',
    'replay:x?from=yesterday',
    'replay:x?a=1',
  ]) {
    assert.throws(
      () => parseReplayUri(wrong),
      (error: { code?: string }) => error.code === 'usage.replay',
    );
  }
});

test.run();
