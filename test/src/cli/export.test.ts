import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openTimeFile } from '#src/times/read-times.js';
import type { ExportFormat, ExportResult } from '#storage/export/export-types.js';
import { runExport } from '#storage/export/exporter.js';
import { NamePattern, PATTERN_FIELDS, type PatternValues } from '#storage/export/name-pattern.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { suite } from '#test/support/test.js';

const test = suite('export', 90_000);
const FRAMES = 300;
let folder = '';
let data = '';

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'appulse-test-'));
  data = join(folder, 'data');
  const recorded = await appulse([
    ...['record', '--camera', 'sim:tiny?fps=200', '--frames', String(FRAMES), '--data', data, '--json'],
    ...['--object', "M 31's / core", '--observer', 'Observer', '--segment-bytes', '4MiB'],
  ]);
  assert.is(recorded.code, 0, recorded.stderr);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const exported = async (args: readonly string[], code = 0): Promise<ExportResult> => {
  const ended = await appulse(['export', '--data', data, '--json', ...args]);
  assert.is(ended.code, code, ended.stderr);
  return ended.json as ExportResult;
};

const requestOf = (format: ExportFormat, target: string, selection: FrameFilter = {}) => ({
  ...{ dataFolder: data, selection, format, target, pattern: '{camera}_{utc}_{frame:6}', workers: 1 },
});

const direct = (format: ExportFormat, target: string, selection: FrameFilter = {}): Promise<ExportResult> =>
  runExport(requestOf(format, target, selection));

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: { code?: string }) => reason,
  );
  assert.is(error?.code, code);
}

interface Row {
  readonly number: bigint;
  readonly start_utc_ns: bigint;
  readonly end_utc_ns: bigint;
  readonly file: string;
  readonly byte_offset: bigint;
  readonly header_bytes: bigint;
}

function rows(): Row[] {
  const db = new Database(join(data, 'appulse.sqlite'), { readonly: true });
  try {
    return db
      .prepare(
        'SELECT frames.number, start_utc_ns, end_utc_ns, byte_offset, header_bytes, file FROM frames JOIN segments ON segments.key = segment_key ORDER BY frames.key',
      )
      .safeIntegers()
      .all() as Row[];
  } finally {
    db.close();
  }
}

/** The pixels of all recorded frames, in order. */
function recordedPixels() {
  const files = [...new Set(rows().map(({ file }) => join(data, file)))];
  return files.flatMap((file) =>
    readHdus(file)
      .hdus.slice(1)
      .map((hdu) => readPixels(file, hdu)),
  );
}

function starts(file: string): bigint[] {
  const opened = openTimeFile(file);
  try {
    return [...opened.frames].map(({ times }) => times[0]?.startUtcNs ?? -1n);
  } finally {
    opened.close();
  }
}

test('a file a frame has its pixels and its time', async () => {
  await withFolder(async (out) => {
    const result = await exported(['--format', 'fits', '--output', out, '--frames', '11..30']);
    assert.is(result.exported, 20);
    const names = readdirSync(out).sort();
    assert.is(names.length, 20);
    const pixels = recordedPixels();
    const times = rows();
    for (const [i, name] of names.entries()) {
      assert.match(name, /^tiny_\d{8}T\d{6}\.\d{3}Z_0000\d\d\.fits$/);
      const { hdus, complete } = readHdus(join(out, name));
      assert.ok(complete);
      assert.is(hdus.length, 1);
      assert.equal(readPixels(join(out, name), hdus[0] as (typeof hdus)[0]), pixels[10 + i]);
      assert.equal(starts(join(out, name)), [times[10 + i]?.start_utc_ns]);
    }
  });
});

test('SER has every frame and exact stamps', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'night.ser');
    const result = await direct('ser', file);
    assert.is(result.exported, FRAMES);
    const bytes = readFileSync(file);
    const pixels = recordedPixels();
    for (const [i, frame] of pixels.entries()) {
      const at = 178 + i * frame.byteLength;
      const stored = new Uint16Array(
        bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + frame.byteLength),
      );
      assert.ok(Buffer.from(stored.buffer).equals(Buffer.from(frame.buffer)), `frame ${i + 1}`);
    }
    assert.equal(
      starts(file),
      rows().map(({ start_utc_ns }) => start_utc_ns),
    );
  });
});

