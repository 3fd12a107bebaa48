import { pack, unpack } from 'msgpackr';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { FromPage, LiveFrame, ToPage } from '#src/servers/web/live/live-protocol.js';
import { MaximumHold } from '#src/servers/web/live/maximum-hold.js';
import { codePixels, decodePixels } from '#src/servers/web/live/pixel-code.js';
import { WebServer } from '#src/servers/web/web-server.js';
import { STILL, STILL_LAST_PACKET_NS, StillStation } from '#test/support/still-station.js';
import { test } from '#test/support/test.js';

/** A page's end of the WebSocket, without the page. */
class Client {
  readonly frames: LiveFrame[] = [];
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(new URL('live', url.replace('http', 'ws')));
    this.#socket.on('message', (data) => {
      const message = unpack(data as Buffer) as ToPage;
      if (message.kind !== 'frame') return;
      const { steps, others, ...told } = message;
      this.frames.push({ ...told, pixels: decodePixels({ steps, others }) });
    });
  }

  async open(): Promise<void> {
    await new Promise((done, failed) => this.#socket.once('open', done).once('error', failed));
  }

  send(message: FromPage): void {
    this.#socket.send(pack(message));
  }

  close(): void {
    this.#socket.terminate();
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function withClients(
  count: number,
  run: (station: StillStation, clients: readonly Client[]) => Promise<void>,
): Promise<void> {
  const station = new StillStation();
  const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
  const clients = Array.from({ length: count }, () => new Client(server.url));
  try {
    await Promise.all(clients.map((client) => client.open()));
    await run(station, clients);
  } finally {
    for (const client of clients) client.close();
    await server.close();
    station.close();
  }
}

test('a client gets the next frame when it has shown the one before, and then the newest', () =>
  withClients(2, async (station, [slow, quick]) => {
    assert.ok(slow !== undefined && quick !== undefined);
    for (const client of [slow, quick]) client.send({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
    for (const number of [1, 2, 3]) {
      station.show(number);
      await until(() => quick.frames.at(-1)?.number === number);
      quick.send({ kind: 'shown', camera: 0, number });
    }
    assert.equal(
      slow.frames.map(({ number }) => number),
      [1],
    );
    slow.send({ kind: 'shown', camera: 0, number: 1 });
    await until(() => slow.frames.length === 2);
    assert.is(slow.frames[1]?.number, 3);
    assert.is(station.reads, 3, 'a preview is read once for all clients');
  }));

test('previews are asked for while a client is ready for one, and not while one is under way to it', () =>
  withClients(2, async (station, [watching, silent]) => {
    assert.ok(watching !== undefined && silent !== undefined);
    await pause(100);
    assert.is(station.asked, 0, 'nobody watches');
    watching.send({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
    await until(() => station.asked > 0);
    station.show(1);
    await until(() => watching.frames.length === 1);
    const asked = station.asked;
    await pause(200);
    assert.is(station.asked, asked, 'the client has not shown its frame');
    watching.send({ kind: 'shown', camera: 0, number: 1 });
    await until(() => station.asked > asked);
    assert.is(silent.frames.length, 0);
  }));

test('a hold asks for every preview, whether its client is ready or not', () =>
  withClients(1, async (station, [client]) => {
    assert.ok(client !== undefined);
    client.send({ kind: 'watch', camera: 0, plane: 'maximum', holdSeconds: 10 });
    station.show(1);
    await until(() => client.frames.length === 1);
    const asked = station.asked;
    await until(() => station.asked > asked + 2);
  }));

test('a preview goes out when the station tells of it, with the time of its last packet', () =>
  withClients(1, async (station, [client]) => {
    assert.ok(client !== undefined);
    client.send({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
    await until(() => station.asked > 0);
    station.show(7);
    station.emit('preview', 0);
    await until(() => client.frames.length === 1);
    assert.is(client.frames[0]?.lastPacketUtcNs, String(STILL_LAST_PACKET_NS));
  }));

test('who begins to watch gets the newest preview at once, and does not wait for another', () =>
  withClients(1, async (station, [client]) => {
    assert.ok(client !== undefined);
    station.show(1);
    client.send({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
    await until(() => client.frames.length === 1);
    client.send({ kind: 'watch', camera: 0, plane: 'maximum', holdSeconds: 0 });
    await until(() => client.frames.length === 2);
    assert.equal(
      client.frames.map(({ number, plane }) => [number, plane]),
      [
        [1, 'mean'],
        [1, 'maximum'],
      ],
    );
  }));

test('a maximum hold misses no preview, however slow the client', () =>
  withClients(1, async (station, [client]) => {
    assert.ok(client !== undefined);
    client.send({ kind: 'watch', camera: 0, plane: 'maximum', holdSeconds: 3_600 });
    for (const number of [1, 2, 3, 4]) {
      const before = station.reads;
      station.show(number, number === 4 ? {} : { [number * 100]: 3_000 + number });
      await until(() => station.reads > before);
    }
    await until(() => client.frames.length === 1);
    client.send({ kind: 'shown', camera: 0, number: 1 });
    await until(() => client.frames.length === 2);
    const { number, plane, pixels } = client.frames[1] as LiveFrame;
    const held = new Uint16Array(new Uint8Array(pixels).buffer);
    assert.equal([number, plane, held.length], [4, 'maximum', STILL.width * STILL.height]);
    assert.equal([held[100], held[200], held[300]], [3_001, 3_002, 3_003]);
    client.send({ kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 });
    await until(() => client.frames.length === 3);
    assert.ok((new Uint16Array(new Uint8Array((client.frames[2] as LiveFrame).pixels).buffer)[100] ?? 0) < 300);
  }));

test('coded pixels are the same again, whatever they are, and those of a sky take half the bytes', () => {
  const same = (pixels: Uint16Array) => {
    const coded = codePixels(pixels);
    // As a message has it: anywhere in its bytes.
    const others = new Uint8Array([7, ...coded.others]).subarray(1);
    assert.equal(new Uint16Array(decodePixels({ ...coded, others }).buffer), pixels);
    return coded.steps.length + coded.others.length;
  };
  assert.is(same(new Uint16Array()), 0);
  same(Uint16Array.of(65_535, 0, 65_535, 127, 0, 128, 0, 129, 1, 65_535));
  same(Uint16Array.from({ length: 70_000 }, (_, i) => (i * 40_503) % 65_536));
  assert.is(same(Uint16Array.from({ length: 1_000 }, (_, i) => 100 + ((i * 7_919) % 25))), 1_000);
});

test('a hold forgets what is older than its seconds, keeps what is younger than 7/8 of them, and begins anew with another size', () => {
  const hold = new MaximumHold(8);
  assert.is(hold.plane().length, 0);
  const lit = (at: number) => Uint16Array.from({ length: 4 }, (_, i) => (i === at ? 9 : 1));
  hold.add(lit(0), 0);
  hold.add(lit(1), 900);
  hold.add(lit(2), 1_000);
  assert.equal([...hold.plane()], [9, 9, 9, 1]);
  hold.add(lit(3), 7_900);
  assert.equal([...hold.plane()], [9, 9, 9, 9]);
  hold.add(lit(3), 8_100);
  assert.equal([...hold.plane()], [1, 1, 9, 9]);
  hold.add(lit(3), 60_000);
  assert.equal([...hold.plane()], [1, 1, 1, 9]);
  hold.add(new Uint16Array(6), 60_100);
  assert.equal([...hold.plane()], [0, 0, 0, 0, 0, 0]);
});

test.run();
