import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type Receiver, type ReceiverKind, type ReceiverOptions } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import { TestDevice } from '#test/support/gvsp-device.js';
import { framePackets } from '#test/support/gvsp-stream.js';
import { peerTest, SKIP_MARK } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const SHAPE = { width: 1000, height: 200, dataBytes: 8964 };
const ring = () => Ring.create({ payloadBytes: 200_000, slots: 4, maxPayloadPackets: 200 });

function open(kind: ReceiverKind, more: Partial<ReceiverOptions>, onReady = () => {}): Promise<Receiver> {
  const options = {
    ring: ring().handle,
    bindAddress: '127.0.0.1',
    deviceAddress: '127.0.0.1',
    gvcpPort: 9,
    streamChannel: 0,
    payloadBytes: 200_000,
    packetDataBytes: SHAPE.dataBytes,
    policy: DEFAULT_POLICY,
    socketBufferBytes: 2 ** 17,
    ...more,
  };
  return openReceiver(kind, options, onReady);
}

/** The kernel's word on the receive thread of this process: where it may run, its scheduling class and priority. */
function receiveThread(): { cpus: string; policy: number; priority: number } {
  for (const task of readdirSync('/proc/self/task')) {
    const folder = `/proc/self/task/${task}`;
    if (readFileSync(`${folder}/comm`, 'utf8').trim() !== 'appulse-receive') continue;
    const cpus = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1] ?? '';
    const stat = readFileSync(`${folder}/stat`, 'utf8');
    // proc(5): fields 40 and 41; the first two hold the name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { cpus, policy: Number(fields[41 - 3]), priority: Number(fields[40 - 3]) };
  }
  throw new Error('there is no receive thread');
}

const SCHED_FIFO = 1;

test('a receiver without a thread of its own says that pinning and priority are ignored', async () => {
  const receiver = await open('dgram', { receiveCpu: 0, realtimePriority: 20 });
  await receiver.stop();
  assert.is(receiver.warnings.filter((line) => line.includes('needs the native receiver')).length, 2);
});

if (nativeAddon()?.NativeReceiver === undefined) {
  process.stdout.write(`${SKIP_MARK} the native receive thread (${nativeAddonReason() || 'it needs Linux'})\n`);
} else {
  test('the receive thread stays on the CPU that was asked for, and Node keeps all of them', async () => {
    const before = availableParallelism();
    for (let cpu = 0; cpu < Math.min(2, before); cpu++) {
      const receiver = await open('native', { receiveCpu: cpu });
      const { cpus, policy } = receiveThread();
      await receiver.stop();
      assert.is(cpus, String(cpu));
      assert.is(policy, 0);
      assert.equal(
        receiver.warnings.filter((line) => line.includes('pinned')),
        [],
      );
    }
    assert.is(availableParallelism(), before);
  });

  test('a CPU that is not there is a warning that names those that are, and the receiver receives', async () => {
    const receiver = await open('native', { receiveCpu: 1023 });
    const { cpus } = receiveThread();
    await receiver.stop();
    assert.is.not(cpus, '1023');
    const warning = receiver.warnings.find((line) => line.includes('not pinned to CPU 1023')) ?? '';
    assert.match(warning, /this process may use [\d,-]+/);
  });

  peerTest(test, ['root'], 'the receive thread runs under SCHED_FIFO with the priority asked for', async () => {
    const receiver = await open('native', { receiveCpu: 0, realtimePriority: 37 });
    const thread = receiveThread();
    await receiver.stop();
    assert.equal(thread, { cpus: '0', policy: SCHED_FIFO, priority: 37 });
  });

  peerTest(test, ['root'], 'without the right to SCHED_FIFO there is a warning with the line that gives it', () => {
    const program = `
      const { openReceiver } = await import(${JSON.stringify(import.meta.resolve('#pipeline/receive/open-receiver.js'))});
      const { Ring } = await import(${JSON.stringify(import.meta.resolve('#pipeline/ring/ring.js'))});
      const { nativeAddon } = await import(${JSON.stringify(import.meta.resolve('#pipeline/native/addon.js'))});
      nativeAddon();
      process.setgid(65534);
      process.setuid(65534);
      const ring = Ring.create({ payloadBytes: 200000, slots: 4, maxPayloadPackets: 200 });
      const policy = ${JSON.stringify(DEFAULT_POLICY)};
      const receiver = await openReceiver('native', { ring: ring.handle, bindAddress: '127.0.0.1', deviceAddress: '',
        gvcpPort: 9, streamChannel: 0, payloadBytes: 200000, packetDataBytes: 8964, policy,
        socketBufferBytes: 4096, realtimePriority: 20 }, () => {});
      console.log(JSON.stringify(receiver.warnings));
      await receiver.stop();`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    assert.is(done.status, 0, done.stderr);
    const [warning = ''] = JSON.parse(done.stdout) as string[];
    assert.match(warning, /instead of SCHED_FIFO 20: it is not permitted/);
    assert.match(warning, / - rtprio 20' \| sudo tee \/etc\/security\/limits\.d\/appulse\.conf/);
    assert.match(warning, /LimitRTPRIO=20/);
  });

  test('a process that is held up in mid-frame loses nothing that waits in the socket', async () => {
    for (const useGro of [true, false]) {
      const filled = ring();
      const device = await TestDevice.open();
      const receiver = await open('native', {
        ring: filled.handle,
        deviceAddress: device.address,
        // Longer than a helper takes to start on a busy machine.
        policy: { ...DEFAULT_POLICY, resend: false, retentionNs: 600_000_000 },
        socketBufferBytes: 4 * 2 ** 20,
        useGro,
      });
      device.aim(receiver.port);
      const packets = framePackets({ block: 1, ...SHAPE });
      const half = packets.length >> 1;
      await device.send(...packets.slice(0, half));
      await sleep(20);
      // Another process stops this one, sends the rest meanwhile, and lets it go on after twice the retention.
      const rest = packets.slice(half).map((packet) => packet?.toString('base64'));
      const helper = `
        const [parent, port, from, ...rest] = process.argv.slice(1);
        const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true });
        socket.bind(0, from, () => {
          process.kill(+parent, 'SIGSTOP');
          setTimeout(() => {
            for (const packet of rest) socket.send(Buffer.from(packet, 'base64'), +port, '127.0.0.1');
            setTimeout(() => { process.kill(+parent, 'SIGCONT'); socket.close(); }, 1200);
          }, 10);
        });`;
      const words = [String(process.pid), String(receiver.port), device.address, ...rest.map(String)];
      const child = spawn(process.execPath, ['-e', helper, ...words], { stdio: 'inherit' });
      await new Promise((resolve) => child.once('exit', resolve));
      await sleep(50);
      await receiver.stop();
      device.close();
      const { framesComplete, framesIncomplete } = filled.counters();
      assert.equal({ useGro, framesComplete, framesIncomplete }, { useGro, framesComplete: 1, framesIncomplete: 0 });
    }
  });
}

test.run();