test('SER has the stamps that were asked for, and says which they are', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'ends.ser');
    await exported(['--format', 'ser', '--output', file, '--ser-stamp', 'end', '--frames', '11..30']);
    const reader = new SerReader(file);
    assert.is(reader.stamp, 'end');
    const exposed = rows().slice(10, 30);
    assert.equal(
      [...reader.times()].map(({ times }) => times[0]?.startUtcNs),
      exposed.map(({ end_utc_ns }) => end_utc_ns),
    );
    reader.close();
  });
});

test('a cube says what its frames share, and has the time of every plane', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'cube.fits');
    await direct('fits-cube', file, { firstFrame: 5, lastFrame: 14 });
    const wanted = rows().slice(4, 14);
    assert.equal(
      starts(file),
      wanted.map(({ start_utc_ns }) => start_utc_ns),
    );
    const opened = openTimeFile(file);
    try {
      const frames = [...opened.frames];
      assert.equal(
        frames.map(({ frame }) => frame),
        [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
      );
      assert.ok(frames.every(({ times }) => times[0]?.family === 'appulse' && times[0].uncertaintyNs === 200n));
    } finally {
      opened.close();
    }
    const cards = readHdus(file).hdus[0]?.cards;
    assert.is(cards?.get('OBJECT'), "M 31's / core");
    assert.is(cards?.get('OBSERVER'), 'Observer');
    assert.is(cards?.get('INSTRUME'), 'tiny');
    assert.is(cards?.get('IMAGETYP'), 'LIGHT');
    assert.is(cards?.get('EXPTIME'), 0.0005);
    assert.is(cards?.get('XBINNING'), 1);
  });
});

test('files made of SER and ADV say where and by what they were recorded, as those made of FITS do', () =>
  withFolder(async (night) => {
    const site = [
      '--latitude',
      '51.5',
      '--longitude',
      '-0.25',
      '--elevation',
      '30',
      '--site',
      'Hill',
      '--station',
      'Owl',
    ];
    const kept: string[][] = [];
    for (const format of ['fits', 'ser', 'adv']) {
      const from = join(night, format);
      const words = ['--camera', 'sim:tiny?fps=50', '--frames', '3', '--data', from, '--format', format, ...site];
      assert.is((await appulse(['record', ...words])).code, 0);
      await runExport({ ...requestOf('fits', join(night, `${format}-files`)), dataFolder: from });
      await runExport({ ...requestOf('fits-cube', join(night, `${format}.fits`)), dataFolder: from });
      const [file] = readdirSync(join(night, `${format}-files`)).filter((name) => name.endsWith('.fits'));
      for (const made of [join(night, `${format}-files`, file ?? ''), join(night, `${format}.fits`)]) {
        const header = readFileSync(made).toString('latin1', 0, 5 * 2880);
        assert.match(header, /ORIGIN {2}= 'Owl +'/, made);
        assert.match(header, /SITENAME= 'Hill +'/, made);
        assert.match(header, /SITELAT = +51\.5/, made);
        assert.match(header, /CREATOR = 'Appulse/i, made);
      }
      const [hdu] = readHdus(join(night, `${format}-files`, file ?? '')).hdus;
      const own =
        /^(DATE|UTC|GPS|CAMER|SESSION|STATION|MJD|.*SUM|HEADER|PACK|FRAME|SEQ|BLOCK|RX|.*(MEAN|DEV|MIN|MAX|MED|OBS|BEG|END|AVG))/;
      kept.push([...(hdu?.cards.keys() ?? [])].filter((keyword) => !own.test(keyword)).sort());
    }
    assert.equal(kept[1], kept[0]);
    assert.equal(kept[2], kept[0]);
  }));

test('CSV has a line a frame with whole nanoseconds', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'rows.csv');
    await direct('csv', file);
    const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const column = head.split(',').indexOf('start_utc_ns');
    assert.equal(
      lines.map((line) => BigInt(line.split(',')[column] ?? -1)),
      rows().map(({ start_utc_ns }) => start_utc_ns),
    );
  });
});

