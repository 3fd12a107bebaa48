import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'msgpackr';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { readFlatMessage } from '#src/servers/web/live/flat-message.js';
import { test } from '#test/support/test.js';
import { ask, closed, dial, exchange, type Served, until, withPage } from '#test/support/web-client.js';

const STATUS = '/api/v1/status';
const HANDSHAKE = [
  'GET /live HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '',
  '',
].join('\r\n');

function live(url: string): Promise<WebSocket> {
  return new Promise((done, failed) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}live`);
    socket.once('open', () => done(socket));
    socket.on('error', failed);
  });
}

/** The code with which the server ends what `send` begins; 1006 where it says nothing. */
async function endOf(url: string, send: (socket: WebSocket) => void): Promise<number> {
  const socket = await live(url);
  socket.removeAllListeners('error').on('error', () => {});
  const code = new Promise<number>((done) => socket.once('close', done));
  send(socket);
  return code;
}

/** Resolves when a page gets pictures. */
async function isLive({ url }: Served): Promise<void> {
  const socket = await live(url);
  const got = new Promise<void>((done) => {
    socket.on('message', (data: Buffer) => {
      if (data.byteLength > 100_000) done();
    });
  });
  socket.send(pack({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 }));
  await got;
  socket.terminate();
}

test('a thousand half-open sockets are bounded, leave others their place, and end by themselves', () =>
  withPage({ limits: { headersMs: 2_000, requestMs: 4_000, connectionsPerAddress: 40 } }, async ({ url, server }) => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 1_000; i += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => dial(url)))));
    }
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow');
    if (process.platform === 'linux') {
      // All of 127.0.0.0/8 is this machine.
      assert.is((await ask(url, STATUS, { localAddress: '127.0.0.2' })).status, 200);
    }
    await Promise.all(sockets.map(closed));
    assert.ok((server.refusals.get('connections') ?? 0) >= 900);
    assert.is((await ask(url, STATUS)).status, 200);
  }));

test('who takes too long for headers or a body is cut off', () =>
  withPage({ limits: { headersMs: 200, requestMs: 500 } }, async ({ url, server, mayChange }) => {
    const silent = await dial(url);
    const [head, body] = await Promise.all([
      exchange(url, 'GET / HTTP/1.1\r\nHost: local'),
      exchange(
        url,
        `POST /api/v1/mark HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${mayChange.authorization}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
      ),
      closed(silent),
    ]);
    assert.match(head, /^HTTP\/1\.1 408/);
    assert.match(body, /^HTTP\/1\.1 (408|404)/);
    assert.ok((server.refusals.get('slow') ?? 0) >= 2);
  }));

