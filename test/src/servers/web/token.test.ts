import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { pathInside } from '#src/servers/web/access/honest-path.js';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { senderOf } from '#src/servers/web/access/rate-limit.js';
import { Secrets } from '#src/servers/web/access/secrets.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';
import { type Answer, ask, type Served, until, withPage } from '#test/support/web-client.js';

const STATUS = '/api/v1/status';

const withToken = (work: (served: Served & { token: PageToken; secret: string }) => Promise<void>) =>
  withFolder((folder) => {
    const token = new PageToken(join(folder, 'appulse', 'page-token'));
    const secret = token.make();
    return withPage({ token, asking: 'everything' }, (served) => work({ ...served, token, secret }));
  });

const opens = (token: PageToken, shown: string) => new Secrets(token).hashOfRight(shown) !== null;
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

function logIn(url: string, secret: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { origin } = new URL(url);
  return ask(url, '/login', {
    method: 'POST',
    headers: { origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token: secret }).toString(),
  });
}

const cookieOf = (answer: Answer) => String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? '';

test('a token is kept as its hash, for its user alone', () =>
  withToken(async ({ token, secret }) => {
    assert.match(secret, /^[\w-]{43}$/);
    assert.match(readFileSync(token.path, 'utf8'), /^sha256:[0-9a-f]{64}\n$/);
    assert.is(statSync(token.path).mode & 0o777, 0o600);
    assert.ok(token.exists && opens(token, secret));
    assert.not.ok(opens(token, `${secret}A`) || opens(token, ''));
    writeFileSync(token.path, 'something else');
    assert.throws(() => token.exists, /holds no token/);
  }));

test('a login by the token outlives the station that it was made at, and ends with a logout or a new token', () =>
  withFolder(async (folder) => {
    const token = new PageToken(join(folder, 'appulse', 'page-token'));
    const secret = token.make();
    const ports: string[] = [];
    let cookie = '';
    // A cookie has the port of its station in its name.
    const here = (url: string) => cookie.replaceAll(ports[0] ?? '', new URL(url).port);
    const statusAt = async (url: string) => (await ask(url, STATUS, { headers: { cookie: here(url) } })).status;
    const station = (work: (url: string) => Promise<void>) =>
      withPage({ token, asking: 'everything' }, async ({ url }) => {
        ports.push(new URL(url).port);
        await work(url);
      });
    await station(async (url) => {
      cookie = cookieOf(await logIn(url, secret));
      assert.is(await statusAt(url), 200);
    });
    assert.is(statSync(token.loginsPath).mode & 0o777, 0o600);
    assert.not.ok(readFileSync(token.loginsPath, 'utf8').includes(cookie.split('=')[1] ?? cookie));
    const kept = readFileSync(token.loginsPath, 'utf8');
    await station(async (url) => {
      assert.is(await statusAt(url), 200);
      const { origin } = new URL(url);
      const headers = { cookie: here(url), origin, 'content-type': 'application/json' };
      assert.ok((await ask(url, '/logout', { method: 'POST', headers, body: '{}' })).status < 400);
    });
    await station(async (url) => assert.is(await statusAt(url), 401));
    writeFileSync(token.loginsPath, kept);
    await station(async (url) => assert.is(await statusAt(url), 200));
    token.make();
    await station(async (url) => assert.is(await statusAt(url), 401));
    writeFileSync(token.loginsPath, 'nothing of ours');
    await station(async (url) => assert.is(await statusAt(url), 401));
  }));

test('without the token nothing is served but the way to show it', () =>
  withToken(async ({ url, secret, server }) => {
    const { status, headers, text } = await ask(url, STATUS);
    assert.is(status, 401);
    assert.match(String(headers['www-authenticate']), /^Bearer/);
    assert.is(JSON.parse(text).error.code, 'access.token');
    for (const path of ['/', '/index.html', '/assets/', '/metrics', '/login/../index.html', '/%6cogin', '/nothing']) {
      assert.ok([400, 401].includes((await ask(url, path)).status), path);
    }
    const opened = await ask(url, '/', { headers: { accept: 'text/html' } });
    assert.is(opened.status, 303);
    assert.is(opened.headers.location, '/login');
    const form = await ask(url, '/login');
    assert.is(form.status, 200);
    assert.match(form.text, /<form method="post"/);
    assert.not.match(form.text, /<script|style=/);
    assert.is((await ask(url, '/login.css')).status, 200);
    assert.is((await ask(url, STATUS, bearer(secret))).status, 200);
    assert.is((await ask(url, STATUS, { headers: { authorization: `Basic ${secret}` } })).status, 401);
    assert.is((await ask(url, `${STATUS}?token=${secret}`)).status, 401, 'no token in addresses');
    assert.is(server.refusals.get('token'), undefined, 'who shows none has guessed none');
  }));

