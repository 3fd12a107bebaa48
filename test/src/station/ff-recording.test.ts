import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statfsSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { openTimeFile } from '#src/times/read-times.js';
import { readFf } from '#storage/ff/ff-image.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { IndexReader } from '#storage/index/queries.js';
import { serSegmentReader } from '#storage/ser/ser-segment.js';
import { stackFormat } from '#storage/stacks/stack-kinds.js';
import { Stacker, type StackPixels } from '#storage/stacks/stacker.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { judgeFf } from '#test/support/ff-judge.js';
import { peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('ff-recording', 120_000);

async function record(camera: string, words: readonly string[], code = 0): Promise<SessionSummary> {
  const ended = await appulse(['record', '--camera', camera, '--json', ...words], { limitMs: 100_000 });
  assert.is(ended.code, code, ended.stderr);
  return ended.json as SessionSummary;
}

/** The night's folder, the segment and the names of what is in the night. */
function nightOf({ folder }: SessionSummary, code: string) {
  const entries = readdirSync(folder).sort();
  const night = entries.find((name) => name.startsWith(`${code}_`));
  const segments = entries.filter((name) => /-\d{6}\.\w+$/.test(name)).map((name) => join(folder, name));
  assert.ok(night, entries.join(' '));
  assert.match(night, /^[A-Z0-9]{6}_\d{8}_\d{6}_\d{6}$/);
  return { night: join(folder, night), segments, names: readdirSync(join(folder, night)).sort() };
}

peerTest(
  test,
  ['astropy', 'fitsverify'],
  'a night of FF, FT and FS files is what RMS makes of the recorded frames',
  () =>
    withFolder(async (data) => {
      for (const [camera, shift] of [
        ['sim:tiny?width=96&height=64&format=Mono8&fps=1000&scene=meteor', 0],
        ['sim:tiny?width=96&height=64&fps=200&scene=meteor', 4],
      ] as const) {
        const words = [
          '--format',
          'fits-raw',
          '--stack',
          'ff',
          '--station-code',
          'US001A',
          '--frames',
          '300',
          '--data',
          join(data, `${shift}`),
        ];
        const summary = await record(camera, words);
        const { night, segments, names } = nightOf(summary, 'US001A');
        assert.is(names.length, 6, names.join(' '));
        for (const name of names.filter((each) => each.startsWith('FF_'))) {
          const verify = spawnSync('fitsverify', [join(night, name)], { encoding: 'utf8' });
          assert.match(verify.stdout, 'Verification found 0 warning(s) and 0 error(s)', verify.stdout);
        }
        const { frames } = judgeFf(segments[0] ?? '', shift, night);
        assert.is(frames, summary.frames.recorded);
      }
    }),
);

peerTest(
  test,
  ['astropy'],
  'blocks with lost frames keep each frame at the place of its time, in FITS and in bin',
  () =>
    withFolder(async (data) => {
      for (const kind of ['ff', 'ff-bin']) {
        const camera = 'sim:tiny?width=96&height=64&format=Mono8&fps=300&scene=meteor&frame-gap=0.02';
        const words = ['--format', 'fits-raw', '--stack', kind, '--frames', '300', '--data', join(data, kind)];
        const summary = await record(camera, words, 3);
        const { night, segments } = nightOf(summary, 'XXSTAT');
        assert.is(judgeFf(segments[0] ?? '', 0, night).frames, summary.frames.recorded);
      }
    }),
);

/** Every recorded frame of a segment with its pixels, in order. */
function framesOf(file: string): { record: FrameRecord; pixels: StackPixels }[] {
  const frames: { record: FrameRecord; pixels: StackPixels }[] = [];
  for (const { record, place } of serSegmentReader.scan(file, 0, { verify: false })) {
    const { data: pixels } = serSegmentReader.readPixels(file, place);
    assert.ok(!(pixels instanceof Uint32Array));
    frames.push({ record, pixels });
  }
  return frames;
}

test('an export of the recorded frames has the bytes that live recording wrote, and the index knows every stack', () =>
  withFolder(async (data) => {
    for (const kind of ['ff', 'ff-bin', 'rms', 'exact'] as const) {
      const words = ['--format', 'ser', '--stack', kind, '--frames', '300', '--data', join(data, kind)];
      const summary = await record('sim:tiny?width=96&height=64&fps=400&scene=meteor', words);
      const index = new IndexReader(summary.index);
      const rows = index.stacks({ sessionId: summary.session });
      const [session] = index.sessions();
      index.close();
      assert.ok(session);
      const [segment = ''] = readdirSync(summary.folder).filter((name) => /Z-\w{8}-\d{6}\.ser$/.test(name));
      const frames = framesOf(join(summary.folder, segment));
      const stacker = new Stacker(
        stackFormat(kind, {
          width: 96,
          height: 64,
          frames: 256,
          stationCode: 'XXSTAT',
          sessionStartUtcNs: session.startedUtcNs,
        }),
      );
      const stacks = frames.map(({ record, pixels }) => stacker.add(record, pixels));
      stacks.push(stacker.end());
      const made = stacks.filter((files) => files !== null);
      assert.is(made.length, 2);
      for (const file of made.flat()) {
        assert.ok(Buffer.from(file.bytes).equals(readFileSync(join(summary.folder, file.name))), file.name);
      }
      assert.equal(
        rows.map(({ number, file, format, frames, firstFrame, lastFrame, bytes }) => [
          number,
          file,
          format,
          frames,
          firstFrame,
          lastFrame,
          bytes,
        ]),
        made.map((files, i) => {
          const file = files.at(-1);
          const [first, last] = i === 0 ? [1, 256] : [257, 300];
          const format = kind.startsWith('ff') ? 'ff' : 'stack';
          return [
            i + 1,
            `${session.folder}/${file?.name}`,
            format,
            last - first + 1,
            first,
            last,
            file?.bytes.byteLength,
          ];
        }),
      );
      assert.is(rows[0]?.startUtcNs, frames[0]?.record.time.startUtcNs);
      assert.is(rows[1]?.endUtcNs, frames.at(-1)?.record.time.endUtcNs);
    }
  }));

test('the times that are read from FF and FT files are those of the frames', () =>
  withFolder(async (data) => {
    const summary = await record('sim:tiny?fps=100', ['--stack', 'ff', '--frames', '20', '--data', data]);
    const { night, names } = nightOf(summary, 'XXSTAT');
    const index = new IndexReader(summary.index);
    const rows = index.frames({ sessionId: summary.session });
    index.close();
    const read = (start: string) => {
      const opened = openTimeFile(join(night, names.find((name) => name.startsWith(start)) ?? ''));
      const frames = [...opened.frames];
      opened.close();
      return { format: opened.format, frames };
    };
    const ff = read('FF_');
    assert.is(ff.format, 'rms-ff');
    const [time] = ff.frames[0]?.times ?? [];
    assert.is(time?.startUtcNs, rows[0]?.startUtcNs);
    assert.is(time?.endUtcNs, rows.at(-1)?.endUtcNs);
    assert.is(time?.grade, rows[0]?.grade);
    assert.is(time?.uncertaintyNs, rows[0]?.uncertaintyNs);
    assert.is(time?.sequence, Number(rows[0]?.blockId));
    const ft = read('FT_');
    assert.is(ft.frames.length, rows.length);
    for (const [i, row] of rows.entries()) {
      const apart = (ft.frames[i]?.times[0]?.startUtcNs ?? 0n) - row.startUtcNs;
      assert.ok(apart > -130n && apart < 130n, `${apart} ns`);
      assert.is(ft.frames[i]?.times[0]?.sequence, Number(row.blockId));
    }
    assert.is(readFf(join(night, names[0] ?? '')).startUtcNs, rows[0]?.startUtcNs);
  }));

test('a rolling archive removes segments and keeps every FF file', () =>
  withFolder(async (data) => {
    const words = ['--stack', 'ff', '--format', 'fits-raw', '--max-bytes', '24MiB', '--frames', '700', '--data', data];
    const summary = await record('sim:tiny?fps=200', words);
    const index = new IndexReader(summary.index);
    const stacks = index.stacks({ sessionId: summary.session });
    const expired = index.countFrames({ sessionId: summary.session, state: 'expired' });
    index.close();
    assert.ok(expired > 0);
    assert.is(
      stacks.reduce((sum, { frames }) => sum + frames, 0),
      700,
    );
    for (const { file, bytes } of stacks) assert.is(statSync(join(data, file)).size, bytes);
  }));

peerTest(test, ['root'], 'a full disk costs the stacks of its time, and no later one', () =>
  withFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk], { encoding: 'utf8' });
    assert.is(mounted.status, 0, mounted.stderr);
    try {
      const ballast = join(disk, 'ballast');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 3_000_000));
      const words = ['--max-bytes', '16MiB', '--stack', 'ff', '--data', join(disk, 'data')];
      const running = startAppulse(['record', '--camera', 'sim:tiny?format=Mono8&fps=500', '--json', ...words]);
      await running.says('is not written: the disk is full');
      unlinkSync(ballast);
      await running.says('stack written');
      running.child.kill('SIGINT');
      const { folder: session, index: file } = (await running.ended).json as SessionSummary;
      const index = new IndexReader(file);
      const rows = index.stacks();
      index.close();
      const night = readdirSync(session).find((name) => name.startsWith('XXSTAT_')) ?? '';
      const names = readdirSync(join(session, night));
      assert.is(names.filter((name) => name.startsWith('FF_')).length, rows.length);
      assert.ok(rows.length >= 1 && names.length === 3 * rows.length, names.join(' '));
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  }),
);

