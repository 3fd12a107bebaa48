/** Everything that a hostile client has, at once, against a station that records: it is refused, told once, and costs no frame. */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'msgpackr';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { readTruth, withFolder } from '#test/support/appulse.js';
import { startStation } from '#test/support/station-process.js';
import { suite } from '#test/support/test.js';
import { ask, closed, dial, exchange, until } from '#test/support/web-client.js';

const STATUS = '/api/v1/status';
const HALF_OPEN = 1_000;
const FLOOD = 1_500;
/** From where else on this machine it is asked whether the page is there for others: all of 127.0.0.0/8 is loopback. */
const OTHERS = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};
const FLOODER = process.platform === 'linux' ? { localAddress: '127.0.0.3' } : {};

const test = suite('abuse of a station that records', 120_000);

const HANDSHAKE =
  'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** Request lines as they go out, byte by byte. */
const PATHS = [
  '/../../../../etc/passwd',
  '/..%2f..%2f..%2fetc%2fpasswd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/%2E%2E%5Cappulse.sqlite',
  '/..\\..\\appulse.sqlite',
  '/assets/..%00/appulse.sqlite',
  '/api/v1/sessions/..%2f..%2fappulse.sqlite',
  '/api/v1/sessions/%2e%2e/frames/1/fits',
  '/%c0%ae%c0%ae/etc/passwd',
  '//etc/passwd',
  '/appulse.sqlite',
  '/sessions/',
  'file:///etc/passwd',
  'http://127.0.0.1/../appulse.sqlite',
];

async function paths(url: string): Promise<void> {
  for (const path of PATHS) {
    const answer = await exchange(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 40[04] /, path);
    assert.not.match(answer, /root:|SQLite format/, path);
  }
}

async function sizes(url: string): Promise<void> {
  assert.is((await ask(url, STATUS, { headers: { 'x-long': 'x'.repeat(20_000) } })).status, 431);
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ notes: 'x'.repeat(70_000) });
  assert.is((await ask(url, '/api/v1/trigger', { method: 'POST', headers: json, body })).status, 401);
  // Who may change nothing is refused before its body is read; one that says no length, and one that lies about it.
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const head = 'POST /api/v1/trigger HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  assert.match(await exchange(url, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`), /^HTTP\/1\.1 401/);
  assert.match(await exchange(url, `${head}Content-Length: 99999999999\r\n\r\n{`), /^HTTP\/1\.1 401/);
  assert.match(await exchange(url, `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`), /^HTTP\/1\.1 400/);
}

async function strangers(url: string): Promise<void> {
  for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
    const { status } = await ask(url, '/api/v1/trigger', { method: 'POST', headers, body: '{}' });
    assert.ok(status === 403 || status === 421, JSON.stringify(headers));
  }
}

