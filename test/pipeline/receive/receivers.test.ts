import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { rawThread } from '#pipeline/receive/raw-thread.js';
import { DEFAULT_POLICY, type Receiver, type ReceiverKind, type ReceiverOptions } from '#pipeline/receive/receiver.js';
import { Ring, type RingEvent } from '#pipeline/ring/ring.js';
import { TestDevice } from '#test/support/gvsp-device.js';
import { framePackets, framePayload, seededRandom } from '#test/support/gvsp-stream.js';
import { PYTHON, peerTest, SKIP_MARK } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const SHAPE = { width: 1000, height: 200, dataBytes: 8964 };
const PAYLOAD_BYTES = SHAPE.width * SHAPE.height;
const PACKETS = Math.ceil(PAYLOAD_BYTES / SHAPE.dataBytes);
const noResend = { ...DEFAULT_POLICY, resend: false };

/** A receiver, the device it listens to, and the frames it hands over. */
class Stand {
  wakes = 0;
  readonly ring: Ring;
  readonly device: TestDevice;
  readonly receiver: Receiver;
  #wake = () => {};

  private constructor(ring: Ring, device: TestDevice, receiver: Receiver) {
    this.ring = ring;
    this.device = device;
    this.receiver = receiver;
  }

  static async open(kind: ReceiverKind, more: Partial<ReceiverOptions> & { slots?: number } = {}): Promise<Stand> {
    const ring = Ring.create({
      payloadBytes: PAYLOAD_BYTES,
      slots: more.slots ?? 16,
      maxPayloadPackets: Math.ceil(PAYLOAD_BYTES / 1000),
    });
    for (let slot = 0; slot < ring.slots; slot++) ring.payload(slot).fill(0xee);
    const device = await TestDevice.open();
    const hold: { stand?: Stand } = {};
    const receiver = await openReceiver(
      kind,
      {
        ring: ring.handle,
        bindAddress: '127.0.0.1',
        deviceAddress: device.address,
        gvcpPort: device.gvcpPort,
        streamChannel: 0,
        payloadBytes: PAYLOAD_BYTES,
        packetDataBytes: SHAPE.dataBytes,
        policy: DEFAULT_POLICY,
        socketBufferBytes: 4 * 2 ** 20,
        ...more,
      },
      () => hold.stand?.woken(),
    ).catch((error: unknown) => {
      device.close();
      throw error;
    });
    device.aim(receiver.port);
    hold.stand = new Stand(ring, device, receiver);
    return hold.stand;
  }

  woken(): void {
    this.wakes += 1;
    this.#wake();
  }

  /** The next event, by wake-ups alone: a receiver that forgets one fails here. */
  async event(): Promise<RingEvent> {
    for (const until = Date.now() + 5000; Date.now() < until; ) {
      const event = this.ring.take();
      if (event !== null) return event;
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
        sleep(5000),
      ]);
    }
    throw new Error(`no event; counters ${JSON.stringify(this.ring.counters())}`);
  }

  async frame() {
    const event = await this.event();
    if (event.type !== 'closed') throw new Error(`not a frame, but ${event.type}`);
    return this.ring.slot(event.slot);
  }

  bytes(slot: number): Buffer {
    return Buffer.from(this.ring.payload(slot));
  }

  async close(): Promise<void> {
    await this.receiver.stop();
    this.device.close();
  }
}

const frameOf = (block: number, extended = false) =>
  framePackets({ block, extended, ...SHAPE, dataBytes: extended ? 8952 : SHAPE.dataBytes });
const payloadOf = (block: number) => framePayload({ block, ...SHAPE });
const without = (packets: Buffer[], ...ids: number[]) => packets.filter((_, id) => !ids.includes(id));

const RECEIVERS: { name: string; kind: ReceiverKind; peers: string[]; more: Partial<ReceiverOptions> }[] = [
  { name: 'native', kind: 'native', peers: [], more: {} },
  { name: 'native without GRO', kind: 'native', peers: [], more: { useGro: false } },
  { name: 'raw', kind: 'raw', peers: ['root'], more: {} },
  { name: 'dgram', kind: 'dgram', peers: [], more: {} },
];

