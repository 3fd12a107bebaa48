/**
 * Receives from the GigE Vision camera at 127.0.0.1 and does nothing with the frames. Prints {"streams":true} when packets
 * come, and {"failed":N}, the frames that did not come whole since then, when its standard input closes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import { openCamera } from '#src/cameras/open-camera.js';
import { receivedStream } from '#src/cameras/received-stream.js';

const SLOTS = 24;

const camera = await openCamera('gige:127.0.0.1', {
  packetSize: 9000,
  features: {},
  nativeReceiver: true,
  log: (_, message) => process.stderr.write(`${message}\n`),
});
const { mode, source } = camera;
const ring = Ring.create({
  payloadBytes: mode.payloadBytes,
  slots: SLOTS,
  maxPayloadPackets: Math.ceil(mode.payloadBytes / source.packetDataBytes),
});
await ring.prefault();
const drain = () => {
  for (let event = ring.take(); event !== null; event = ring.take()) {
    if (event.type === 'closed') ring.free(event.slot);
  }
};
const receiver = await openReceiver(
  'native',
  {
    ring: ring.handle,
    ...receivedStream(camera),
    policy: DEFAULT_POLICY,
    socketBufferBytes: 64 * 2 ** 20,
  },
  drain,
);
await camera.start(receiver.port);
while (ring.counters().framesComplete === 0) await sleep(10);
const failed = () => {
  const { framesIncomplete, framesDroppedRingFull } = ring.counters();
  return framesIncomplete + framesDroppedRingFull;
};
const before = failed();
process.stdout.write('{"streams":true}\n');
process.stdin.resume().once('end', async () => {
  const result = { failed: failed() - before };
  await camera.close();
  await receiver.stop();
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
});
