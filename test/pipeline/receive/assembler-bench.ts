import * as assert from 'uvu/assert';
import { Assembler, type AssemblerOptions } from '#pipeline/receive/assembler.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { Ring, type RingEvent } from '#pipeline/ring/ring.js';
import { framePackets } from '#test/support/gvsp-stream.js';

export const MS = 1_000_000;
export const OFFSET_NS = 1_790_000_000_000_000_000n;
/** 10 payload packets: 9 full ones of 1000 bytes, one of 600. */
export const SHAPE = { width: 96, height: 100, dataBytes: 1000 };

/** An assembler with its ring, a clock, and what it asked for. */
export class Bench {
  readonly ring: Ring;
  readonly assembler: Assembler;
  readonly asked: { block: number; first: number; last: number; atMs: number }[] = [];
  nowNs = 0;

  constructor(options: Partial<AssemblerOptions> & { slots?: number } = {}) {
    this.ring = Ring.create({ payloadBytes: 9600, slots: options.slots ?? 8, maxPayloadPackets: 10 });
    for (let slot = 0; slot < this.ring.slots; slot++) this.ring.payload(slot).fill(0xee);
    this.assembler = new Assembler(
      { payloadBytes: 9600, packetDataBytes: 1000, policy: DEFAULT_POLICY, ...options, ring: this.ring.handle },
      (block, first, last) => this.asked.push({ block, first, last, atMs: this.nowNs / MS }),
    );
    this.assembler.realtimeOffsetNs = OFFSET_NS;
  }

  push(...packets: (Buffer | undefined)[]): void {
    for (const packet of packets) if (packet !== undefined) this.assembler.push(packet, this.nowNs);
  }

  /** Lets `ms` pass, tick by tick. */
  pass(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.nowNs += MS;
      this.assembler.tick(this.nowNs);
    }
  }

  events(): RingEvent[] {
    const events: RingEvent[] = [];
    for (let event = this.ring.take(); event !== null; event = this.ring.take()) events.push(event);
    return events;
  }

  /** The one closed frame there must be. */
  frame() {
    const events = this.events();
    assert.is(
      events.length,
      1,
      JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    );
    const event = events[0];
    if (event?.type !== 'closed') throw new Error('not a frame');
    return this.ring.slot(event.slot);
  }

  counters() {
    this.assembler.producer.flush();
    return this.ring.counters();
  }
}

export const frameOf = (block: number, more: object = {}) => framePackets({ block, ...SHAPE, ...more });
export const without = (packets: Buffer[], ...ids: number[]) => packets.filter((_, id) => !ids.includes(id));
export const noResend = { ...DEFAULT_POLICY, resend: false };