test('kill -9 leaves only whole files under their names', () =>
  withFolder(async (data) => {
    let whole = 0;
    for (let round = 0; round < 3; round++) {
      const folder = join(data, String(round));
      const words = ['--camera', 'sim:tiny?fps=1000&format=Mono8', '--stack', 'ff', '--data', folder];
      const running = startAppulse(['record', ...words]);
      await running.says('stack written');
      await new Promise((done) => setTimeout(done, round * 97));
      running.child.kill('SIGKILL');
      await running.ended;
      const [session = ''] = readdirSync(join(folder, 'sessions'));
      const [night = ''] = readdirSync(join(folder, 'sessions', session)).filter((name) => name.startsWith('XXSTAT_'));
      for (const name of readdirSync(join(folder, 'sessions', session, night))) {
        if (name.endsWith('.part')) continue;
        const file = join(folder, 'sessions', session, night, name);
        if (name.startsWith('FF_')) assert.is(readFf(file).frames, 256);
        else assert.is(statSync(file).size, name.startsWith('FT_') ? 4 + 256 * 12 : 2 + 256 * 4);
        whole++;
      }
    }
    assert.ok(whole >= 9, `${whole} files`);
  }));

test('FF files of another number of frames, and codes that are none, are refused', () =>
  withFolder(async (data) => {
    const words = ['record', '--camera', 'sim:tiny', '--frames', '3', '--data', data];
    const frames = await appulse([...words, '--stack', 'ff', '--stack-frames', '64']);
    assert.match(frames.stderr, 'FF files hold 256 frames, not 64');
    const code = await appulse([...words, '--station-code', 'us1']);
    assert.is(code.code, 2);
    assert.match(code.stderr, 'such as US001A');
  }));

test.run();