test('headers, bodies and rates beyond the limits are refused', () =>
  withPage({ limits: { requestsAtOnce: 8, requestsPerSecond: 0.001 } }, async ({ url, server }) => {
    const long = { 'x-long': 'x'.repeat(20_000) };
    assert.is((await ask(url, STATUS, { headers: long })).status, 431);
    assert.match(await exchange(url, '\x16\x03\x01 this is no HTTP\r\n\r\n'), /^HTTP\/1\.1 400/);
    assert.match(await exchange(url, 'GET / HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400/);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url, STATUS)));
    assert.is(answers.filter(({ status }) => status === 200).length, 8);
    const refused = answers.find(({ status }) => status === 429);
    assert.is(refused?.headers['retry-after'], '1');
    assert.is(server.refusals.get('rate'), 12);
    assert.is(server.refusals.get('size'), 1);
    assert.ok((server.refusals.get('malformed') ?? 0) >= 1);
  }));

test('a WebSocket client that sends what is no message of the page is cut off, and the others go on', () =>
  withPage({}, async (served) => {
    const { url, server } = served;
    const bad: (Uint8Array | string)[] = [
      'text',
      Buffer.alloc(0),
      Buffer.from([0xc1]),
      // An array that says to have 33,554,431 entries, 200 times in itself.
      Buffer.concat(Array.from({ length: 200 }, () => Buffer.from([0xdd, 0x01, 0xff, 0xff, 0xff]))),
      // A map that says to be as long.
      Buffer.from([0xdf, 0x01, 0xff, 0xff, 0xff, 0xa1, 0x61, 0x01]),
      Buffer.from([0x81, 0xa4, 0x6b, 0x69]),
      pack({ kind: 'watch', camera: [0], plane: 'mean', holdSeconds: 0 }),
      pack({ kind: 'watch', camera: 1e9, plane: 'mean', holdSeconds: 0 }),
      pack({ kind: 'erase' }),
    ];
    for (const message of bad) assert.is(await endOf(url, (socket) => socket.send(message)), 1008, String(message));
    assert.is(await endOf(url, (socket) => socket.send(Buffer.alloc(5_000))), 1009);
    await exchange(url, `${HANDSHAKE}\xff\xff\xff\xff no frame at all`);
    await until(() => (server.refusals.get('websocket-message') ?? 0) === bad.length + 2);
    await isLive(served);
  }));

test('a WebSocket client that floods is cut off', () =>
  withPage({ limits: { webSocketMessagesAtOnce: 20, webSocketMessagesPerSecond: 0.001 } }, async (served) => {
    const shown = pack({ kind: 'shown', camera: 0, number: 1 });
    const flood = (send: (socket: WebSocket) => void) =>
      endOf(served.url, (socket) => {
        for (let i = 0; i < 500; i++) send(socket);
      });
    assert.is(await flood((socket) => socket.send(shown)), 1006);
    assert.is(await flood((socket) => socket.ping()), 1006);
    assert.is(await flood((socket) => socket.pong()), 1006);
    assert.is(served.server.refusals.get('websocket-rate'), 3);
    await isLive(served);
  }));

test('a WebSocket client that never reads is cut off, one that reads stays', () =>
  withPage({ limits: { pingMs: 100, missedPings: 8 } }, async (served) => {
    const { url, server } = served;
    const reader = await live(url);
    const deaf = await dial(url);
    deaf.pause();
    deaf.write(HANDSHAKE);
    await until(() => server.refusals.get('websocket-stuck') === 1);
    deaf.destroy();
    await sleep(200);
    assert.is(reader.readyState, WebSocket.OPEN);
    reader.terminate();
    await isLive(served);
  }));

test('there are no more WebSocket clients than there may be', () =>
  withPage({ limits: { webSockets: 2 } }, async ({ url, server }) => {
    const both = [await live(url), await live(url)];
    const refused = await live(url).then(
      () => '',
      (error: Error) => error.message,
    );
    assert.match(refused, /503/);
    assert.is(server.refusals.get('websocket-clients'), 1);
    for (const socket of both) socket.terminate();
    await until(() =>
      live(url).then(
        (socket) => {
          socket.terminate();
          return true;
        },
        () => false,
      ),
    );
  }));

test('what the page says is read as it was packed, and nothing else is read at all', () => {
  const said = { kind: 'watch', camera: 63, plane: 'maximum', holdSeconds: 12.5, far: -40_000, on: true, off: null };
  assert.equal(readFlatMessage(pack(said)), said);
  assert.equal(readFlatMessage(pack({ number: 4_000_000_000, long: 'x'.repeat(200) })), {
    number: 4_000_000_000,
    long: 'x'.repeat(200),
  });
  for (const other of [
    [],
    1,
    'text',
    { list: [] },
    { map: {} },
    { big: 2n ** 60n },
    { bytes: new Uint8Array(2) },
    null,
  ]) {
    assert.is(readFlatMessage(pack(other)), null);
  }
  const bytes = pack(said);
  for (let length = 0; length < bytes.byteLength; length++) {
    assert.is(readFlatMessage(bytes.subarray(0, length)), null, `cut to ${length} bytes`);
  }
  assert.is(readFlatMessage(Buffer.concat([bytes, Buffer.alloc(1)])), null);
});

test.run();
