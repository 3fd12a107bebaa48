import { spawnSync } from 'node:child_process';
import { closeSync, openSync, renameSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import type { AppulseError } from '#gps/errors.js';
import { Archive } from '#src/servers/web/archive/archive.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { FIRST_START, PERIOD_NS, samplePixel, temporaryFolder } from '#test/storage/sample-session.js';
import type { CheckedApi } from '#test/support/checked-api.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { recordedFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

const FRAMES = 25;
let served: ServedStation;
let api: CheckedApi;
let session = '';
let path = '';

test.before(async () => {
  const recorded = await recordedFolder(FRAMES);
  session = recorded.session;
  path = recorded.path;
  // The first folder is one into which nothing was recorded.
  served = await servedStation([temporaryFolder(), recorded.path]);
  api = served.api;
});
test.after(() => served.close());

interface Frames {
  readonly total: number | null;
  readonly frames: readonly { readonly key: string; readonly number: number; readonly startUtcNs: string }[];
  readonly nextAfter: string | null;
}
interface Refused {
  readonly error: { readonly code: string; readonly message: string };
}

async function keyOf(number: number): Promise<string> {
  const { frames } = await api.get<Frames>(`/api/v1/frames?session=${session}&frames=${number}`);
  return frames[0]?.key ?? '';
}

test('sessions are listed by time, camera, object and state', async () => {
  const listed = async (query: string): Promise<number> =>
    (await api.get<{ sessions: unknown[] }>(`/api/v1/sessions?${query}`)).sessions.length;
  assert.is(await listed(''), 1);
  assert.is(await listed('from=2026-08-13&to=2026-08-15&camera=QHY411&state=complete'), 1);
  assert.is(await listed('from=2026-08-13&to=2h'), 0);
  assert.is(await listed('camera=another'), 0);
  assert.is(await listed('object=eros'), 0);
  const { status, json } = await api.ask<Refused>('GET', '/api/v1/sessions?from=yesterday');
  assert.is(status, 400);
  assert.match(json.error.message, /^from yesterday/);
});

test('a session tells its grades, gaps and segments, by the beginning of its identifier too', async () => {
  const details = await api.get<{ grades: unknown; gaps: unknown[]; segments: unknown[] }>(
    `/api/v1/sessions/${session.slice(0, 13)}`,
  );
  assert.equal(details.grades, { locked: FRAMES - 2, coarse: 2 });
  assert.is(details.gaps.length, 2);
  assert.is(details.segments.length, 1);
  const { status, json } = await api.ask<Refused>('GET', '/api/v1/sessions/nothing');
  assert.is(status, 404);
  assert.is(json.error.code, 'session.not-found');
});

test('what is written about a session is set right', async () => {
  const path = `/api/v1/sessions/${session}`;
  const { status, json } = await api.ask<{ object: string; notes: string | null }>('PATCH', path, {
    object: ' (433) Eros ',
    notes: '',
  });
  assert.is(status, 200);
  assert.equal([json.object, json.notes], ['(433) Eros', null]);
  const { sessions } = await api.get<{ sessions: { object: string }[] }>('/api/v1/sessions?object=(433)%20EROS');
  assert.is(sessions.length, 1);
  assert.is((await api.ask('PATCH', path, {})).status, 400);
  assert.is((await api.ask('PATCH', path, { objekt: 'x' })).status, 400);
  assert.is((await api.ask('PATCH', '/api/v1/sessions/none', { object: 'x' })).status, 404);
});

test('a span of a session that is over is kept, and not while another is recorded', async () => {
  const url = `/api/v1/sessions/${session}/marks`;
  const span = { fromUtcNs: String(FIRST_START), toUtcNs: String(FIRST_START + 2n * PERIOD_NS), note: 'bolide' };
  const { status, json } = await api.ask<{ session: string; frames: number }>('POST', url, span);
  assert.equal([status, json.session], [201, session]);
  assert.ok(json.frames >= 2 && json.frames < FRAMES, `${json.frames} frames`);
  const { marks } = await api.get<{ marks: { detail: string; cause: string; fromUtcNs: string }[] }>(
    `/api/v1/sessions/${session}`,
  );
  const [mark] = marks;
  assert.equal([marks.length, mark?.detail, mark?.cause, mark?.fromUtcNs], [1, 'bolide', 'command', span.fromUtcNs]);
  const refused = async (body: object, at = url) => {
    const answer = await api.ask<Refused>('POST', at, { ...span, ...body });
    return [answer.status, answer.json.error.code];
  };
  assert.equal(await refused({ toUtcNs: '0' }), [400, 'usage.request']);
  assert.equal(await refused({ fromUtcNs: '1', toUtcNs: '2' }), [409, 'storage.mark-empty']);
  assert.equal(await refused({ cameraId: 'none' }), [404, 'storage.no-camera']);
  assert.equal(await refused({}, '/api/v1/sessions/none/marks'), [404, 'session.not-found']);
  served.station.session = 'now';
  assert.equal(await refused({}), [409, 'session.recording']);
  served.station.session = null;
});

test('frames come in pages, in both directions, each once', async () => {
  for (const order of ['', '&newestFirst=true']) {
    const numbers: number[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages++) {
      const page: Frames = await api.get<Frames>(`/api/v1/frames?limit=7&count=true${order}${after}`);
      assert.is(page.total, FRAMES);
      numbers.push(...page.frames.map(({ number }) => number));
      if (page.nextAfter === null) break;
      after = `&after=${page.nextAfter}`;
    }
    const all = Array.from({ length: FRAMES }, (_, i) => i + 1);
    assert.equal(numbers, order === '' ? all : all.reverse());
  }
});

test('frames are chosen as the command line chooses them', async () => {
  const numbers = async (query: string) =>
    (await api.get<Frames>(`/api/v1/frames?${query}`)).frames.map((f) => f.number);
  assert.equal(await numbers('grade=coarse'), [10, 20]);
  assert.equal(await numbers('frames=3..5'), [3, 4, 5]);
  assert.equal(await numbers(`from=${FIRST_START + 2n * PERIOD_NS}&to=100ms`), [3, 4]);
  assert.equal(await numbers('mean=>2000'), []);
  assert.equal(await numbers('flags=host-unsynchronised&frames=..2'), [1, 2]);
  for (const query of [
    'grade=best',
    'frames=0',
    'mean=high',
    'flags=odd',
    'limit=0',
    'limit=100000',
    'sort=up',
    'after=-1',
  ]) {
    assert.is((await api.ask('GET', `/api/v1/frames?${query}`)).status, 400, query);
  }
});

test('a frame is found by its key, with its neighbours', async () => {
  const [before, key, behind] = [await keyOf(11), await keyOf(12), await keyOf(13)];
  const found = await api.get<{ frame: { number: number }; previous: string; next: string }>(
    `/api/v1/sessions/${session}/frames/${key}`,
  );
  assert.equal([found.frame.number, found.previous, found.next], [12, before, behind]);
  assert.is((await api.ask('GET', `/api/v1/sessions/${session}/frames/99999999`)).status, 404);
  assert.is((await api.ask('GET', `/api/v1/sessions/${session}/frames/twelve`)).status, 400);
});

test('the time of a row follows from the shutter of the camera', async () => {
  const path = `/api/v1/sessions/${session}/frames/${await keyOf(2)}/time`;
  const [first, fifth] = [
    await api.get<{ startUtcNs: string; uncertaintyNs: string }>(`${path}?y=0`),
    await api.get<{ startUtcNs: string; uncertaintyNs: string }>(`${path}?y=5&x=63`),
  ];
  assert.is(first.startUtcNs, String(FIRST_START + PERIOD_NS));
  // Rows are read in pairs.
  assert.is(BigInt(fifth.startUtcNs) - BigInt(first.startUtcNs), 4n * 43_194n);
  assert.is(fifth.uncertaintyNs, '200');
  assert.is((await api.ask('GET', `${path}?y=48`)).status, 400);
  assert.is((await api.ask('GET', path)).status, 400);
});

test('pixels of a recorded frame are those that were recorded, binned where fewer columns are wanted', async () => {
  const path = `/api/v1/sessions/${session}/frames/${await keyOf(7)}/pixels`;
  const whole = await api.ask('GET', path);
  assert.is(whole.bytes.byteLength, 2 * 64 * 48);
  const pixel = (x: number, y: number) => samplePixel(7, y * 64 + x);
  assert.is(whole.bytes.readUInt16LE(2 * (5 * 64 + 9)), pixel(9, 5));
  const binned = await api.ask('GET', `${path}?columns=20`);
  assert.is(binned.headers.get('x-appulse-binning'), '4');
  assert.equal(
    ['columns', 'rows'].map((name) => binned.headers.get(`x-appulse-${name}`)),
    ['16', '12'],
  );
  const square = Array.from({ length: 16 }, (_, i) => pixel(i % 4, Math.floor(i / 4)));
  assert.is(binned.bytes.readUInt16LE(0), Math.floor(square.reduce((sum, value) => sum + value, 0) / 16));
  const largest = await api.ask('GET', `${path}?columns=16&plane=maximum`);
  assert.is(largest.bytes.readUInt16LE(0), Math.max(...square));
  const region = await api.ask('GET', `${path}?x=60&y=40&width=4&height=8`);
  assert.is(region.bytes.byteLength, 2 * 4 * 8);
  assert.is(region.bytes.readUInt16LE(0), pixel(60, 40));
  assert.is((await api.ask('GET', `${path}?x=61&y=40&width=4&height=8`)).status, 400);
  assert.is((await api.ask('GET', `${path}?x=61`)).status, 400);
});

test('a recorded frame is a picture', async () => {
  const path = `/api/v1/sessions/${session}/frames/${await keyOf(7)}/preview`;
  for (const [extension, format] of [
    ['png', 'png'],
    ['jpg', 'jpeg'],
  ]) {
    const { bytes } = await api.ask('GET', `${path}.${extension}?columns=32&stretch=linear`);
    const metadata = await sharp(bytes).metadata();
    assert.equal([metadata.format, metadata.width, metadata.height], [format, 32, 24]);
  }
});

peerTest(
  test,
  ['astropy', 'fitsverify'],
  'a frame is fetched as FITS that others open, with its time and pixels',
  async () => {
    const path = `/api/v1/sessions/${session}/frames/${await keyOf(7)}/fits`;
    const folder = temporaryFolder();
    for (const [query, name] of [
      ['', 'frame.fits'],
      ['?compressed=true', 'frame.fits.fz'],
    ] as const) {
      const { bytes, headers } = await api.ask('GET', path + query);
      assert.match(
        headers.get('content-disposition') ?? '',
        /attachment; filename="2026-08-14T\d+\.\d+_\w+_000007\.fits/,
      );
      const file = join(folder, name);
      writeFileSync(file, bytes);
      const verified = spawnSync('fitsverify', ['-q', file], { encoding: 'utf8' });
      assert.match(verified.stdout, /verification OK/);
      const program = `
from astropy.io import fits
import sys
with fits.open(sys.argv[1]) as hdus:
    hdu = [h for h in hdus if h.data is not None][0]
    print(hdu.data.shape, int(hdu.data[5, 9]), hdu.header['DATE-OBS'])`;
      const read = spawnSync(PYTHON, ['-c', program, file], { encoding: 'utf8' });
      const start = '2026-08-14T00:00:00.4234567';
      assert.match(read.stdout, `(48, 64) ${samplePixel(7, 5 * 64 + 9)} ${start}`, read.stderr);
    }
  },
);

test('files that were fetched make room for others', async () => {
  const path = `/api/v1/sessions/${session}/frames/${await keyOf(7)}/fits`;
  for (let fetched = 0; fetched < 6; fetched++) assert.is((await api.ask('GET', path)).status, 200);
  const together = await Promise.all(Array.from({ length: 8 }, () => api.ask('GET', path)));
  assert.ok(together.every(({ status }) => status === 200 || status === 503));
  assert.is((await api.ask('GET', path)).status, 200);
});

test('more questions than may wait are refused, and the others are answered', async () => {
  const archive = new Archive([path]);
  const asked = Array.from({ length: 50 }, () =>
    archive.ask('sessions', { limit: 1 }).then(
      () => 'answered',
      (error: AppulseError) => error.code,
    ),
  );
  const outcomes = await Promise.all(asked);
  const busy = outcomes.filter((outcome) => outcome === 'api.busy').length;
  assert.ok(busy >= 10, `${busy} of 50`);
  assert.is(outcomes.filter((outcome) => outcome === 'answered').length, 50 - busy);
  assert.is((await archive.ask('sessions', { limit: 1 })).length, 1);
  await archive.close();
});

test('pixels that retention removed, and bytes that are damaged, are told and not shown', async () => {
  const recorded = await recordedFolder(3);
  const index = new Database(join(recorded.path, INDEX_FILE));
  index.prepare("UPDATE frames SET state = 'expired' WHERE number = 2").run();
  const row = index
    .prepare('SELECT file, byte_offset, header_bytes FROM frames, segments WHERE frames.number = 3')
    .get();
  index.close();
  const { file, byte_offset, header_bytes } = row as { file: string; byte_offset: number; header_bytes: number };
  const segment = openSync(join(recorded.path, file), 'r+');
  writeSync(segment, Buffer.from('damaged'), 0, 7, byte_offset + header_bytes + 100);
  closeSync(segment);
  const other = await servedStation([recorded.path]);
  try {
    const { frames } = await other.api.get<Frames>('/api/v1/frames');
    for (const [number, code] of [
      [2, 'frame.no-pixels'],
      [3, 'frame.unreadable'],
    ] as const) {
      const key = frames.find((frame) => frame.number === number)?.key;
      for (const what of ['fits', 'pixels', 'preview.png']) {
        const { status, json } = await other.api.ask<Refused>('GET', `/api/v1/sessions/latest/frames/${key}/${what}`);
        assert.equal([status, json.error.code], [409, code], what);
      }
    }
    const key = frames[0]?.key;
    assert.is((await other.api.ask('GET', `/api/v1/sessions/latest/frames/${key}/fits`)).status, 200);
  } finally {
    await other.close();
  }
});

test('neither a link in a data folder nor a path in its index leads to pixels outside of it', async () => {
  const recorded = await recordedFolder(1);
  const outside = temporaryFolder();
  const index = new Database(join(recorded.path, INDEX_FILE));
  const { file } = index.prepare('SELECT file FROM segments').get() as { file: string };
  const moved = join(outside, basename(file));
  renameSync(join(recorded.path, file), moved);
  symlinkSync(moved, join(recorded.path, file));
  const other = await servedStation([recorded.path]);
  try {
    const { frames } = await other.api.get<Frames>('/api/v1/frames');
    for (const path of [file, relative(recorded.path, moved), moved]) {
      index.prepare('UPDATE segments SET file = ?').run(path);
      for (const what of ['fits', 'pixels', 'preview.png', 'time?x=0&y=0']) {
        const asked = `/api/v1/sessions/latest/frames/${frames[0]?.key}/${what}`;
        const { status, json } = await other.api.ask<Refused>('GET', asked);
        assert.equal([status, json.error.code], [409, 'frame.unreadable'], `${path} ${what}`);
      }
    }
  } finally {
    index.close();
    await other.close();
  }
});

test('gaps of a session are told with their causes', async () => {
  const { gaps } = await api.get<{ gaps: { cause: string; firstBlock: string | null }[] }>(
    `/api/v1/sessions/${session}/gaps`,
  );
  assert.equal(
    gaps.map(({ cause, firstBlock }) => [cause, firstBlock]),
    [
      ['network', '9223372036854775809'],
      ['camera-lost', null],
    ],
  );
});

test('the audit of a session is told as data and as a page', async () => {
  const { verdict, frames } = await api.get<{ verdict: { level: string }; frames: number }>(
    `/api/v1/sessions/${session}/audit`,
  );
  assert.is(frames, FRAMES);
  assert.type(verdict.level, 'string');
  const { bytes, headers } = await api.ask('GET', `/api/v1/sessions/${session}/audit.html`);
  assert.match(bytes.toString(), `Timing audit of ${session}`);
  assert.match(headers.get('content-security-policy') ?? '', "default-src 'none'");
});

test('a timeline counts frames, grades and gaps by parts of a span, and tells when the GPS lock changed', async () => {
  const from = FIRST_START;
  const to = FIRST_START + 30n * PERIOD_NS;
  interface Timeline {
    readonly parts: readonly { frames: number; missing: number; notLocked: { coarse: number } }[];
    readonly sessions: readonly unknown[];
    readonly gaps: readonly unknown[];
    readonly lockChanges: readonly Record<'utcNs' | 'from' | 'to' | 'why', string | null>[];
  }
  const { parts, sessions, gaps, lockChanges } = await api.get<Timeline>(
    `/api/v1/timeline?from=${from}&to=${to}&parts=3`,
  );
  assert.equal(
    parts.map(({ frames, missing, notLocked }) => [frames, missing, notLocked.coarse]),
    [
      [10, 2, 1],
      [10, 0, 1],
      [5, 0, 0],
    ],
  );
  assert.is(sessions.length, 1);
  assert.is(gaps.length, 1);
  assert.equal(
    lockChanges.map(({ utcNs, from: before, to: now }) => [utcNs, before, now]),
    [
      [String(from), null, 'locked'],
      [String(from + 12n * PERIOD_NS), 'locked', 'holdover'],
    ],
  );
  assert.is(lockChanges[1]?.why, 'receiver status 2, no PPS');
  const [empty] = (await api.get<Timeline>('/api/v1/timeline?from=2020-01-01&to=24h&parts=1')).parts;
  assert.is(empty?.frames, 0);
  assert.is((await api.ask('GET', `/api/v1/timeline?from=${to}&to=${from}`)).status, 400);
  assert.is((await api.ask('GET', '/api/v1/timeline?from=2020-01-01&to=24h&parts=100000')).status, 400);
});

test.run();
