import * as assert from 'uvu/assert';
import { parseChunks, writeChunks } from '#pipeline/wire/chunks.js';
import { decodeDiscoveryAck, encodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import * as gvcp from '#pipeline/wire/gvcp.js';
import * as gvsp from '#pipeline/wire/gvsp.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { test } from '#test/support/test.js';

const PACKETS = 1_000_000;

/** Small and repeatable (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function streamPacket(extended: boolean, format: number, packetId: number, payloadType: number): Uint8Array {
  const bytes = new Uint8Array(160);
  const headerBytes = gvsp.writeGvspHeader(bytes, { extended, format, blockId: 77n, packetId });
  if (format === gvsp.GVSP.trailer)
    gvsp.writeImageTrailer(bytes, headerBytes, { sizeY: 480, chunks: { bytes: 64, layoutId: 1 } });
  else gvsp.writeImageLeader(bytes, headerBytes, { timestamp: 1n, pixelFormat: 0x01080001, width: 64, height: 48 });
  bytes[headerBytes + 2] = payloadType >> 8;
  bytes[headerBytes + 3] = payloadType;
  if (extended) bytes[7] = 2;
  return bytes;
}

const device = encodeDiscoveryAck({
  versionMajor: 2,
  versionMinor: 0,
  deviceMode: 0x80000001,
  mac: '02:00:00:00:00:01',
  supportedIpConfiguration: 7,
  currentIpConfiguration: 4,
  address: '127.0.0.1',
  subnetMask: '255.0.0.0',
  gateway: '0.0.0.0',
  vendor: 'vendor',
  model: 'model',
  deviceVersion: '1',
  vendorInfo: '',
  serial: '1',
  userName: '',
});

const resend = { streamChannel: 0, blockId: 5n, firstPacketId: 1, lastPacketId: 9 };
const types = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x4001, 0x4002, 0x4005, 0x8001];
const stream = types.flatMap((type) =>
  [true, false].flatMap((extended) => [
    streamPacket(extended, gvsp.GVSP.leader, 0, type),
    streamPacket(extended, gvsp.GVSP.trailer, 9, type),
  ]),
);
const EVENT = { id: 0x9001, streamChannel: 0, blockId: 7n, timestamp: 8n, data: new Uint8Array(0) };
const control = [
  gvcp.encodeDiscovery(1),
  gvcp.encodeReadReg(1, [4, 8]),
  gvcp.encodeWriteReg(1, [{ address: 4, value: 8 }]),
  gvcp.encodeReadMem(1, 0x200, 512),
  gvcp.encodeWriteMem(1, 0x200, new Uint8Array(64)),
  gvcp.encodePacketResend(1, { ...resend, extendedIds: true }),
  gvcp.encodePacketResend(1, { ...resend, extendedIds: false }),
  gvcp.encodeAction(1, { deviceKey: 1, groupKey: 2, groupMask: 3, time: 4n }),
  gvcp.encodeEvents(1, [EVENT, EVENT]),
  gvcp.encodeEvents(1, [{ ...EVENT, data: new Uint8Array(8) }], true),
  gvcp.encodeAcknowledge(3, 1, device),
  gvcp.encodeReadRegAck(1, [1, 2]),
  gvcp.encodeWriteRegAck(1, 1),
  gvcp.encodeReadMemAck(1, 4, new Uint8Array(64)),
  gvcp.encodePendingAck(1, 100),
];
const chunks = [
  writeChunks([
    { id: 1, data: new Uint8Array(100) },
    { id: 2, data: new Uint8Array(8) },
  ]),
];

/** Every decoder that takes bytes from a socket: whole packets first, then payloads. */
const streamDecoders = [
  gvsp.parseGvspHeader,
  (b: Uint8Array) => gvsp.parseLeader(b, gvsp.parseGvspHeader(b).headerBytes),
  (b: Uint8Array) => gvsp.parseTrailer(b, gvsp.parseGvspHeader(b).headerBytes),
];
const commandPayload = (b: Uint8Array) => gvcp.parseGvcpCommand(b).payload;
const ackPayload = (b: Uint8Array) => gvcp.parseGvcpAcknowledge(b).payload;
const controlDecoders = [
  (b: Uint8Array) => gvcp.decodeReadReg(commandPayload(b)),
  (b: Uint8Array) => gvcp.decodeWriteReg(commandPayload(b)),
  (b: Uint8Array) => gvcp.decodeReadMem(commandPayload(b)),
  (b: Uint8Array) => gvcp.decodeWriteMem(commandPayload(b)),
  (b: Uint8Array) => gvcp.decodePacketResend(commandPayload(b), gvcp.parseGvcpCommand(b).flags),
  (b: Uint8Array) => gvcp.decodeAction(commandPayload(b), gvcp.parseGvcpCommand(b).flags),
  (b: Uint8Array) => gvcp.decodeEvents(gvcp.parseGvcpCommand(b)),
  (b: Uint8Array) => gvcp.decodeReadRegAck(ackPayload(b)),
  (b: Uint8Array) => gvcp.decodeWriteAck(ackPayload(b)),
  (b: Uint8Array) => gvcp.decodeReadMemAck(ackPayload(b)),
  (b: Uint8Array) => gvcp.decodePendingAck(ackPayload(b)),
  (b: Uint8Array) => decodeDiscoveryAck(ackPayload(b)),
];
const corpora = [
  { seeds: stream, decoders: streamDecoders },
  { seeds: control, decoders: controlDecoders },
  { seeds: chunks, decoders: [parseChunks] },
];

/** Cuts, flips bytes, plants extreme numbers: in `work`, which is longer than any seed. */
function mutate(work: Uint8Array, seed: Uint8Array, next: () => number): Uint8Array {
  work.set(seed);
  const edits = 1 + (next() % 4);
  for (let i = 0; i < edits; i++) {
    const at = next() % seed.length;
    const how = next() % 4;
    if (how === 0) work[at] = next();
    else if (how === 1) work[at] = 0xff;
    else if (how === 2) work.fill(0xff, at, at + 4);
    else work.fill(0, at, at + (next() % 8));
  }
  return next() % 3 === 0 ? work.subarray(0, next() % (seed.length + 1)) : work.subarray(0, seed.length);
}

/** Throws when a value holds a number that is no number: the sign of a read past the end. */
function inspect(value: unknown): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && value >= 0, `read ${value}`);
  else if (value === undefined) assert.unreachable('read past the end');
  else if (Array.isArray(value)) value.forEach(inspect);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    Object.values(value).forEach(inspect);
}

test('a million mutated packets give a value or a typed error', () => {
  Error.stackTraceLimit = 0;
  const next = random(20261120);
  const work = new Uint8Array(2048);
  let values = 0;
  let errors = 0;
  for (let n = 0; n < PACKETS; n++) {
    const corpus = corpora[n % corpora.length] ?? corpora[0];
    if (!corpus) continue;
    const packet = mutate(work, corpus.seeds[next() % corpus.seeds.length] ?? work, next);
    for (const decode of corpus.decoders) {
      try {
        const value = decode(packet);
        values++;
        if (n % 64 < 3) inspect(value);
      } catch (error) {
        if (!(error instanceof WireError))
          throw new Error(`${error} for ${Buffer.from(packet).toString('hex')} (packet ${n})`);
        errors++;
      }
    }
  }
  Error.stackTraceLimit = 10;
  assert.ok(values > PACKETS / 2 && errors > PACKETS / 10, `${values} values, ${errors} errors`);
});

test.run();
