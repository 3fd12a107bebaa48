import * as assert from 'uvu/assert';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { Assembler, type AssemblerOptions } from '#pipeline/receive/assembler.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { RING_COUNTERS, RING_LAYOUT } from '#pipeline/ring/layout.js';
import { Ring } from '#pipeline/ring/ring.js';
import { framePackets, gvspPacket, seededRandom } from '#test/support/gvsp-stream.js';
import { SKIP_MARK } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const MS = 1_000_000;
const OFFSET_NS = 1_790_000_000_000_000_000n;

/** The TypeScript and the native assembler, fed with the same script and compared byte by byte. */
class Twins {
  readonly rings: readonly [Ring, Ring];
  readonly script: Assembler;
  readonly native;
  readonly scriptRequests: number[] = [];
  nowNs = 5_000_000_000;
  events = 0;
  /** Ticks that fell into a promised rest. */
  restingTicks = 0;

  constructor(options: Omit<AssemblerOptions, 'ring'>, slots: number, payloadBytes: number, maxPayloadPackets: number) {
    const addon = nativeAddon();
    if (addon === null) throw new Error(nativeAddonReason());
    this.rings = [
      Ring.create({ payloadBytes, slots, maxPayloadPackets }),
      Ring.create({ payloadBytes, slots, maxPayloadPackets }),
    ];
    for (const ring of this.rings) for (let slot = 0; slot < slots; slot++) ring.payload(slot).fill(0xee);
    this.script = new Assembler({ ...options, ring: this.rings[0].handle }, (block, first, last) =>
      this.scriptRequests.push(block, first, last),
    );
    this.script.realtimeOffsetNs = OFFSET_NS;
    const { control, blocks } = this.rings[1].handle;
    this.native = new addon.NativeAssembler(
      new Uint8Array(control),
      blocks.map((block) => new Uint8Array(block)),
      { ...options, ring: this.rings[1].handle },
    );
  }

  push(packet: Buffer): void {
    this.script.push(packet, this.nowNs);
    this.native.push(packet, this.nowNs, BigInt(this.nowNs) + OFFSET_NS);
  }

  /** Returns the requests of both, which must agree. A tick within the rest that was promised changes nothing. */
  tick(): number[] {
    const { restsUntilNs, producer } = this.script;
    assert.is(this.native.restsUntilNs(), restsUntilNs);
    const eventsBefore = producer.eventsPut;
    this.script.tick(this.nowNs);
    this.native.tick(this.nowNs);
    const requests = this.scriptRequests.splice(0);
    assert.equal(this.native.takeRequests(), requests);
    if (this.nowNs < restsUntilNs) {
      this.restingTicks += 1;
      assert.equal([requests.length, producer.eventsPut], [0, eventsBefore]);
      assert.is(this.script.restsUntilNs, restsUntilNs);
    }
    return requests;
  }

  end(): void {
    this.script.end();
    this.native.end();
    this.compare();
  }

  compare(): void {
    this.script.producer.flush();
    const [a, b] = this.rings;
    const same = Buffer.compare(Buffer.from(a.handle.control), Buffer.from(b.handle.control)) === 0;
    if (!same) {
      assert.equal(b.counters(), a.counters());
      for (let slot = 0; slot < a.slots; slot++) assert.equal(b.slot(slot), a.slot(slot), `slot ${slot}`);
      assert.unreachable('queues or bitmaps differ');
    }
    for (const [index, block] of a.handle.blocks.entries())
      assert.ok(Buffer.compare(Buffer.from(block), Buffer.from(b.handle.blocks[index] as SharedArrayBuffer)) === 0);
  }

  /** The consumer's side, on both rings: takes an event and frees its slot. */
  take(): void {
    const [event, other] = [this.rings[0].take(), this.rings[1].take()];
    assert.equal(other, event);
    if (event === null) return;
    this.events += 1;
    if (event.type !== 'closed') return;
    for (const ring of this.rings) ring.free(event.slot);
  }
}

interface Scenario {
  readonly seed: number;
  readonly frames: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly corrupt: number;
  readonly reorder: number;
  readonly frameGap: number;
  readonly leap: number;
  readonly extended: boolean;
  readonly resend: boolean;
  readonly slots: number;
  /** Chance that the consumer takes an event after a packet. */
  readonly consume: number;
  readonly firstBlock: number;
  readonly shortFrames: number;
  readonly answers: number;
  readonly learn: boolean;
  readonly givenSize: boolean;
}

function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed * 7919 + 1);
  const sometimes = (value: number) => (random() < 0.5 ? 0 : random() * value);
  return {
    seed,
    frames: 30 + Math.floor(random() * 60),
    loss: sometimes(0.2),
    duplicate: sometimes(0.1),
    corrupt: sometimes(0.05),
    reorder: Math.floor(sometimes(12)),
    frameGap: sometimes(0.1),
    leap: sometimes(0.03),
    extended: random() < 0.5,
    resend: random() < 0.6,
    slots: 3 + Math.floor(random() * 12),
    consume: random() < 0.3 ? 0.01 : 0.2,
    firstBlock: random() < 0.5 ? 65520 : 1 + Math.floor(random() * 60000),
    shortFrames: sometimes(0.2),
    answers: random(),
    learn: random() < 0.2,
    givenSize: random() < 0.7,
  };
}

