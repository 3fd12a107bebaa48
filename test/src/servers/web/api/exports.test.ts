import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '#test/storage/sample-session.js';
import type { CheckedApi } from '#test/support/checked-api.js';
import { recordedFolder, type ServedStation, servedStation } from '#test/support/recorded-folder.js';
import { test } from '#test/support/test.js';

const FRAMES = 12;
let served: ServedStation;
let api: CheckedApi;
let path = '';

test.before(async () => {
  path = (await recordedFolder(FRAMES)).path;
  served = await servedStation([path]);
  api = served.api;
});
test.after(() => served.close());

interface Job {
  readonly id: string;
  readonly state: string;
  readonly result: { readonly exported: number; readonly files: number } | null;
  readonly error: { readonly code: string } | null;
}
interface Files {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly nextAfter: string | null;
}
interface Refused {
  readonly error: { readonly code: string; readonly message: string };
}

/** Begins an export and waits for its end. */
async function exported(body: unknown): Promise<Job> {
  const { status, json } = await api.ask<Job>('POST', '/api/v1/exports', body);
  assert.is(status, 202, JSON.stringify(json));
  for (;;) {
    const job = await api.get<Job>(`/api/v1/exports/${json.id}`);
    if (job.state !== 'running' && job.state !== 'stopping') return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('an export stands in the folder of exports when it is done', async () => {
  const job = await exported({ format: 'ser', target: 'night.ser', selection: { frames: '3..8' } });
  assert.equal([job.state, job.result?.exported, job.result?.files], ['done', 6, 1]);
  assert.is(readFileSync(join(path, 'exports/night.ser')).toString('latin1', 0, 14), 'LUCAM-RECORDER');
  const files = await exported({
    format: 'fits',
    target: 'frames',
    pattern: 'f{frame:4}',
    selection: { grade: 'coarse' },
  });
  assert.is(files.state, 'done');
  assert.equal(readdirSync(join(path, 'exports/frames')), ['f0010.fits']);
  const { exports } = await api.get<{ exports: Job[] }>('/api/v1/exports');
  assert.equal(
    exports.map(({ id }) => id),
    [files.id, job.id],
  );
});

test('files of an export that has ended are fetched, whole and in parts, and nothing else is', async () => {
  const { id } = await exported({ format: 'csv', target: 'Nächte (1).csv' });
  const file = join(path, 'exports/Nächte (1).csv');
  const bytes = readFileSync(file);
  const { files, nextAfter } = await api.get<Files>(`/api/v1/exports/${id}/files`);
  assert.equal([files, nextAfter], [[{ name: 'Nächte (1).csv', bytes: bytes.length }], null]);
  const url = `/api/v1/exports/${id}/files/${encodeURIComponent('Nächte (1).csv')}`;
  const whole = await api.ask('GET', url);
  assert.is(whole.status, 200);
  assert.ok(whole.bytes.equals(bytes));
  assert.match(
    whole.headers.get('content-disposition') ?? '',
    `attachment; filename="N_chte (1).csv"; filename*=UTF-8''N%C3%A4chte%20%281%29.csv`,
  );
  const part = (range: string) => fetch(new URL(url, served.url), { headers: { range } });
  for (const [range, from, to] of [
    ['bytes=10-19', 10, 20],
    ['bytes=-7', bytes.length - 7, bytes.length],
    [`bytes=${bytes.length - 3}-`, bytes.length - 3, bytes.length],
  ] as const) {
    const answer = await part(range);
    assert.is(answer.status, 206, range);
    assert.is(answer.headers.get('content-range'), `bytes ${from}-${to - 1}/${bytes.length}`);
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(from, to)), range);
  }
  assert.is((await part(`bytes=${bytes.length}-`)).status, 416);

  const frames = await exported({ format: 'fits', target: 'several', pattern: 'f{frame:4}' });
  const folder = join(path, 'exports/several');
  symlinkSync(file, join(folder, 'link.fits'));
  const list = `/api/v1/exports/${frames.id}/files`;
  const first = await api.get<Files>(`${list}?limit=8`);
  const second = await api.get<Files>(`${list}?limit=8&after=${first.nextAfter}`);
  const names = [...first.files, ...second.files].map(({ name }) => name);
  assert.equal(
    names,
    Array.from({ length: FRAMES }, (_, i) => `f${String(i + 1).padStart(4, '0')}.fits`),
  );
  assert.ok((await api.ask('GET', `${list}/f0003.fits`)).bytes.equals(readFileSync(join(folder, 'f0003.fits'))));
  for (const name of [
    'link.fits',
    'none.fits',
    '..%2frows.csv',
    '..',
    '.appulse-export',
    '%2fetc%2fpasswd',
    'x%00.fits',
  ]) {
    assert.ok([400, 404].includes((await fetch(new URL(`${list}/${name}`, served.url))).status), name);
  }
  const failed = await exported({ format: 'csv', target: 'Nächte (1).csv' });
  assert.is((await api.ask<Refused>('GET', `/api/v1/exports/${failed.id}/files`)).json.error.code, 'export.failed');
});