test('a selection takes what it names and nothing else', async () => {
  await withFolder(async (out) => {
    const count = async (name: string, ...selection: string[]) =>
      (await exported(['--format', 'csv', '--output', join(out, name), ...selection])).exported;
    const first = rows()[0]?.start_utc_ns ?? 0n;
    const from = new Date(Number(first / 1_000_000n) - 1).toISOString();
    assert.is(await count('a.csv', '--from', from, '--to', '502ms'), 101);
    assert.is(
      await count('b.csv', '--grade', 'locked', '--flag', 'host-unsynchronised', '--frames', '5..'),
      FRAMES - 4,
    );
    assert.is(await count('c.csv', '--camera', 'tiny', '--frames', '7'), 1);
    assert.is(await count('d.csv', '--session', 'all'), FRAMES);
    const none = await exported(['--format', 'csv', '--output', join(out, 'e.csv'), '--grade', 'untrusted'], 1);
    assert.is((none as unknown as { error: { code: string } }).error.code, 'export.empty');
    const wrong = await exported(['--format', 'csv', '--output', join(out, 'f.csv'), '--camera', 'huge'], 2);
    assert.is((wrong as unknown as { error: { code: string } }).error.code, 'usage.camera');
    assert.equal(readdirSync(out).sort(), ['a.csv', 'b.csv', 'c.csv', 'd.csv']);
  });
});

test('nothing is overwritten', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'there.ser');
    writeFileSync(file, 'mine');
    const ended = await exported(['--format', 'ser', '--output', file], 1);
    assert.is((ended as unknown as { error: { code: string } }).error.code, 'export.exists');
    assert.is(readFileSync(file, 'utf8'), 'mine');
    await exported(['--format', 'fits', '--output', join(out, 'f'), '--pattern', '{counter:4}', '--frames', '1..2']);
    writeFileSync(join(out, 'f', '0001.fits'), 'mine too');
    await exported(['--format', 'fits', '--output', join(out, 'f'), '--pattern', '{counter:4}', '--frames', '3..4'], 1);
    assert.is(readFileSync(join(out, 'f', '0001.fits'), 'utf8'), 'mine too');
  });
});

test('of two exports into one target at once, one works and the other is told who does', async () => {
  await withFolder(async (out) => {
    for (const format of ['ser', 'fits'] as const) {
      const target = join(out, format);
      let other: unknown = null;
      const first = await runExport(requestOf(format, target), {
        onProgress: async () => {
          other ??= direct(format, target).then(
            () => null,
            (error: unknown) => error,
          );
        },
      });
      const refused = (await other) as { code: string; message: string };
      assert.is(refused.code, 'export.in-use');
      assert.match(refused.message, 'this process exports into');
      assert.is(first.exported, FRAMES);
      assert.not(readdirSync(out).some((name) => /\.(lock|export|part)$/.test(name)));
    }
    same(join(out, 'ser'), (await direct('ser', join(out, 'again.ser'))).target);
  });
});

diskTest(test, 'an export onto a full disk says so, and goes on when there is room', async () => {
  await withFolder(async (out) => {
    const whole = await direct('ser', join(out, 'whole.ser'));
    await onSmallDisk('48m', async (disk) => {
      const filling = join(disk, 'filling');
      writeFileSync(filling, Buffer.alloc(30 << 20));
      const target = join(disk, 'night.ser');
      const refused = await exported(['--format', 'ser', '--output', target], 1);
      const { error } = refused as unknown as { error: { code: string; message: string } };
      assert.is(error.code, 'export.not-written');
      assert.match(error.message, `no space left for ${target}: free some, and the same command goes on`);
      rmSync(filling);
      assert.is((await exported(['--format', 'ser', '--output', target])).exported, FRAMES);
      same(whole.target, target);
    });
  });
});

test('a target that cannot be made is named, with what to do', async () => {
  await withFolder(async (out) => {
    const file = join(out, 'x'.repeat(254));
    await rejects(direct('csv', file), 'export.not-written');
    symlinkSync('nowhere/at/all', join(out, 'link'));
    for (const format of ['csv', 'ser'] as const) await rejects(direct(format, join(out, 'link')), 'export.exists');
    for (const words of [['ser'], ['fits']]) {
      const { code, stderr } = await appulse(['export', '--data', data, '--format', ...words, '--output', '']);
      assert.is(code, 2);
      assert.match(stderr, '--output: name a file or a folder');
    }
    assert.equal(readdirSync(out), ['link']);
  });
});

