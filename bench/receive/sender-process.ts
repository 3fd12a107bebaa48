/** Sends frames with the simulator's native sender: PORT gso|mmsg GBPS FRAMES FRAME_BYTES PACKET_DATA_BYTES. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';

const [port = 0, , gbps = 0, frames = 0, frameBytes = 0, packetDataBytes = 0] = process.argv.slice(2).map(Number);
const segmented = process.argv[3] === 'gso';
const addon = nativeAddon();
if (addon === null) throw new Error(nativeAddonReason());

/** More than the caches hold, so that the sender reads memory as a camera's frames would. */
const PREPARED = 4;
const QUEUED = 3;
const width = 4096;
const payloads = new Uint8Array(new SharedArrayBuffer(PREPARED * frameBytes));
for (let i = 0; i < payloads.length; i += 64) payloads[i] = i >>> 6;
const leader = new Uint8Array(36);
writeImageLeader(leader, 0, { timestamp: 1n, pixelFormat: 0x01080001, width, height: Math.floor(frameBytes / width) });
const trailer = new Uint8Array(8);
writeImageTrailer(trailer, 0, { sizeY: Math.floor(frameBytes / width) });

const sender = new addon.NativeSender('127.0.0.1', 0);
sender.start({
  address: '127.0.0.1',
  port,
  packetDataBytes,
  extendedIds: true,
  segmented,
  dontFragment: false,
  historyFrames: 1,
  resendLoss: 0,
  seed: 1,
  payloads,
});
const packetIntervalNs = gbps > 0 ? ((packetDataBytes + 20) * 8) / gbps : 0;
for (let frame = 0; frame < frames; frame++) {
  while (frame - sender.progress().framesSent >= QUEUED) await sleep(1);
  sender.submit({
    blockId: BigInt(frame + 1),
    payloadOffset: (frame % PREPARED) * frameBytes,
    payloadBytes: frameBytes,
    header: null,
    leader,
    trailer,
    dueNs: process.hrtime.bigint(),
    packetIntervalNs,
    plan: null,
  });
}
while (sender.progress().framesSent < frames) await sleep(1);
sender.close();
