import { spawn } from 'node:child_process';
import { get, type IncomingMessage } from 'node:http';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { WebServer } from '#src/servers/web/web-server.js';
import { ImitatedStation } from '#test/support/imitated-station.js';
import { peerTest } from '#test/support/peers.js';
import { StillStation } from '#test/support/still-station.js';
import { test } from '#test/support/test.js';

async function withServer(station: ImitatedStation, run: (url: string) => Promise<void>): Promise<void> {
  const server = await WebServer.open({ station, dataFolders: [], host: '127.0.0.1', port: 0 });
  try {
    await run(server.url);
  } finally {
    await server.close();
    station.close();
  }
}

const answerOf = (url: string) =>
  new Promise<IncomingMessage>((done, failed) => get(url, { agent: false }, done).once('error', failed));

/** The parts of a stream as they come: their frame numbers and pictures. */
async function* partsOf(answer: IncomingMessage): AsyncGenerator<{ readonly number: number; readonly jpeg: Buffer }> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of answer) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      const head = bytes.subarray(0, Math.max(0, end)).toString();
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? Number.NaN);
      if (end < 0 || !(bytes.length >= end + 4 + length + 2)) break;
      assert.match(head, /^--appulse-picture\r\ncontent-type: image\/jpeg\r\n/);
      const number = Number(/x-appulse-frame: (\d+)/.exec(head)?.[1]);
      yield { number, jpeg: bytes.subarray(end + 4, end + 4 + length) };
      bytes = bytes.subarray(end + 4 + length + 2);
    }
  }
}

async function next<T>(parts: AsyncGenerator<T>): Promise<T> {
  const { value, done } = await parts.next();
  if (done === true) throw new Error('the stream ended');
  return value;
}

peerTest(test, ['ffmpeg'], 'ffmpeg reads the stretched preview', () =>
  withServer(new ImitatedStation(), async (url) => {
    const source = `${url}live.mjpg?camera=0&stretch=auto&width=300`;
    const output = ['-frames:v', '3', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
    const ffmpeg = spawn('ffmpeg', ['-nostdin', '-v', 'error', '-i', source, ...output], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let told = '';
    ffmpeg.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    ffmpeg.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const code = await new Promise((done) => ffmpeg.once('close', done));
    assert.is(code, 0, told);
    const pixels = Buffer.concat(chunks);
    assert.is(pixels.length, 3 * 300 * 200, told);
    const sorted = [...pixels.subarray(0, 300 * 200)].sort((a, b) => a - b);
    // The sky at 0.2 of white, the brightest stars far above it.
    assert.ok(Math.abs((sorted[30_000] ?? 0) - 51) < 8, `the sky is ${sorted[30_000]}`);
    assert.ok((sorted.at(-1) ?? 0) > 180, `the brightest is ${sorted.at(-1)}`);
  }),
);

test('readers share a picture, get the newest, and one that does not read holds nobody up', async () => {
  const station = new StillStation();
  await withServer(station, async (url) => {
    const source = `${url}live.mjpg?stretch=linear`;
    const [one, other, stuck] = await Promise.all([answerOf(source), answerOf(source), answerOf(source)]);
    assert.is(one.headers['transfer-encoding'], undefined, 'readers of pictures need not know chunks');
    stuck.pause();
    const [first, second] = [partsOf(one), partsOf(other)];
    for (const number of [1, 2, 3]) {
      station.show(number);
      const [a, b] = [await next(first), await next(second)];
      assert.equal([a.number, b.number], [number, number]);
      assert.ok(a.jpeg.equals(b.jpeg));
      const { width, height, space } = await sharp(a.jpeg).metadata();
      assert.equal([width, height, space], [60, 40, 'b-w']);
    }
    const late = partsOf(await answerOf(source));
    assert.is((await next(late)).number, 3, 'one who comes later sees a picture at once');
    for (const answer of [one, other, stuck]) answer.destroy();
    await late.return(undefined);
  });
});

test('a query that means nothing and a camera that is not there are refused', () =>
  withServer(new ImitatedStation(), async (url) => {
    for (const [query, status, code] of [
      ['stretch=pretty', 400, 'usage.request'],
      ['width=100000', 400, 'usage.request'],
      ['strech=linear', 400, 'usage.request'],
      ['camera=-1', 400, 'usage.request'],
      ['camera=7', 404, 'live.not-found'],
    ] as const) {
      const answer = await fetch(`${url}live.mjpg?${query}`);
      assert.is(answer.status, status, query);
      assert.is(((await answer.json()) as { error: { code: string } }).error.code, code);
    }
  }));

test.run();