test('what cannot be exported is refused before anything is made, and says what can be', async () => {
  await withFolder(async (out) => {
    const target = join(out, 'folder');
    await rejects(runExport({ ...requestOf('fits', target), pattern: '{camera}' }), 'export.pattern');
    writeFileSync(join(out, 'file'), 'mine');
    await rejects(direct('fits', join(out, 'file')), 'export.not-a-folder');
    assert.equal(readdirSync(out), ['file']);
    // One frame needs no more of a name.
    const one = { firstFrame: 1, lastFrame: 1 };
    await runExport({ ...requestOf('fits', target, one), pattern: '{camera}' });
    await rejects(
      runExport({ ...requestOf('fits', target, { firstFrame: 2, lastFrame: 2 }), pattern: '{camera}' }),
      'export.exists',
    );
    assert.equal(readdirSync(target), ['tiny.fits'], 'and nothing that keeps the next export away');
    await runExport({ ...requestOf('fits', target, one), pattern: '{frame}' });
  });
});

test('a target below a file, or where no folder can be made, is refused at once', async () => {
  await withFolder(async (out) => {
    writeFileSync(join(out, 'file'), 'mine');
    for (const format of ['fits', 'ser'] as const) {
      await rejects(direct(format, join(out, 'file', 'deep', 'x')), 'storage.not-a-folder');
    }
    if (!existsSync('/proc')) return;
    for (const [format, target] of [
      ['fits', '/proc/nope/deep'],
      ['ser', '/proc/nope/deep/x.ser'],
    ] as const) {
      const args = ['export', '--data', data, '--format', format, '--output', target];
      // What Node's own mkdir does there without end holds up the whole process.
      const ended = await appulse(args, { limitMs: 20_000 });
      assert.is(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, 'no folder /proc/nope/deep can be made: /proc takes no folders');
    }
  });
});

test('an option that would do nothing is refused', async () => {
  await withFolder(async (out) => {
    for (const [args, message] of [
      [['--format', 'ser', '--pattern', '{frame}'], /ser makes one file, named by --output/],
      [['--format', 'ff', '--pattern', '{frame}'], /RMS names FF files itself/],
      [['--format', 'adv', '--ser-stamp', 'mid'], /--ser-stamp is for --format ser/],
    ] as const) {
      const ended = await exported(['--output', join(out, 'x'), ...args], 2);
      const { error } = ended as unknown as { error: { code: string; message: string } };
      assert.is(error.code, 'usage.export-option');
      assert.match(error.message, message);
    }
    assert.equal(readdirSync(out), []);
  });
});

test('a pattern names files by what their headers say, made safe', async () => {
  await withFolder(async (out) => {
    const pattern = 'x_{object}_{observer}_{type}_{exposure}_{filter}_{counter:3}';
    await exported(['--format', 'fits', '--output', out, '--pattern', pattern, '--frames', '1..2']);
    assert.equal(
      readdirSync(out)
        .filter((name) => name.endsWith('.fits'))
        .sort(),
      ['x_M-31-s-core_Observer_light_0.0005s_none_001.fits', 'x_M-31-s-core_Observer_light_0.0005s_none_002.fits'],
    );
    const ended = await exported(['--format', 'fits', '--output', out, '--pattern', '{obj}'], 2);
    const { error } = ended as unknown as { error: { code: string; message: string } };
    assert.is(error.code, 'usage.pattern');
    assert.match(error.message, /there is no field obj; there are camera, session, object/);
    for (const wrong of ['{object}/{frame}', '{obj}', '{frame:0}', '{type:3}', '..{', '']) {
      assert.throws(
        () => new NamePattern(wrong),
        (each: { code?: string }) => each.code === 'export.pattern',
      );
    }
  });
});

test('a name that is too long loses words, and never what tells its frame from others', () => {
  const nothing = Object.fromEntries(
    Object.keys(PATTERN_FIELDS).map((field) => [field, null]),
  ) as unknown as PatternValues;
  const values = { ...nothing, camera: 'cam', object: 'ö'.repeat(150), frame: 123_456 };
  const name = new NamePattern('{object}_{camera}_{frame:9}').name(values);
  assert.match(name, /^ö+_cam_000123456$/);
  assert.ok(Buffer.byteLength(name) <= 200 && Buffer.byteLength(name) >= 198);
  assert.throws(
    () => new NamePattern(`${'n'.repeat(101)}{frame}`),
    (error: { code?: string }) => error.code === 'export.pattern',
  );
});