for (const { name, kind, peers, more } of RECEIVERS) {
  if (kind !== 'dgram' && nativeAddon() === null) {
    process.stdout.write(`${SKIP_MARK} ${name} (${nativeAddonReason()})\n`);
    continue;
  }
  const on = (what: string, run: (open: (options?: object) => Promise<Stand>) => Promise<void>) =>
    peerTest(test, peers, `${name}: ${what}`, async () => {
      const stands: Stand[] = [];
      try {
        await run(async (options = {}) => {
          const stand = await Stand.open(kind, { ...more, ...options });
          stands.push(stand);
          return stand;
        });
      } finally {
        for (const stand of stands) await stand.close();
      }
    });

  on('frames arrive whole, in order, with their receive time, across the wrap of 16-bit ids', async (open) => {
    const stand = await open();
    const before = BigInt(Date.now()) * 1_000_000n;
    for (const block of [65533, 65534, 65535, 1, 2, 3]) {
      await stand.device.send(...frameOf(block));
      const info = await stand.frame();
      assert.ok(info.complete);
      assert.is(info.blockId, BigInt(block < 100 ? 65535 + block : block));
      assert.ok(stand.bytes(info.slot).equals(payloadOf(block)));
      assert.ok(info.firstPacketNs <= info.lastPacketNs);
      const age = info.firstPacketNs - before;
      assert.ok(age > -50_000_000n && age < 20_000_000_000n, `receive time is ${age} ns off`);
    }
    const counters = stand.ring.counters();
    assert.is(counters.framesComplete, 6);
    assert.ok(stand.wakes >= 1);
  });

  on('64-bit ids', async (open) => {
    const stand = await open({ extendedIds: true, packetDataBytes: 8952 });
    await stand.device.send(...frameOf(2 ** 33 + 5, true));
    const info = await stand.frame();
    assert.ok(info.complete);
    assert.is(info.blockId, 2n ** 33n + 5n);
    assert.ok(stand.bytes(info.slot).equals(payloadOf(2 ** 33 + 5)));
  });

  on('lost packets are asked for at the device and the frame becomes whole', async (open) => {
    for (const extended of [false, true]) {
      const stand = await open({ packetDataBytes: extended ? 8952 : SHAPE.dataBytes });
      for (let block = 1; block <= 4; block++) {
        const packets = frameOf(block, extended);
        stand.device.history.set(block, packets);
        await stand.device.send(...without(packets, 0, 3, 4, 11, packets.length - 1));
      }
      for (let block = 1; block <= 4; block++) {
        const info = await stand.frame();
        assert.ok(info.complete, `block ${block} misses ${info.packetsMissing}`);
        assert.is(info.packetsResent, 5);
        assert.ok(stand.bytes(info.slot).equals(payloadOf(block)));
      }
      assert.ok(stand.device.requests > 0);
    }
  });

  on('without resend the missing ranges are those that were not sent, and read as zero', async (open) => {
    const stand = await open({ policy: noResend });
    for (let slot = 0; slot < 4; slot++) stand.ring.payload(slot).fill(0xaa);
    await stand.device.send(...without(frameOf(1), 1, 7, 8, PACKETS));
    await stand.device.send(...frameOf(2));
    const info = await stand.frame();
    const size = SHAPE.dataBytes;
    assert.equal(stand.ring.missingRanges(info.slot), [
      { offset: 0, length: size },
      { offset: 6 * size, length: 2 * size },
      { offset: (PACKETS - 1) * size, length: PAYLOAD_BYTES - (PACKETS - 1) * size },
    ]);
    const expected = payloadOf(1).fill(0, 0, size);
    expected.fill(0, 6 * size, 8 * size).fill(0, (PACKETS - 1) * size);
    assert.ok(stand.bytes(info.slot).equals(expected));
    assert.ok((await stand.frame()).complete);
    assert.is(stand.device.requests, 0);
  });

  on('a slot used again with packet 1 missing never shows the older frame', async (open) => {
    const stand = await open({ policy: noResend, slots: 3 });
    for (let block = 1; block <= 9; block++) {
      await stand.device.send(...(block % 2 === 0 ? without(frameOf(block), 1) : frameOf(block)));
      if (block % 2 === 0) await sleep(110);
      const info = await stand.frame();
      const head = stand.bytes(info.slot).subarray(0, SHAPE.dataBytes);
      if (block % 2 === 0) assert.ok(head.every((byte) => byte === 0));
      else assert.ok(head.equals(payloadOf(block).subarray(0, SHAPE.dataBytes)));
      stand.ring.free(info.slot);
    }
  });

  on('reordered and duplicated packets make whole frames', async (open) => {
    const stand = await open();
    const random = seededRandom(11);
    const stream: { packet: Buffer; at: number }[] = [];
    for (let block = 1; block <= 10; block++) {
      const packets = frameOf(block);
      stand.device.history.set(block, packets);
      for (const packet of packets) {
        const at = stream.length + (random() < 0.2 ? random() * 6 : 0);
        stream.push({ packet, at });
        if (random() < 0.05) stream.push({ packet, at: at + random() * 8 });
      }
    }
    stream.sort((a, b) => a.at - b.at);
    await stand.device.send(...stream.map(({ packet }) => packet));
    for (let block = 1; block <= 10; block++) {
      const info = await stand.frame();
      assert.ok(info.complete);
      assert.ok(stand.bytes(info.slot).equals(payloadOf(block)));
    }
    await stand.receiver.stop();
    const counters = stand.ring.counters();
    assert.ok(counters.packetsDuplicate + counters.packetsLate > 0);
    assert.is(counters.packetsMissing, 0);
  });

  on('a stop closes what is open as incomplete', async (open) => {
    const stand = await open();
    await stand.device.send(...frameOf(1).slice(0, 10));
    await sleep(30);
    await stand.receiver.stop();
    await stand.receiver.stop();
    const event = stand.ring.take();
    assert.is(event?.type, 'closed');
    const info = stand.ring.slot(0);
    assert.not(info.complete);
    assert.is(info.receivedBytes, 9 * SHAPE.dataBytes);
  });

  on('a full ring drops whole frames and says so', async (open) => {
    const stand = await open({ slots: 3 });
    for (let block = 1; block <= 5; block++) await stand.device.send(...frameOf(block));
    await stand.device.send(frameOf(6)[0]);
    for (let block = 1; block <= 3; block++) assert.is((await stand.frame()).blockId, BigInt(block));
    for (let block = 4; block <= 5; block++) {
      const event = await stand.event();
      assert.is(event.type, 'dropped');
      assert.is(event.blockId, BigInt(block));
    }
    assert.is(stand.ring.highWater(), 3);
  });

  on('packets from elsewhere are ignored', async (open) => {
    const stand = await open();
    const stranger = await TestDevice.open('127.0.0.2');
    stranger.aim(stand.receiver.port);
    const [leader, ...rest] = frameOf(1);
    await stand.device.send(leader);
    await stranger.send(...framePackets({ block: 1, ...SHAPE }, payloadOf(77)));
    await stand.device.send(...rest);
    stranger.close();
    const info = await stand.frame();
    assert.ok(stand.bytes(info.slot).equals(payloadOf(1)));
    assert.is(stand.ring.counters().packetsDuplicate, 0);
  });

  on('a port in use and a foreign address are refused with a clear error', async (open) => {
    const holder = createSocket('udp4').bind(0, '127.0.0.1');
    await once(holder, 'listening');
    try {
      await open({ port: holder.address().port });
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code?: string }).code, 'receive.port-in-use');
    } finally {
      holder.close();
    }
    try {
      await open({ bindAddress: '203.0.113.7' });
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code?: string }).code, 'receive.address');
    }
  });
}

