/** Who may not come in, as a browser has it: without the token, from a page of another origin, by a name that was bent to lead here. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { withFolder } from '#test/support/appulse.js';
import { TestBrowser } from '#test/support/browser.js';
import { peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';
import { until, withPage } from '#test/support/web-client.js';

const test = suite('strangers at the station page');
const browser = new TestBrowser(test);

peerTest(
  test,
  ['chromium'],
  'a browser without the token comes to a form, which says when it is wrong and opens when it is right',
  () =>
    withFolder((folder) => {
      const token = new PageToken(join(folder, 'appulse', 'page-token'));
      const secret = token.make();
      return withPage({ token, asking: 'everything' }, ({ url, server }) =>
        browser.open(url, async (page, faults) => {
          assert.is(new URL(page.url()).pathname, '/login');
          assert.is(await page.evaluate(`(${OPEN_SOCKET})('${url.replace('http', 'ws')}live')`), 'refused');
          assert.is(await page.evaluate(`fetch('/api/v1/status').then(({ status }) => status)`), 401);
          const field = page.getByLabel('Token');
          assert.is(await field.evaluate((input) => input.matches(':focus')), true);
          await page.keyboard.type('a guess');
          await page.keyboard.press('Enter');
          await page.getByRole('alert').waitFor();
          assert.match(await page.getByRole('alert').innerText(), /token/);
          assert.is(await field.inputValue(), '', 'what was typed is not given back');
          assert.is(server.refusals.get('token'), 1);
          const before = faults.length;
          await field.fill(secret);
          await page.keyboard.press('Enter');
          await page.locator('.picture canvas[data-frame]').waitFor();
          assert.not(page.url().includes(secret));
          assert.is(await page.evaluate('document.cookie'), '', 'no script gets the cookie');
          assert.equal(faults.slice(before), []);
        }),
      );
    }),
);

const OPEN_SOCKET = `(address) => new Promise((done) => {
  const socket = new WebSocket(address);
  socket.onopen = () => done('open');
  socket.onerror = () => done('refused');
})`;

/** What a page of others can try with a browser of the observer: each tells 'got' where something came back that it could use. */
const ATTEMPTS = `async (url) => {
  const told = async (what) => { try { return await what(); } catch { return 'refused'; } };
  const body = JSON.stringify({ name: 'of a stranger' });
  const frame = document.createElement('iframe');
  frame.src = url;
  document.body.append(frame);
  await new Promise((done) => { frame.onload = done; });
  const image = new Image();
  const shown = new Promise((done) => { image.onload = () => done('got'); image.onerror = () => done('refused'); });
  image.src = url + 'icon.svg';
  return {
    read: await told(async () => (await fetch(url + 'api/v1/status')).ok ? 'got' : 'refused'),
    blind: await told(async () => (await fetch(url + 'api/v1/sessions', { method: 'POST', mode: 'no-cors', body }), 'got')),
    write: await told(async () => (await fetch(url + 'api/v1/sessions', { method: 'POST', body, headers: { 'content-type': 'application/json' } })).ok ? 'got' : 'refused'),
    image: await shown,
    framed: await told(async () => (frame.contentDocument === null ? 'refused' : frame.contentDocument.title)),
    socket: await new Promise((done) => {
      const socket = new WebSocket(url.replace('http', 'ws') + 'live');
      socket.onopen = () => done('got');
      socket.onerror = () => done('refused');
    }),
  };
}`;

/** A page of somebody else, at a port of its own. */
async function withOtherPage(work: (port: number) => Promise<void>): Promise<void> {
  const other = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>another</title><p>Look here.</p>');
  });
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  try {
    await work((other.address() as AddressInfo).port);
  } finally {
    other.closeAllConnections();
    await new Promise((done) => other.close(done));
  }
}

peerTest(
  test,
  ['chromium'],
  'a page of another origin gets nothing, changes nothing and hears nothing; it is told once',
  () =>
    withPage({}, ({ url, server, station, lines }) =>
      withOtherPage(async (port) => {
        // Another port is another origin of the same site; another name is another site.
        for (const host of ['127.0.0.1', 'localhost']) {
          await browser.open(`http://${host}:${port}/`, async (page) => {
            const before = server.refusals.get('origin') ?? 0;
            const got = (await page.evaluate(`(${ATTEMPTS})(${JSON.stringify(url)})`)) as Record<string, string>;
            assert.equal(got, {
              read: 'refused',
              blind: 'refused',
              write: 'refused',
              image: 'refused',
              framed: 'refused',
              socket: 'refused',
            });
            assert.ok((server.refusals.get('origin') ?? 0) >= before + 4);
          });
        }
        assert.is(station.session, null);
        assert.is(lines.filter((line) => line.includes('foreign page')).length, 1);
      }),
    ),
);

peerTest(test, ['chromium'], 'a name of others that was bent to lead here opens nothing', () =>
  withPage({}, ({ url, server, lines }) =>
    browser.open(url.replace('127.0.0.1', 'bent.example'), async (page) => {
      assert.match(await page.locator('body').innerText(), /this page is not called bent\.example/);
      assert.is(await page.evaluate(`fetch('/api/v1/status').then(({ status }) => status)`), 421);
      await until(() => (server.refusals.get('host') ?? 0) >= 2);
      assert.is(lines.filter((line) => line.includes('another host')).length, 1);
    }),
  ),
);

test.run();