test('the form gives a cookie that scripts and other pages do not get, and that opens page and WebSocket', () =>
  withToken(async ({ url, secret }) => {
    const answer = await logIn(url, ` ${secret}\n`);
    assert.is(answer.status, 303);
    assert.is(answer.headers.location, '/');
    const set = String(answer.headers['set-cookie']?.[0]);
    for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=']) assert.ok(set.includes(word), word);
    assert.not.ok(set.includes(secret));
    const headers = { cookie: cookieOf(answer) };
    assert.is((await ask(url, '/', { headers })).status, 200);
    assert.is((await ask(url, STATUS, { headers })).status, 200);
    assert.is((await ask(url, STATUS, { headers: { cookie: `${headers.cookie}x` } })).status, 401);
    const opened = (given: Record<string, string>) =>
      new Promise<boolean>((done) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}live`, { headers: given });
        socket.on('open', () => {
          socket.terminate();
          done(true);
        });
        socket.on('error', () => done(false));
      });
    assert.is(await opened({}), false);
    assert.is(await opened(headers), true);
    assert.is(await opened({ ...headers, origin: 'https://evil.example' }), false);
    assert.is((await ask(url, STATUS, { headers: { ...headers, origin: 'https://evil.example' } })).status, 403);
  }));

test('wrong tokens are slowed down, and told once', () =>
  withToken(async ({ url, secret, server, lines }) => {
    const wrong: number[] = [];
    for (let i = 0; i < 6; i++) wrong.push((await ask(url, STATUS, bearer(`guess-${i}`))).status);
    assert.equal(wrong, [401, 401, 401, 401, 429, 429]);
    const locked = await logIn(url, secret);
    assert.is(locked.status, 429);
    assert.match(locked.text, /try again in/);
    assert.is(lines.filter((line) => line.includes('a wrong token')).length, 1);
    assert.is(server.refusals.get('token'), 4);
    await until(async () => (await ask(url, STATUS, bearer(secret))).status === 200);
    const form = await logIn(url, 'guess');
    assert.is(form.status, 401);
    assert.match(form.text, /that is neither the station's token nor the key of its run/);
  }));

test('forms of other pages, and bodies that are too large or of another kind, do not log in', () =>
  withToken(async ({ url, secret, server }) => {
    assert.is((await logIn(url, secret, { origin: 'https://evil.example' })).status, 403);
    assert.is((await logIn(url, secret, { origin: 'null' })).status, 403);
    assert.is((await logIn(url, 'x'.repeat(70_000))).status, 413);
    assert.is(server.refusals.get('size'), 1);
    assert.is((await logIn(url, secret, { 'content-type': 'text/xml' })).status, 415);
  }));

test('a new token takes the place of the old one, and of who logged in with it', () =>
  withToken(async ({ url, secret, token }) => {
    const headers = { cookie: cookieOf(await logIn(url, secret)) };
    assert.is((await ask(url, STATUS, { headers })).status, 200);
    const next = new PageToken(token.path).make();
    await until(async () => (await ask(url, STATUS, { headers })).status === 401);
    assert.is((await ask(url, STATUS, bearer(secret))).status, 401);
    assert.is((await ask(url, STATUS, bearer(next))).status, 200);
    assert.is((await ask(url, STATUS, { headers })).status, 401, 'the old login stays away');
  }));

test('appulse token makes one, shows it once and keeps its hash', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: folder };
    const { code, json } = await appulse(['token', '--json'], { env });
    assert.is(code, 0);
    const { token, file } = json as { token: string; file: string };
    assert.ok(opens(new PageToken(file), token));
    assert.not.ok(readFileSync(file, 'utf8').includes(token));
    const again = await appulse(['token'], { env });
    assert.match(again.stdout, /^[\w-]{43}\n$/);
    assert.not.ok(opens(new PageToken(file), token));
  }));

test('a path is inside of a folder only when nothing leads out of it, links included', () =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(join(data, 'night'), { recursive: true });
    mkdirSync(join(folder, 'data-of-others'));
    writeFileSync(join(data, 'night', 'a.fits'), '');
    writeFileSync(join(folder, 'data-of-others', 'b.fits'), '');
    symlinkSync(join(folder, 'data-of-others'), join(data, 'link'));
    symlinkSync(join(data, 'night'), join(data, 'tonight'));
    assert.is(pathInside(data, 'night/a.fits'), join(data, 'night', 'a.fits'));
    assert.is(pathInside(data, 'tonight/a.fits'), join(data, 'night', 'a.fits'));
    const outside = [
      '../data-of-others/b.fits',
      'link/b.fits',
      join(folder, 'data-of-others', 'b.fits'),
      '/etc/passwd',
    ];
    for (const path of [...outside, 'night/\0', 'night/none.fits']) assert.is(pathInside(data, path), null, path);
  }));

test('a sender is an IPv4 address, or the network of an IPv6 one', () => {
  assert.is(senderOf('::ffff:192.168.1.5'), '192.168.1.5');
  assert.is(senderOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.is(senderOf('2001:db8::9'), senderOf('2001:db8:0:0:ffff::1'));
  assert.is(senderOf('::1'), '0:0:0:0::/64');
  assert.is(senderOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
});

test.run();