test('only so many files are sent at a time: the next client is told to come back, and does', async () => {
  const { id } = await exported({ format: 'csv', target: 'large.csv' });
  // Far more than what lies between a server and a client that does not read.
  truncateSync(join(path, 'exports/large.csv'), 64 * 2 ** 20);
  const url = `/api/v1/exports/${id}/files/large.csv`;
  const { hostname, port, host } = new URL(served.url);
  const stuck = Array.from({ length: 4 }, () => connect(Number(port), hostname));
  const begun = stuck.map(async (socket) => {
    socket.write(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(socket, 'readable');
  });
  await Promise.all(begun);
  const busy = await api.ask<Refused>('GET', url);
  assert.equal([busy.status, busy.json.error.code], [503, 'api.busy']);
  for (const socket of stuck) socket.destroy();
  const comeBack = async () => (await fetch(new URL(url, served.url), { headers: { range: 'bytes=0-9' } })).status;
  while ((await comeBack()) === 503) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(await comeBack(), 206);
});

test('nothing is overwritten', async () => {
  const first = await exported({ format: 'csv', target: 'rows.csv' });
  assert.is(first.state, 'done');
  const before = readFileSync(join(path, 'exports/rows.csv'), 'utf8');
  const second = await exported({ format: 'csv', target: 'rows.csv', selection: { frames: '1' } });
  assert.equal([second.state, second.error?.code], ['failed', 'export.exists']);
  assert.is(readFileSync(join(path, 'exports/rows.csv'), 'utf8'), before);
});

test('a target outside of the folder of exports is refused', async () => {
  const outside = temporaryFolder();
  mkdirSync(join(path, 'exports'), { recursive: true });
  symlinkSync(outside, join(path, 'exports/link'));
  for (const target of ['../out.ser', '/tmp/out.ser', 'a/b.ser', '.hidden', '..', 'a\\b\n', 'link', '']) {
    const { status } = await api.ask<Refused>('POST', '/api/v1/exports', { format: 'fits', target });
    assert.is(status, 400, target);
  }
  assert.equal(readdirSync(outside), []);
  assert.not.ok(existsSync(join(path, 'out.ser')));
});

test('a selection of nothing, a session that is not there and a wrong option are told', async () => {
  const nothing = await exported({ format: 'csv', target: 'nothing.csv', selection: { mean: '>60000' } });
  assert.equal([nothing.state, nothing.error?.code], ['failed', 'export.empty']);
  const ask = (body: unknown) => api.ask<Refused>('POST', '/api/v1/exports', body);
  assert.is((await ask({ format: 'csv', target: 'a.csv', selection: { session: 'none' } })).status, 404);
  assert.is((await ask({ format: 'mp4', target: 'a.mp4' })).status, 400);
  for (const option of [
    { pattern: 'x{frame}' },
    { stationCode: 'US001A' },
    { stationCode: 'home' },
    { serStamp: 'late' },
  ]) {
    assert.is((await ask({ format: 'ser', target: 'a.ser', ...option })).status, 400);
  }
  assert.is((await api.ask('GET', '/api/v1/exports/00000000-0000-4000-8000-000000000000')).status, 404);
  assert.is((await api.ask('DELETE', '/api/v1/exports/00000000-0000-4000-8000-000000000000')).status, 404);
  assert.is((await api.ask('GET', '/api/v1/exports/7')).status, 400);
});

test('few exports go on at a time, and each can be stopped', async () => {
  const begun = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      api.ask<Job & Refused>('POST', '/api/v1/exports', { format: 'fits-cube', target: `cube${n}.fits` }),
    ),
  );
  const taken = begun.filter(({ status }) => status === 202);
  const refused = begun.filter(({ status }) => status === 409);
  assert.ok(taken.length >= 2 && taken.length + refused.length === 4);
  for (const { json } of refused) assert.is(json.error.code, 'export.too-many');
  for (const { json } of taken) assert.is((await api.ask('DELETE', `/api/v1/exports/${json.id}`)).status, 202);
  for (const { json } of taken) {
    for (;;) {
      const { state } = await api.get<Job>(`/api/v1/exports/${json.id}`);
      if (state === 'done' || state === 'stopped') break;
      assert.ok(state === 'running' || state === 'stopping', state);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

test.run();