if (nativeAddon() !== null) {
  // UDP_SEGMENT makes the kernel hand over aggregates; Python's socket can ask for it, Node's cannot.
  const SENDER = `
import socket, struct, sys
data = sys.stdin.buffer.read()
port, = struct.unpack_from('>H', data, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
at = 2
while at < len(data):
    size, length = struct.unpack_from('>HI', data, at)
    s.setsockopt(socket.IPPROTO_UDP, 103, size)
    s.sendto(data[at + 6:at + 6 + length], ('127.0.0.1', port))
    at += 6 + length
`;
  const sendMerged = (port: number, groups: Buffer[][]) => {
    const parts: Buffer[] = [Buffer.from([port >> 8, port & 255])];
    for (const group of groups) {
      const head: Buffer = Buffer.alloc(6);
      head.writeUInt16BE(group[0]?.length ?? 0, 0);
      head.writeUInt32BE(Buffer.concat(group).length, 2);
      parts.push(head, ...group);
    }
    const done = spawnSync(PYTHON, ['-c', SENDER], { input: Buffer.concat(parts), encoding: 'utf8' });
    assert.is(done.status, 0, done.stderr);
  };

  peerTest(
    test,
    ['python3'],
    'native: merged datagrams land at their place, also around losses and disorder',
    async () => {
      const stand = await Stand.open('native', { policy: noResend });
      assert.is(stand.receiver.method, 'udp-gro');
      const random = seededRandom(5);
      const lost = new Map<number, number[]>();
      const groups: Buffer[][] = [];
      for (let block = 1; block <= 12; block++) {
        const packets = frameOf(block);
        const middle = packets.slice(1, -1);
        const gone = block % 3 === 0 ? [2, 9, 10] : block % 3 === 1 ? [] : [1];
        lost.set(block, gone);
        const sent = middle.filter((_, index) => !gone.includes(index + 1));
        const last = sent.pop() as Buffer;
        // Two neighbours change places inside an aggregate, and one packet comes twice.
        if (block % 4 === 0) sent.splice(3, 2, sent[4] as Buffer, sent[3] as Buffer);
        if (block % 4 === 1) sent.splice(6, 0, sent[2] as Buffer);
        groups.push([packets[0] as Buffer]);
        while (sent.length > 0) groups.push(sent.splice(0, 1 + Math.floor(random() * 7)));
        (groups.at(-1) as Buffer[]).length < 7 ? (groups.at(-1) as Buffer[]).push(last) : groups.push([last]);
        groups.push([packets.at(-1) as Buffer]);
      }
      sendMerged(stand.receiver.port, groups);
      for (let block = 1; block <= 12; block++) {
        const info = await stand.frame();
        const expected = payloadOf(block);
        for (const id of lost.get(block) ?? []) expected.fill(0, (id - 1) * SHAPE.dataBytes, id * SHAPE.dataBytes);
        assert.is(info.packetsMissing, lost.get(block)?.length, `block ${block}`);
        assert.ok(stand.bytes(info.slot).equals(expected), `block ${block}`);
        stand.ring.free(info.slot);
      }
      assert.is(stand.ring.counters().packetsDuplicate, 3);
      await stand.close();
    },
  );

  test('native: a worker that ends with its receiver open takes the thread with it', async () => {
    const ring = Ring.create({ payloadBytes: PAYLOAD_BYTES, slots: 3, maxPayloadPackets: PACKETS });
    const worker = new Worker(
      `import { workerData, parentPort } from 'node:worker_threads';
       const { openReceiver } = await import(workerData.module);
       const receiver = await openReceiver('native', workerData.options, () => parentPort.postMessage('ready'));
       parentPort.postMessage(receiver.port);`,
      {
        eval: true,
        workerData: {
          module: import.meta.resolve('#pipeline/receive/open-receiver.js'),
          options: {
            ring: ring.handle,
            bindAddress: '127.0.0.1',
            deviceAddress: '127.0.0.1',
            gvcpPort: 1,
            streamChannel: 0,
            payloadBytes: PAYLOAD_BYTES,
            packetDataBytes: SHAPE.dataBytes,
            policy: DEFAULT_POLICY,
            socketBufferBytes: 2 ** 20,
          },
        },
      },
    );
    const port = (await once(worker, 'message'))[0] as number;
    const device = await TestDevice.open();
    device.aim(port);
    const ready = once(worker, 'message');
    await device.send(...frameOf(1));
    assert.equal(await ready, ['ready']);
    await device.send(...frameOf(2).slice(0, 5));
    await worker.terminate();
    device.close();
    const again = createSocket('udp4').bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
    assert.is(ring.take()?.type, 'closed');
    assert.is(ring.take()?.type, 'closed');
  });
}

