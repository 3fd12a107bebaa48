/** Receives until half a second of silence: KIND gro|nogro FRAME_BYTES PACKET_DATA_BYTES SLOTS. Prints as the C reference. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type ReceiverKind } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';

const [, , kind, gro] = process.argv;
const [frameBytes = 0, packetDataBytes = 0, slots = 0] = process.argv.slice(4).map(Number);
const ring = Ring.create({
  payloadBytes: frameBytes,
  slots,
  maxPayloadPackets: Math.ceil(frameBytes / packetDataBytes),
});
await ring.prefault();
let firstNs = 0n;
let lastNs = 0n;
const drain = () => {
  for (let event = ring.take(); event !== null; event = ring.take()) {
    if (event.type !== 'closed') continue;
    const info = ring.slot(event.slot);
    if (firstNs === 0n) firstNs = info.firstPacketNs;
    lastNs = info.lastPacketNs;
    ring.free(event.slot);
  }
};
const receiver = await openReceiver(
  kind as ReceiverKind,
  {
    ring: ring.handle,
    bindAddress: '127.0.0.1',
    deviceAddress: '127.0.0.1',
    // Nobody answers there: requests would only blur what is measured.
    gvcpPort: 9,
    streamChannel: 0,
    extendedIds: true,
    payloadBytes: frameBytes,
    packetDataBytes,
    policy: { ...DEFAULT_POLICY, resend: false },
    socketBufferBytes: 64 * 2 ** 20,
    useGro: gro === 'gro',
  },
  drain,
);
process.stdout.write(`${JSON.stringify({ port: receiver.port })}\n`);
const counters = () => ring.counters();
while (counters().bytesReceived === 0) await sleep(5);
const before = process.cpuUsage();
for (let seen = -1; seen !== counters().bytesReceived; ) {
  seen = counters().bytesReceived;
  await sleep(500);
}
const cpu = process.cpuUsage(before);
await receiver.stop();
drain();
const { bytesReceived, packetsReceived, packetsMissing, framesComplete } = counters();
const result = {
  gbps: (bytesReceived * 8) / Number(lastNs - firstNs),
  frames: framesComplete,
  packets: packetsReceived,
  lost: packetsMissing,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  bytes: bytesReceived,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