test('an export that is killed or stopped goes on, and ends with the same bytes', async () => {
  await withFolder(async (out) => {
    for (const [format, signal] of [
      ['ser', 'SIGKILL'],
      ['fits-cube', 'SIGINT'],
      ['adv', 'SIGKILL'],
      ['fits', 'SIGINT'],
      ['fits.fz', 'SIGKILL'],
    ] as const) {
      const whole = await direct(format, join(out, `whole.${format}`));
      const target = join(out, `cut.${format}`);
      const running = startAppulse([
        ...[
          'export',
          '--data',
          data,
          '--json',
          '--format',
          format,
          '--output',
          target,
          '--workers',
          '1',
          '--session',
          'all',
        ],
      ]);
      const log = format === 'fits' ? join(target, '.appulse-export') : `${target}.export`;
      while (!existsSync(log) && running.child.exitCode === null) await delay(2);
      running.child.kill(signal);
      await running.ended;
      if (existsSync(log) && readFileSync(log, 'utf8').includes('\n')) {
        await rejects(direct(format, target, { firstFrame: 3 }), 'export.other-job');
      }
      const resumed = existsSync(log) ? await direct(format, target) : whole;
      assert.is(resumed.exported, FRAMES, format);
      same(whole.target, target);
    }
  });
});

test('an export that is stopped again and again goes on from its checkpoints', async () => {
  await withFolder(async (out) => {
    for (const format of ['ser', 'fits-cube', 'adv', 'csv', 'fits', 'ff'] as const) {
      const whole = await direct(format, join(out, `whole.${format}`));
      const target = join(out, `cut.${format}`);
      let last: ExportResult | null = null;
      for (let turn = 0; turn < 3 && last?.state !== 'done'; turn++) {
        const stop = new AbortController();
        // Behind its first batch.
        if (turn < 2) stop.abort();
        last = await runExport(requestOf(format, target), { signal: stop.signal });
      }
      assert.is(last?.state, 'done', format);
      assert.is(last?.exported, FRAMES);
      same(whole.target, target);
    }
  });
});

function same(a: string, b: string): void {
  if (statSync(a).isDirectory()) {
    assert.equal(readdirSync(b).sort(), readdirSync(a).sort());
    for (const name of readdirSync(a)) same(join(a, name), join(b, name));
  } else assert.ok(readFileSync(a).equals(readFileSync(b)), `${b} is not ${a}`);
}

test('frames that are not on disk are counted, and the rest is exported', async () => {
  await withFolder(async (out) => {
    const copy = join(out, 'data');
    mkdirSync(copy);
    spawnSync('cp', ['-r', `${data}/.`, copy]);
    const db = new Database(join(copy, 'appulse.sqlite'));
    db.exec(
      "UPDATE frames SET state = 'expired' WHERE number <= 5; UPDATE frames SET state = 'missing' WHERE number = 9",
    );
    db.close();
    const damaged = rows()[19] as Row;
    const segment = join(copy, damaged.file);
    const bytes = readFileSync(segment);
    const dataAt = Number(damaged.byte_offset + damaged.header_bytes);
    bytes.fill(0xff, dataAt + 5_000, dataAt + 5_010);
    writeFileSync(segment, bytes);
    for (const format of ['ser', 'fits-cube']) {
      const target = join(out, `x.${format}`);
      const ended = await appulse(['export', '--data', copy, '--json', '--format', format, '--output', target]);
      assert.is(ended.code, 3, ended.stderr);
      const { exported: got, expired, missing, unreadable } = ended.json as ExportResult;
      assert.equal({ got, expired, missing, unreadable }, { got: FRAMES - 7, expired: 5, missing: 1, unreadable: 1 });
      const left = rows().filter((_, i) => i >= 5 && i !== 8 && i !== 19);
      if (format === 'ser')
        assert.equal(
          starts(target),
          left.map(({ start_utc_ns }) => start_utc_ns),
        );
    }
  });
});