peerTest(test, ['root'], 'raw: receivers of several workers share one thread', async () => {
  const device = await TestDevice.open();
  const workers = await Promise.all(
    [1, 2].map(async () => {
      const ring = Ring.create({ payloadBytes: PAYLOAD_BYTES, slots: 3, maxPayloadPackets: PACKETS });
      const { port } = rawThread();
      const worker = new Worker(
        `import { workerData, parentPort } from 'node:worker_threads';
         const { openReceiver } = await import(workerData.module);
         const options = { ...workerData.options, rawThread: workerData.port };
         const receiver = await openReceiver('raw', options, () => parentPort.postMessage('ready'));
         parentPort.postMessage(receiver.port);
         parentPort.once('message', async () => { await receiver.stop(); parentPort.postMessage('stopped'); });`,
        {
          eval: true,
          transferList: [port],
          workerData: {
            module: import.meta.resolve('#pipeline/receive/open-receiver.js'),
            port,
            options: {
              ring: ring.handle,
              bindAddress: '127.0.0.1',
              deviceAddress: '127.0.0.1',
              gvcpPort: device.gvcpPort,
              streamChannel: 0,
              payloadBytes: PAYLOAD_BYTES,
              packetDataBytes: SHAPE.dataBytes,
              policy: DEFAULT_POLICY,
              socketBufferBytes: 2 ** 20,
            },
          },
        },
      );
      return { ring, worker, port: (await once(worker, 'message'))[0] as number };
    }),
  );
  for (const [index, { ring, worker, port }] of workers.entries()) {
    const ready = once(worker, 'message');
    device.aim(port);
    await device.send(...frameOf(index + 1));
    assert.equal(await ready, ['ready']);
    const event = ring.take();
    assert.is(event?.blockId, BigInt(index + 1));
    const stopped = once(worker, 'message');
    worker.postMessage('stop');
    await stopped;
    await worker.terminate();
  }
  device.close();
});

test.run();
