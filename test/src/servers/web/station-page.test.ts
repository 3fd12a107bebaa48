import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { loadSettings } from '#src/config/load.js';
import { openWebServer } from '#src/servers/web/open-web-server.js';
import { appulse, startAppulse, withFolder } from '#test/support/appulse.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { test } from '#test/support/test.js';
import { ask } from '#test/support/web-client.js';

const CAMERA = 'sim:tiny?fps=50';
const atLoopback = (url: string) => `http://127.0.0.1:${new URL(url).port}/`;
const SILENT = { log: () => {}, showToken: () => {} };

test('a station for other machines shows its token once, its page goes on with it and ends with it', () =>
  withFolder(async (folder) => {
    const env = { XDG_CONFIG_HOME: join(folder, 'config') };
    const data = join(folder, 'data');
    const words = ['station', '--camera', CAMERA, '--data', data, '--listen', '0.0.0.0', '--port', '0'];
    const station = startAppulse([...words, '--json'], { env });
    await Promise.all([station.says('page   http://'), station.says('streams')]);
    const status = await appulse(['status', '--data', data, '--json'], { env });
    const { url = '' } = status.json as { readonly url?: string };
    assert.match(url, /^http:\/\/[\d.]+:\d+\/$/);
    assert.not.match(url, '0.0.0.0');
    const here = atLoopback(url);
    assert.is((await ask(here, '/api/v1/status')).status, 401);
    const watching = new WebSocket(`${here.replace('http', 'ws')}live`);
    await new Promise((done) => watching.once('error', done));
    assert.is((await appulse(['stop', '--data', data], { env })).code, 0);
    const { code, stderr } = await station.ended;
    assert.is(code, 0, stderr);
    const token = /^token {2}([\w-]{43}) /m.exec(stderr)?.[1];
    assert.ok(token, stderr);
    assert.match(stderr, /without TLS/);

    const again = startAppulse(words, { env });
    await Promise.all([again.says('page   http://'), again.says('streams')]);
    const now = await appulse(['status', '--data', data, '--json'], { env });
    const there = atLoopback((now.json as { url: string }).url);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await ask(there, '/api/v1/status', { headers });
    assert.is(answer.status, 200);
    assert.is(JSON.parse(answer.text).cameras.length, 1);
    const open = new WebSocket(`${there.replace('http', 'ws')}live`, { headers });
    await new Promise((done) => open.once('message', done));
    const goodbye = new Promise((done) => open.once('close', done));
    again.child.kill('SIGINT');
    assert.is(await goodbye, 1001);
    const ended = await again.ended;
    assert.is(ended.code, 0, ended.stderr);
    assert.not.match(ended.stderr, /^token/m);
  }));

test('a page that cannot be costs no frame', () =>
  withFolder(async (folder) => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    const run = (...words: string[]) => {
      const data = join(folder, words.join('').replace(/\W/g, ''));
      return appulse(['station', '--camera', CAMERA, '--data', data, '--frames', '5', ...words]);
    };
    const [taken, unreadable, off] = await Promise.all([
      run('--port', String(port)),
      run('--port', '0', '--certificate', join(folder, 'none.pem'), '--key', join(folder, 'none.key')),
      run('--page', 'false'),
    ]);
    for (const { code, stderr } of [taken, unreadable, off]) assert.is(code, 0, stderr);
    assert.match(taken.stderr, `there is no page: another program listens at 127.0.0.1, port ${port}`);
    assert.match(unreadable.stderr, /there is no page: .*none\.pem.* cannot be read/);
    assert.not.match(off.stderr, /page/);
    other.close();
  }));

test('without a named port the next free one is taken; addresses that are none are told', async () => {
  const station = new ImitatedStation();
  const settings = (options: Record<string, unknown>) => loadSettings({ environment: {}, options }).values;
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