test('sums of 32 bits and frames of two kinds are refused by formats that cannot hold them', async () => {
  await withFolder(async (out) => {
    const dataFolder = join(out, 'data');
    for (const camera of ['sim:tiny?fps=50&format=Mono16', 'sim:tiny?fps=50&format=Mono8']) {
      const recorded = await appulse([
        ...['record', '--camera', camera, '--bin', '2', '--frames', '3', '--data', dataFolder, '--json'],
      ]);
      assert.is(recorded.code, 0, recorded.stderr);
    }
    for (const format of ['ser', 'adv', 'ff', 'ff-bin'] as const) {
      const request = { ...requestOf(format, join(out, format)), dataFolder };
      await rejects(runExport(request), 'export.depth');
    }
    await rejects(runExport({ ...requestOf('fits-cube', join(out, 'cube.fits')), dataFolder }), 'export.mixed');
    assert.equal(readdirSync(out), ['data']);
  });
});

peerTest(test, ['fitsverify'], 'frames of two sessions in one file have versions of their own', async () => {
  await withFolder(async (out) => {
    const dataFolder = join(out, 'data');
    for (const format of ['fits', 'ser']) {
      const recorded = await appulse([
        ...[
          'record',
          '--camera',
          'sim:tiny?fps=50',
          '--frames',
          '5',
          '--data',
          dataFolder,
          '--format',
          format,
          '--json',
        ],
      ]);
      // A frame with missing packets does as well here.
      assert.ok(recorded.code === 0 || recorded.code === 3, recorded.stderr);
    }
    const target = join(out, 'all.fits.fz');
    await runExport({ ...requestOf('fits.fz', target), dataFolder });
    const { hdus } = readHdus(target);
    const versions = hdus.slice(1).map(({ cards }) => Number(cards.get('EXTVER')));
    assert.ok(versions.length > 5);
    assert.ok(
      versions.every((version, i) => version > (versions[i - 1] ?? 0)),
      versions.join(' '),
    );
    const judged = spawnSync('fitsverify', ['-q', target], { encoding: 'utf8' });
    assert.match(judged.stdout, /verification OK/, spawnSync('fitsverify', [target], { encoding: 'utf8' }).stdout);
  });
});

peerTest(
  test,
  ['fitsverify', 'funpack', 'astropy'],
  'fitsverify, funpack and astropy take every FITS that is made',
  async () => {
    await withFolder(async (out) => {
      const nine = { firstFrame: 1, lastFrame: 9 };
      await direct('fits', join(out, 'single'), nine);
      await direct('fits.fz', join(out, 'packed'), nine);
      await direct('fits.fz', join(out, 'many.fits.fz'), nine);
      await direct('fits-cube', join(out, 'cube.fits'), nine);
      const packed = readdirSync(join(out, 'packed'))
        .filter((name) => name.endsWith('.fz'))
        .sort();
      const single = readdirSync(join(out, 'single'))
        .filter((name) => name.endsWith('.fits'))
        .sort();
      const files = [
        ...single.map((name) => join(out, 'single', name)),
        ...packed.map((name) => join(out, 'packed', name)),
        join(out, 'many.fits.fz'),
        join(out, 'cube.fits'),
      ];
      for (const file of files) {
        const judged = spawnSync('fitsverify', ['-q', file], { encoding: 'utf8' });
        assert.match(
          judged.stdout,
          /verification OK/,
          `${file}: ${spawnSync('fitsverify', [file], { encoding: 'utf8' }).stdout}`,
        );
      }
      for (const name of packed) assert.is(spawnSync('funpack', [join(out, 'packed', name)]).status, 0);
      const script = `
import sys, warnings
from astropy.io import fits
warnings.simplefilter('error')
out, single, packed = sys.argv[1], sys.argv[2].split(','), sys.argv[3].split(',')
cube = fits.open(out + '/cube.fits', checksum=True)
many = fits.open(out + '/many.fits.fz')
for i in range(9):
    one = fits.open(out + '/single/' + single[i], checksum=True)[0]
    unpacked = fits.open(out + '/packed/' + packed[i][:-3])[1]
    for other in (cube[0].data[i], many[i + 1].data, unpacked.data):
        assert (one.data == other).all() and one.data.dtype == other.dtype
    assert cube['FRAMES'].data['DATE_OBS'][i] == one.header['DATE-OBS'] == unpacked.header['DATE-OBS']
    assert one.header['OBJECT'] == "M 31's / core" and one.header['OBSERVER'] == 'Observer'
print('equal')
`;
      const python = spawnSync(PYTHON, ['-c', script, out, single.join(','), packed.join(',')], { encoding: 'utf8' });
      assert.is(python.stdout.trim(), 'equal', python.stderr);
    });
  },
);

test.run();
