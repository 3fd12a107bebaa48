import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { encodeDiscovery } from '#pipeline/wire/gvcp.js';
import { parseGvspHeader } from '#pipeline/wire/gvsp.js';
import { APPULSE, SimulatorProcess, simulateToEnd } from '#test/support/simulator-process.js';
import { StreamClient } from '#test/support/stream-client.js';
import { test } from '#test/support/test.js';

const blocksOf = (client: StreamClient) => [
  ...new Set(client.datagrams.map((datagram) => Number(parseGvspHeader(datagram).blockId))),
];

test('a port in use is one clear line and exit code 1', async () => {
  const holder = createSocket('udp4');
  holder.bind(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address();
  const { code, errors } = await simulateToEnd(['tiny', '--port', String(port)]);
  holder.close();
  assert.is(code, 1);
  assert.match(errors, new RegExp(`^appulse: UDP port 127.0.0.1:${port} is in use: [^\n]*\n$`));
});

test('an address of another machine is one clear line and exit code 1', async () => {
  const { code, errors } = await simulateToEnd(['tiny', '--address', '192.0.2.1', '--port', '0']);
  assert.is(code, 1);
  assert.match(errors, /^appulse: [^\n]*192\.0\.2\.1[^\n]*\n$/);
});

test('a truth file that cannot be written is one clear line and exit code 1', async () => {
  const { code, errors } = await simulateToEnd(['tiny', '--port', '0', '--truth', '/nonexistent/truth.ndjson']);
  assert.is(code, 1);
  assert.match(errors, /^appulse: the truth file [^\n]*\n$/);
});

test('wrong usage is one clear line and exit code 2', async () => {
  const wrong = [
    ['qhy999'],
    ['tiny', '--fps', '5000'],
    ['tiny', '--format', 'YUV422_8'],
    ['tiny', '--origin', 'yesterday'],
  ];
  for (const args of wrong) {
    const { code, errors } = await simulateToEnd(args);
    assert.is(code, 2, args.join(' '));
    assert.match(errors, /^appulse: [^\n]*\n$/);
  }
});

test('a wrong fault is one clear line that says what can be written, and exit code 2', async () => {
  for (const [fault, allowed] of [
    ['nonsense@4', 'choose lock-loss, holding, '],
    ['stale@5:9', 'B must be a whole number from 1 to 5; write stale@N:B[:instead|again[:COUNT]]'],
    ['all-zero', 'write all-zero@N[:COUNT]'],
    ['lock-loss@3:5:6', "'6' is too much; write lock-loss[@FIRST[:COUNT]]"],
  ] as const) {
    const { code, errors } = await simulateToEnd(['tiny', '--fault', fault]);
    assert.is(code, 2, fault);
    assert.match(errors, /^appulse: [^\n]*\n$/);
    assert.ok(errors.includes(`--fault ${fault}: `) && errors.includes(allowed), errors);
  }
});

test('several cameras stand on consecutive ports or on several addresses', async () => {
  const free = createSocket('udp4');
  free.bind(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  free.close();
  const ports = await SimulatorProcess.start(['tiny', '--port', String(port), '--count', '3']);
  const addresses = await SimulatorProcess.start([
    ...['tiny', '--port', String(port + 3), '--address', '127.0.0.1', '--address', '127.0.0.2'],
  ]);
  try {
    assert.equal(
      ports.cameras.map((camera) => camera.port),
      [port, port + 1, port + 2],
    );
    assert.equal(
      addresses.cameras.map((camera) => `${camera.address}:${camera.port}`),
      [`127.0.0.1:${port + 3}`, `127.0.0.2:${port + 3}`],
    );
    assert.is(new Set(ports.cameras.map((camera) => camera.serial)).size, 3);
    const clients = await Promise.all(
      [...ports.cameras, ...addresses.cameras].map((camera) => StreamClient.open(camera)),
    );
    await Promise.all(clients.map((client) => client.start(9000)));
    await Promise.all(clients.map((client) => client.until((datagrams) => datagrams.length > 100)));
    assert.ok(clients.every((client) => client.datagrams.length > 100));
    for (const client of clients) client.close();
  } finally {
    assert.is(await ports.stop(), 0);
    assert.is(await addresses.stop(), 0);
  }
});

test('it ends with its parent, even in mid-stream and when the parent is killed', async () => {
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const child = require('child_process').spawn(process.execPath, ${JSON.stringify([
        ...[APPULSE, 'simulate', 'tiny', '--port', '0', '--exit-with-parent'],
      ])}, { stdio: ['pipe', 'pipe', 'ignore'] });
       child.stdout.once('data', (data) => console.log(JSON.stringify({ pid: child.pid, ready: JSON.parse(data) })));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { pid, ready } = JSON.parse(String(line));
  const client = await StreamClient.open(ready.cameras[0]);
  await client.start();
  await client.until((datagrams) => datagrams.length > 10);
  parent.kill('SIGKILL');
  const alive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 100 && alive(); i++) await delay(50);
  client.close();
  assert.not.ok(alive());
});

test('signals end it with code 0; one that a session started outlives those of the terminal', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const simulator = await SimulatorProcess.start(['tiny', '--port', '0'], [], true);
    const exit = once(simulator.child, 'exit');
    simulator.child.kill(signal);
    assert.equal(await exit, [0, null]);
  }
  const started = await SimulatorProcess.start(['tiny', '--port', '0']);
  started.child.kill('SIGINT');
  started.child.kill('SIGHUP');
  await delay(100);
  assert.is(started.child.exitCode, null);
  const exit = once(started.child, 'exit');
  started.child.kill('SIGTERM');
  assert.equal(await exit, [0, null]);
});

test('a device that vanishes for good sends its frames, falls silent and ends with code 0', async () => {
  const simulator = await SimulatorProcess.start(['tiny', '--port', '0', '--fps', '200', '--vanish-after', '15']);
  const client = await StreamClient.open(simulator.camera);
  const exit = once(simulator.child, 'exit');
  await client.start(9000);
  assert.equal(await exit, [0, null]);
  await delay(100);
  assert.equal(
    blocksOf(client),
    Array.from({ length: 15 }, (_, i) => i + 1),
  );
  assert.match(simulator.log, /vanished for good behind frame 15/);
  client.close();
});

test('a device that vanishes for a while comes back, free for a new controller', async () => {
  const args = ['tiny', '--port', '0', '--fps', '200', '--vanish-after', '10:1500'];
  const simulator = await SimulatorProcess.start(args);
  const client = await StreamClient.open(simulator.camera);
  try {
    await client.start(9000);
    await client.until((datagrams) => datagrams.some((datagram) => parseGvspHeader(datagram).blockId === 10n));
    await delay(300);
    assert.is(blocksOf(client).length, 10);
    assert.is(await client.ask(encodeDiscovery(client.requestId)), null);
    await delay(1500);
    assert.is(await client.read(0x0a00), 0);
    client.datagrams.length = 0;
    await client.start(9000);
    await client.until((datagrams) => datagrams.some((datagram) => parseGvspHeader(datagram).blockId === 20n));
    assert.ok(blocksOf(client).length >= 20);
  } finally {
    client.close();
    assert.is(await simulator.stop(), 0);
  }
});

test.run();
