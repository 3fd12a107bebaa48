import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { loadSettings } from '#src/config/load.js';
import { PageToken } from '#src/servers/web/access/page-token.js';
import { openWebServer } from '#src/servers/web/open-web-server.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';
import { ask } from '#test/support/web-client.js';

const CAMERA = 'sim:tiny?fps=50';
const settings = (options: Record<string, unknown>) => loadSettings({ environment: {}, options }).values;
const SILENT = { log: () => {}, showToken: () => {} };

test('a page for other machines goes on with its station and ends with it', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: folder };
    const token = new PageToken(join(folder, 'appulse', 'page-token')).make();
    const data = join(folder, 'data');
    const words = ['station', '--camera', CAMERA, '--data', data, '--listen', '0.0.0.0', '--port', '0'];
    const station = startAppulse(words, { env });
    await Promise.all([station.says('page   http://'), station.says('streams')]);
    const status = await appulse(['status', '--data', data, '--json'], { env });
    const { url = '' } = status.json as { readonly url?: string };
    assert.match(url, /^http:\/\/[\d.]+:\d+\/$/);
    assert.not.match(url, '0.0.0.0');
    const here = `http://127.0.0.1:${new URL(url).port}/`;
    assert.is((await ask(here, '/api/v1/status')).status, 401);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await ask(here, '/api/v1/status', { headers });
    assert.is(answer.status, 200);
    assert.is(JSON.parse(answer.text).cameras.length, 1);
    const open = new WebSocket(`${here.replace('http', 'ws')}live`, { headers });
    await new Promise((done) => open.once('message', done));
    const goodbye = new Promise((done) => open.once('close', done));
    station.child.kill('SIGINT');
    assert.is(await goodbye, 1001);
    const { code, stderr } = await station.ended;
    assert.is(code, 0, stderr);
    assert.match(stderr, /without TLS/);
    assert.not.match(stderr, /^token/m);
  }));

test('a page that cannot be costs no frame', () =>
  withFolder(async (folder) => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    const run = (name: string, ...words: string[]) =>
      appulse(['station', '--camera', CAMERA, '--data', join(folder, name), '--frames', '5', ...words]);
    const [taken, off] = await Promise.all([run('taken', '--port', String(port)), run('off', '--page', 'false')]);
    other.close();
    for (const { code, stderr } of [taken, off]) assert.is(code, 0, stderr);
    assert.match(taken.stderr, `there is no page: another program listens at 127.0.0.1, port ${port}`);
    assert.not.match(off.stderr, /page/);
  }));

test('where other machines can come, a token is made once and shown once', () =>
  withFolder(async (folder) => {
    const { XDG_CONFIG_HOME: before } = process.env;
    process.env.XDG_CONFIG_HOME = folder;
    const station = new ImitatedStation();
    const shown: string[] = [];
    const told: string[] = [];
    const output = { log: (_: string, line: string) => told.push(line), showToken: (made: string) => shown.push(made) };
    try {
      for (const options of [{ 'web.listen': '0.0.0.0' }, { 'web.ask-token': 'always' }, {}]) {
        const page = await openWebServer(station, settings({ 'web.port': 0, ...options }), output);
        const here = `http://127.0.0.1:${new URL(page.url).port}/`;
        const isOpen = !('web.listen' in options) && !('web.ask-token' in options);
        assert.is((await ask(here, '/api/v1/status')).status, isOpen ? 200 : 401);
        const headers = { authorization: `Bearer ${shown[0]}` };
        assert.is((await ask(here, '/api/v1/status', { headers })).status, 200);
        await page.close();
      }
      assert.is(shown.length, 1);
      assert.is(told.filter((line) => line.includes('without TLS')).length, 1);
    } finally {
      if (before === undefined) delete process.env.XDG_CONFIG_HOME;
      else process.env.XDG_CONFIG_HOME = before;
      station.close();
    }
  }));

test('without a named port the next free one is taken; addresses that are none are told', async () => {
  const station = new ImitatedStation();
  const pages = [
    await openWebServer(station, settings({}), SILENT),
    await openWebServer(station, settings({}), SILENT),
  ];
  const ports = pages.map(({ url }) => Number(new URL(url).port));
  assert.ok(ports.every((port) => port >= 8_080 && port <= 8_179));
  assert.is.not(ports[0], ports[1]);
  await openWebServer(station, settings({ 'web.listen': '192.0.2.1' }), SILENT).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /192\.0\.2\.1 is no address of this machine/),
  );
  assert.throws(() => settings({ 'web.listen': 'dome' }), /an address of this machine/);
  for (const page of pages) await page.close();
  station.close();
});

test.run();