/** Plays a random stream to both twins. */
function play(scenario: Scenario): Twins {
  const random = seededRandom(scenario.seed);
  const dataBytes = 100 + Math.floor(random() * 900);
  const width = 64;
  const height = 20 + Math.floor(random() * 60);
  const payloadBytes = width * height;
  const twins = new Twins(
    {
      payloadBytes: scenario.givenSize ? payloadBytes : 0,
      packetDataBytes: scenario.learn ? 0 : dataBytes,
      policy: { ...DEFAULT_POLICY, resend: scenario.resend },
      ...(random() < 0.5 ? { extendedIds: scenario.extended } : {}),
    },
    scenario.slots,
    payloadBytes + (random() < 0.5 ? 0 : 500),
    Math.ceil(payloadBytes / 100) + 2,
  );
  const history = new Map<number, Buffer[]>();
  const late: { packet: Buffer; after: number }[] = [];
  let block = scenario.firstBlock;
  let sent = 0;

  const deliver = (packet: Buffer) => {
    let bytes = packet;
    if (random() < scenario.corrupt) {
      bytes = Buffer.from(packet);
      const reach = random() < 0.8 ? Math.min(60, bytes.length) : bytes.length;
      bytes[Math.floor(random() * reach)] = Math.floor(random() * 256);
      if (random() < 0.3) bytes = bytes.subarray(0, Math.floor(random() * bytes.length));
    }
    twins.push(bytes);
    twins.nowNs += Math.floor(random() * 200_000);
    if (random() < 0.02) twins.nowNs += Math.floor(random() * 40 * MS);
    if (random() < 0.3) answer(twins.tick());
    if (random() < scenario.consume) twins.take();
    if (random() < 0.01) twins.compare();
  };
  const answer = (requests: number[]) => {
    for (let i = 0; i < requests.length; i += 3) {
      const [wire, first, last] = requests.slice(i, i + 3) as [number, number, number];
      const packets = history.get(wire);
      if (random() > scenario.answers) continue;
      for (let id = first; id <= last; id++) {
        const packet = packets?.[id];
        const kind = random();
        if (packet === undefined || kind < 0.1) {
          const statuses = [0x800c, 0x8010, 0x8011, 0x8012, 0x8014, 0x8001];
          const status = statuses[Math.floor(random() * statuses.length)];
          twins.push(gvspPacket(wire, 3, id, Buffer.alloc(0), scenario.extended, status));
        } else if (kind < 0.9) {
          const again = Buffer.from(packet);
          if (random() < 0.5) again.writeUInt16BE(0x0100, 0);
          twins.push(again);
        }
      }
    }
  };

  for (let n = 0; n < scenario.frames; n++) {
    const short = random() < scenario.shortFrames;
    const rows = short ? 1 + Math.floor(random() * height) : height;
    const packets = framePackets({
      block,
      extended: scenario.extended,
      width,
      height: rows,
      dataBytes,
      timestamp: BigInt(n + 1) * 1000n,
      ...(random() < 0.05 ? { payloadType: 0x4001 } : {}),
    });
    history.set(block, packets);
    for (const packet of packets) {
      sent += 1;
      if (random() < scenario.loss) continue;
      if (scenario.reorder > 0 && random() < 0.1) {
        late.push({ packet, after: sent + 1 + Math.floor(random() * scenario.reorder) });
        continue;
      }
      deliver(packet);
      if (random() < scenario.duplicate) deliver(packet);
      for (let i = late.length - 1; i >= 0; i--) {
        const held = late[i];
        if (held === undefined || held.after > sent) continue;
        late.splice(i, 1);
        deliver(held.packet);
      }
    }
    if (random() < 0.2) {
      twins.nowNs += Math.floor(random() * 150 * MS);
      answer(twins.tick());
    }
    block += 1;
    if (random() < scenario.frameGap) block += 1 + Math.floor(random() * 20);
    if (random() < scenario.leap) block = 1 + Math.floor(random() * 65000);
    if (!scenario.extended && block > 65535) block -= 65535;
  }
  twins.end();
  for (let i = 0; i < 5000; i++) twins.take();
  twins.compare();
  return twins;
}

if (nativeAddon() === null) {
  process.stdout.write(`${SKIP_MARK} the assembler's twins (${nativeAddonReason()})\n`);
} else {
  test('the addon lays the ring out as TypeScript does', () => {
    assert.equal(nativeAddon()?.ringLayout(), { ...RING_LAYOUT, counters: RING_COUNTERS.length });
  });

  test('both assemblers write the same bytes and ask for the same packets in 600 random streams', () => {
    const seen = new Set<string>();
    let events = 0;
    let restingTicks = 0;
    for (let seed = 1; seed <= 600; seed++) {
      const scenario = scenarioOf(seed);
      try {
        const twins = play(scenario);
        events += twins.events;
        restingTicks += twins.restingTicks;
        for (const [name, value] of Object.entries(twins.rings[0].counters())) if (value > 0) seen.add(name);
      } catch (error) {
        if (error instanceof Error) error.message = `${JSON.stringify(scenario)}: ${error.message}`;
        throw error;
      }
    }
    assert.ok(events > 10_000, `only ${events} events`);
    assert.ok(restingTicks > 1_000, `only ${restingTicks} ticks in a rest`);
    // The corpus reaches every counter that an assembler keeps.
    const own = RING_COUNTERS.filter((name) => name !== 'kernelDrops' && name !== 'wakeups');
    assert.equal(
      own.filter((name) => !seen.has(name)),
      [],
    );
  });
}

test.run();
