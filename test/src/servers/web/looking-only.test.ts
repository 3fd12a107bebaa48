import { join } from 'node:path';
import { unpack } from 'msgpackr';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { LOGGED_OUT } from '#src/servers/web/live/live-protocol.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';
import { type Answer, ask, until, withPage } from '#test/support/web-client.js';

const CHANGES: readonly (readonly [method: string, path: string, body: string])[] = [
  ['POST', '/api/v1/sessions', '{}'],
  ['POST', '/api/v1/sessions/stop', '{"camera":null}'],
  ['POST', '/api/v1/trigger', '{"note":"x"}'],
  ['PATCH', '/api/v1/cameras/0/controls', '{"set":[{"name":"Gain","value":7}]}'],
  ['PUT', '/api/v1/plan', '{"entries":[]}'],
  ['DELETE', '/api/v1/cameras/0/profiles/faint', ''],
  ['POST', '/nothing', ''],
];
const JSON_BODY = { 'content-type': 'application/json' };
const gain = (value: number) => JSON.stringify({ set: [{ name: 'Gain', value }] });
const setGain = (url: string, value: number, headers: Readonly<Record<string, string>> = {}) =>
  ask(url, '/api/v1/cameras/0/controls', { method: 'PATCH', headers: { ...JSON_BODY, ...headers }, body: gain(value) });
const cookieOf = (answer: Answer) => String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? '';

interface Watching {
  readonly access: { readonly mayChange: boolean; readonly isLogin: boolean };
  readonly socket: WebSocket;
  readonly end: Promise<number>;
}

