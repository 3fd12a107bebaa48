import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { test } from '#test/support/test.js';
import { ask, withPage } from '#test/support/web-client.js';

const STATUS = '/api/v1/status';

/** How a WebSocket's opening ends: 101, or the status of the refusal. */
function opening(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((done) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}live`, { headers });
    socket.on('open', () => {
      socket.terminate();
      done(101);
    });
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      done(statusCode);
    });
    socket.on('error', () => {});
  });
}

test('the page and programs are served, with headers that keep everything of others out', () =>
  withPage({}, async ({ url }) => {
    const page = await ask(url, '/');
    assert.is(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/);
    assert.is(page.headers['x-content-type-options'], 'nosniff');
    assert.is(page.headers['x-frame-options'], 'DENY');
    assert.is(page.headers['referrer-policy'], 'same-origin');
    const missing = await ask(url, '/nothing');
    assert.is(missing.status, 404);
    assert.is(missing.headers['x-content-type-options'], 'nosniff');
    assert.is((await ask(url, STATUS)).status, 200);
    const { host } = new URL(url);
    assert.is((await ask(url, STATUS, { headers: { origin: `http://${host}` } })).status, 200);
  }));

test('a name that was bent to lead here is refused, whatever its port', () =>
  withPage({}, async ({ url, server, lines }) => {
    const { port } = new URL(url);
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1:9000', `[::1]:${port}`]) {
      assert.is((await ask(url, STATUS, { headers: { host } })).status, 200, host);
    }
    const bent = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost@evil.example',
      '10.0.0.7',
    ];
    for (const host of bent) assert.is((await ask(url, STATUS, { headers: { host } })).status, 421, host);
    assert.is(await opening(url, { host: `evil.example:${port}` }), 421);
    assert.is(server.refusals.get('host'), bent.length + 1);
    assert.is(lines.filter((line) => line.includes('another host')).length, 1);
  }));

test('pages of others can neither read nor write, nor listen to the WebSocket', () =>
  withPage({}, async ({ url, server, mayChange }) => {
    const { host, port } = new URL(url);
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://localhost:${Number(port) + 1}` },
      { origin: `http://${host}.evil.example` },
      { origin: 'file://' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    ];
    for (const headers of foreign) {
      const name = JSON.stringify(headers);
      assert.is((await ask(url, STATUS, { headers })).status, 403, name);
      assert.is(
        (await ask(url, '/api/v1/sessions', { method: 'POST', headers: { ...headers, ...mayChange } })).status,
        403,
        name,
      );
      assert.is(await opening(url, headers), 403, name);
    }
    const form = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    assert.is((await ask(url, '/api/v1/sessions', { method: 'POST', headers: { ...form, ...mayChange } })).status, 403);
    assert.is((await ask(url, '/', { headers: form })).status, 200, 'a link to the page may be followed');
    assert.is(await opening(url, form), 403);
    assert.is(await opening(url, { origin: `http://${host}` }), 101);
    assert.is(await opening(url, { 'sec-fetch-site': 'same-origin' }), 101);
    assert.is(server.refusals.get('origin'), 3 * foreign.length + 2);
  }));

test('no path leads out of the page', () =>
  withPage({}, async ({ url, server }) => {
    const paths = [
      '/../package.json',
      '/assets/../../../package.json',
      '/%2e%2e/package.json',
      '/%2e%2e%2f%2e%2e%2fpackage.json',
      '/..%5c..%5cpackage.json',
      '/..\\package.json',
      '/assets%00/index.html',
      '/./index.html',
      '/%',
      'index.html',
      'http://127.0.0.1/index.html',
    ];
    for (const path of paths) assert.is((await ask(url, path)).status, 400, path);
    for (const path of ['//etc/passwd', '/etc/passwd', '/%252e%252e/package.json', '/.git/config']) {
      assert.is((await ask(url, path)).status, 404, path);
    }
    assert.ok((server.refusals.get('path') ?? 0) >= 8);
  }));

test.run();
