import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { NOTHING_KNOWN, withReport } from '#gps/clocks/gpsd-report.js';
import { GpsdClient } from '#src/station/gpsd-client.js';
import { peerTest } from '#test/support/peers.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('gpsd', 60_000);

const LINES = [
  '{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}',
  '{"class":"DEVICES","devices":[]}',
  '{"class":"TPV","mode":3,"time":"2026-08-14T00:00:10.000Z","lat":41.1711,"lon":-73.3275,"altHAE":12.5,"leapseconds":18}',
  '{"class":"SKY","satellites":[{"PRN":1,"used":true},{"PRN":2,"used":false},{"PRN":3,"used":true}]}',
  '{"class":"PPS","real_sec":1786665610,"real_nsec":0,"clock_sec":1786665609,"clock_nsec":999998500}',
  '{"class":"TOFF","real_sec":1786665610,"real_nsec":0,"clock_sec":1786665610,"clock_nsec":120000000}',
];
const ALL = LINES.reduce(withReport, NOTHING_KNOWN);

async function until(condition: () => boolean, limitMs = 20_000): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > limit) throw new Error('waited in vain');
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A server that does with each connection what the test says. */
async function serve(
  talk: (socket: Socket) => void,
): Promise<{ port: number; server: Server; end: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const end = () =>
    new Promise<void>((done) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => done());
    });
  return { port: (server.address() as { port: number }).port, server, end };
}

test('reports gather to a witness with fix, satellites, position and the offset of the pulse', () => {
  assert.equal(ALL, {
    version: '3.22',
    mode: 3,
    satellitesUsed: 2,
    satellitesSeen: 3,
    latitudeDeg: 41.1711,
    longitudeDeg: -73.3275,
    heightM: 12.5,
    ppsOffsetNs: 1_500n,
    messageOffsetNs: -120_000_000n,
    leapSeconds: 18,
    fixUtcNs: 1_786_665_610_000_000_000n,
    problem: null,
  });
  const lost = withReport(ALL, '{"class":"TPV","mode":1}');
  assert.equal([lost.mode, lost.latitudeDeg, lost.heightM], [1, null, null]);
});

test('hostile lines change nothing but the problem', () => {
  const random = randomOf(5);
  for (const line of ['', 'x', '[]', 'null', '7', '{"class":7}', '{"class":"TPV","mode":"3","lat":1e999,"lon":{}}']) {
    const { problem: _, ...state } = withReport(ALL, line);
    const { problem: __, ...before } = ALL;
    assert.equal(state, before, line);
  }
  for (let i = 0; i < 5_000; i++) {
    const line = LINES[i % LINES.length] as string;
    const at = Math.floor(random() * line.length);
    const broken = line.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 95)) + line.slice(at + 1);
    const state = withReport(ALL, broken);
    assert.ok(state.mode >= 0 && state.mode <= 3);
    assert.ok(state.latitudeDeg === null || Math.abs(state.latitudeDeg) <= 90);
  }
});

test('a client asks for reports, takes lines in pieces, and comes back when gpsd was away', async () => {
  let connections = 0;
  const asked: string[] = [];
  const { port, end } = await serve((socket) => {
    connections++;
    socket.setEncoding('utf8').on('data', (text: string) => asked.push(text));
    const all = `${LINES.join('\r\n')}\r\n`;
    socket.write(all.slice(0, 100));
    setTimeout(() => socket.write(all.slice(100)), 20);
    if (connections === 1) setTimeout(() => socket.destroy(), 200);
  });
  const client = new GpsdClient({ host: '127.0.0.1', port });
  await until(() => client.witness.mode === 3 && client.connected);
  assert.match(asked.join(), '?WATCH={"enable":true');
  await until(() => !client.connected);
  assert.match(client.witness.problem ?? '', 'closed the connection');
  assert.is(client.witness.mode, 0);
  await until(() => connections === 2 && client.witness.mode === 3);
  client.close();
  await end();
});

test('what is no gpsd is left, and where nothing listens the reason is said', async () => {
  const { port, end } = await serve((socket) => {
    socket.write('x'.repeat(200_000));
  });
  const client = new GpsdClient({ host: '127.0.0.1', port });
  await until(() => client.witness.problem !== null);
  assert.match(client.witness.problem ?? '', 'this is no gpsd');
  client.close();
  await end();
  const nobody = new GpsdClient({ host: '127.0.0.1', port });
  await until(() => nobody.witness.problem !== null);
  assert.match(nobody.witness.problem ?? '', 'ECONNREFUSED');
  nobody.close();
});

/** NMEA with its check sum. */
function nmea(body: string): string {
  let sum = 0;
  for (const char of body) sum ^= char.charCodeAt(0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

peerTest(
  test,
  ['gpsd', 'gpsfake'],
  'the real gpsd, fed with NMEA by gpsfake, is a witness with fix and position',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'appulse-gpsd-'));
    const log = join(folder, 'night.nmea');
    const sentences = Array.from({ length: 30 }, (_, second) => {
      const time = `0000${String(second).padStart(2, '0')}.00`;
      return [
        nmea(`GPGGA,${time},4110.2660,N,07319.6500,W,1,08,0.9,12.0,M,-33.0,M,,`),
        nmea(`GPRMC,${time},A,4110.2660,N,07319.6500,W,0.0,0.0,140826,,,A`),
        nmea('GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.5,0.9,1.2'),
      ].join('');
    });
    writeFileSync(log, sentences.join(''));
    const { port, end } = await serve(() => {});
    await end();
    // The program's own group, so that gpsd goes with gpsfake.
    const words = ['-q', '-P', String(port), '-c', '0.1', log];
    const fake = spawn('gpsfake', words, { stdio: 'ignore', detached: true, env: { ...process.env, TMPDIR: folder } });
    const ended = new Promise((done) => fake.once('exit', done));
    const client = new GpsdClient({ host: '127.0.0.1', port });
    try {
      // A report may tell the mode before the position of its second.
      await until(() => client.witness.mode === 3 && client.witness.latitudeDeg !== null, 30_000);
      const { latitudeDeg, longitudeDeg } = client.witness;
      assert.ok(Math.abs((latitudeDeg ?? 0) - 41.1711) < 1e-4, `latitude ${latitudeDeg}`);
      assert.ok(Math.abs((longitudeDeg ?? 0) + 73.3275) < 1e-4, `longitude ${longitudeDeg}`);
      assert.match(client.witness.version ?? '', /^3\./);
    } finally {
      client.close();
      try {
        process.kill(-(fake.pid ?? 0), 'SIGKILL');
      } catch {
        // It has ended already.
      }
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.run();