function watch(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Watching> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}live`, { headers });
  const end = new Promise<number>((done) => socket.once('close', done));
  return new Promise((done, failed) => {
    socket.once('error', failed);
    socket.once('message', (bytes: Buffer) => done({ access: unpack(bytes) as Watching['access'], socket, end }));
  });
}

test('at loopback all may be read, and nothing is changed without the key of the run or the token', () =>
  withFolder((folder) => {
    const token = new PageToken(join(folder, 'page-token'));
    const secret = token.make();
    return withPage({ token }, async ({ url, station, mayChange }) => {
      for (const path of ['/', '/metrics', '/healthz', '/api/v1/status', '/api/v1/cameras/0/controls']) {
        assert.is((await ask(url, path)).status, 200, path);
      }
      for (const [method, path, body] of CHANGES) {
        const answer = await ask(url, path, { method, headers: JSON_BODY, body });
        assert.is(answer.status, 401, `${method} ${path}`);
        const { error } = JSON.parse(answer.text) as { error: { code: string; message: string } };
        assert.is(error.code, 'access.token');
        for (const way of ['/login', 'Authorization: Bearer', 'appulse token --run']) assert.match(error.message, way);
      }
      assert.is(station.session, null);
      const gainNow = async () => (await station.controls())[0]?.controls.find(({ name }) => name === 'Gain')?.value;
      assert.is(await gainNow(), 30);
      assert.is((await setGain(url, 7, { authorization: 'Bearer something' })).status, 401);
      assert.is((await setGain(url, 7, { cookie: 'appulse-1=x' })).status, 401);
      assert.is(await gainNow(), 30);
      assert.is((await setGain(url, 8, mayChange)).status, 200);
      assert.is(await gainNow(), 8);
      assert.is((await setGain(url, 9, { authorization: `Bearer ${secret}` })).status, 200);
      assert.is(await gainNow(), 9);
    });
  }));

test('the link that is printed logs in, leaves its key nowhere, and a wrong one says what to do', () =>
  withPage({}, async ({ server, url, lines }) => {
    const { pathname } = new URL(server.loginUrl);
    const answer = await ask(url, pathname);
    assert.is(answer.status, 303);
    assert.is(answer.headers.location, '/');
    assert.is(answer.headers['referrer-policy'], 'no-referrer');
    assert.is(answer.headers['cache-control'], 'no-store');
    const set = String(answer.headers['set-cookie']?.[0]);
    for (const word of ['HttpOnly', 'SameSite=Strict']) assert.ok(set.includes(word), word);
    assert.not.ok(set.includes(server.key));
    const headers = { cookie: cookieOf(answer) };
    assert.is((await setGain(url, 7, headers)).status, 200);
    assert.is((await setGain(url, 7, { ...headers, origin: 'https://evil.example' })).status, 403);

    const wrong = await ask(url, `/login/${'A'.repeat(22)}`);
    assert.is(wrong.status, 401);
    assert.is(wrong.headers['set-cookie'], undefined);
    assert.match(wrong.text, /each start of the station has a new key/);
    assert.match(wrong.text, /appulse token --run/);
    const from = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    assert.is((await ask(url, pathname, { headers: from })).status, 403);
    assert.is((await ask(url, `${pathname}/..`)).status, 400);
    assert.not.ok(
      lines.some((line) => line.includes(server.key)),
      lines.join('\n'),
    );
  }));

test('a WebSocket says whether its client may change anything; logging out ends login and WebSocket at once', () =>
  withPage({}, async ({ server, url }) => {
    const cookie = cookieOf(await ask(url, new URL(server.loginUrl).pathname));
    const [looking, changing] = [await watch(url), await watch(url, { cookie })];
    assert.is(looking.access.mayChange, false);
    assert.equal([changing.access.mayChange, changing.access.isLogin], [true, true]);
    const out = await ask(url, '/logout', { method: 'POST', headers: { cookie, ...JSON_BODY }, body: '{}' });
    assert.is(out.status, 200);
    assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
    assert.is(await changing.end, LOGGED_OUT);
    assert.is((await setGain(url, 7, { cookie })).status, 401);
    assert.is(looking.socket.readyState, WebSocket.OPEN);
    looking.socket.terminate();
  }));

test('a new token ends what the one before opened, WebSockets too, and not what the key of the run opened', () =>
  withFolder((folder) => {
    const token = new PageToken(join(folder, 'page-token'));
    const secret = token.make();
    return withPage({ token, asking: 'everything' }, async ({ url, server, mayChange }) => {
      const body = JSON.stringify({ token: secret });
      const cookie = cookieOf(await ask(url, '/login', { method: 'POST', headers: JSON_BODY, body }));
      const byCookie = await watch(url, { cookie });
      const byToken = await watch(url, { authorization: `Bearer ${secret}` });
      const byKey = await watch(url, mayChange);
      new PageToken(token.path).make();
      assert.equal(await Promise.all([byCookie.end, byToken.end]), [LOGGED_OUT, LOGGED_OUT]);
      assert.is(byKey.socket.readyState, WebSocket.OPEN);
      byKey.socket.terminate();
      await until(async () => (await ask(url, '/api/v1/status', { headers: { cookie } })).status === 401);
      const form = await ask(url, '/login', { method: 'POST', headers: JSON_BODY, body });
      assert.is(form.status, 401);
      assert.match(JSON.parse(form.text).error.message, /neither the station's token nor the key/);
      assert.is((await ask(url, new URL(server.loginUrl).pathname)).status, 303);
    });
  }));

test('the station prints the link, and its own user gets the key for curl; both end with the run', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: folder };
    const data = join(folder, 'data');
    const run = () =>
      startAppulse(['station', '--watch', '--camera', 'sim:tiny?fps=20', '--data', data, '--port', '0'], { env });
    const station = run();
    await Promise.all([station.says('page   http://127.0.0.1:'), station.says('streams')]);
    const { code, json } = await appulse(['token', '--run', '--data', data, '--json'], { env });
    assert.is(code, 0);
    const { url, loginUrl, key } = json as { url: string; loginUrl: string; key: string };
    assert.is(loginUrl, `${url}login/${key}`);
    const shown = await appulse(['token', '--run', '--data', data], { env });
    assert.is(shown.stdout, `${key}\n`);
    const stop = (headers: Record<string, string>) =>
      ask(url, '/api/v1/sessions', { method: 'POST', headers: { ...JSON_BODY, ...headers }, body: '{}' });
    assert.is((await stop({})).status, 401);
    assert.is((await stop({ authorization: `Bearer ${key}` })).status, 201);
    station.child.kill('SIGINT');
    const { stderr } = await station.ended;
    assert.match(stderr, `page   ${loginUrl}\n`);
    assert.is(stderr.split(key).length, 2, 'the key is told once');
    const gone = await appulse(['token', '--run', '--data', data], { env });
    assert.is(gone.code, 1);
    assert.match(gone.stderr, /no station runs on the data folder/);
  }));

test.run();