/** How a WebSocket ends to which these bytes are sent. */
function endOf(url: string, send: (socket: WebSocket) => void): Promise<number> {
  return new Promise((done) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}live`);
    socket.on('open', () => send(socket));
    socket.on('error', () => {});
    socket.once('close', done);
  });
}

async function liars(url: string): Promise<void> {
  const nested = Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0xdd, 0x01, 0xff, 0xff, 0xff])));
  for (const message of ['text', nested, Buffer.from([0xc1]), pack({ kind: 'watch', camera: 1e12 })]) {
    assert.is(await endOf(url, (socket) => socket.send(message)), 1008);
  }
  assert.is(await endOf(url, (socket) => socket.send(Buffer.alloc(100_000))), 1009);
  // Unmasked, with reserved bits, of an unknown kind, a control frame in parts.
  for (const frame of [
    [0x82, 0x01, 0x00],
    [0xf2, 0x80, 0, 0, 0, 0],
    [0x83, 0x80, 0, 0, 0, 0],
    [0x09, 0x80, 0, 0, 0, 0],
  ]) {
    const bytes = Buffer.concat([Buffer.from(HANDSHAKE), Buffer.from(frame)]);
    assert.match(await exchange(url, bytes), /^HTTP\/1\.1 101/);
  }
  const flood = (socket: WebSocket) => {
    for (let i = 0; i < 1_000; i++) socket.ping();
  };
  assert.is(await endOf(url, flood), 1006);
}

/** Asks for the live picture and reads none of it. */
async function deaf(url: string): Promise<Socket> {
  const socket = await dial(url);
  socket.pause();
  const watch = pack({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
  // A mask of zeros leaves the bytes as they are.
  socket.write(Buffer.concat([Buffer.from(HANDSHAKE), Buffer.from([0x82, 0x80 | watch.length, 0, 0, 0, 0]), watch]));
  return socket;
}

async function halfOpen(url: string): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < HALF_OPEN; i += 100) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => dial(url)))));
  }
  // Every other says nothing, the rest drop one byte after the other of a request.
  const slow = sockets.filter((_, i) => i % 2 === 0);
  for (const socket of slow) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const drip = setInterval(() => {
    for (const socket of slow) if (!socket.destroyed) socket.write('x');
  }, 500);
  await Promise.all(sockets.map(closed));
  clearInterval(drip);
}

/** As many requests as go out; whether some were refused for their number, which a slow machine may not come to. */
async function flood(url: string): Promise<boolean> {
  const statuses: number[] = [];
  const one = () =>
    ask(url, STATUS, FLOODER).then(
      ({ status }) => status,
      () => 0,
    );
  for (let i = 0; i < FLOOD; i += 50) statuses.push(...(await Promise.all(Array.from({ length: 50 }, one))));
  assert.ok(statuses.includes(200));
  return statuses.includes(429);
}

test('what is refused is told once, others are served meanwhile, and no frame is lost', () =>
  withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const station = startStation('--camera', `sim:tiny?fps=20&truth=${truth}`, '--json');
    const url = new URL('/', await station.address).href;
    await station.says(' streams ');
    const listener = await deaf(url);
    for (const attack of [paths, sizes, strangers, liars]) await attack(url);
    let isOver = false;
    const attacks = Promise.all([halfOpen(url), flood(url)]).finally(() => {
      isOver = true;
    });
    attacks.catch(() => {});
    // Another address of this machine is served all the time.
    while (!isOver && process.platform === 'linux') {
      assert.is((await ask(url, STATUS, OTHERS)).status, 200);
      await sleep(100);
    }
    const [, isTooMany] = await attacks;
    listener.destroy();
    await until(async () => (await ask(url, STATUS).catch(() => null))?.status === 200);
    const { stdout, stderr } = await station.end();

    const { frames, packets } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      frames: Record<'received' | 'recorded' | 'indexed' | 'lost', number>;
      packets: Record<'missing' | 'late' | 'kernelDrops', number>;
    };
    assert.ok(frames.received > 20, JSON.stringify(frames));
    assert.equal([frames.recorded, frames.indexed], [frames.received, frames.received]);
    // A busy machine may hold up the simulated camera itself, which then leaves frames out and says so, or sends packets too late.
    const leftOut = readTruth(truth).filter(({ faults }) => faults.includes('overrun')).length;
    assert.is(frames.lost, leftOut);
    assert.is(packets.kernelDrops, 0);
    assert.ok(packets.missing <= packets.late, JSON.stringify(packets));

    const told = [...stderr.matchAll(/warning: page: refused ([^,]+),/g)].map(([, what]) => what);
    assert.equal(told.length, new Set(told).size, told.join());
    for (const kind of [
      'a path that leads out of the page',
      'a request that is too large',
      'a request for another host',
      'a request that a foreign page made',
      'a WebSocket message that is none of the page',
      'more WebSocket messages than a client may send',
      'more connections than a client may have',
      'a client that takes too long',
      ...(isTooMany ? ['more requests than a client may make'] : []),
    ]) {
      assert.ok(told.includes(kind), `${kind}: ${told.join()}`);
    }
    assert.match(stderr, /page: refused in all: /);
  }));

test.run();
