/** Streams of the imitated driver, received as the engine receives them, with a consumer that gives each slot back at once. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type Receiver } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import { bridgeOptions } from '#src/cameras/bridge/bridge-options.js';
import { startBridge } from '#src/cameras/bridge/bridge-process.js';
import type { OpenCameraOptions, StreamCamera } from '#src/cameras/camera.js';
import { clockPair } from '#src/cameras/gige-vision/device/frame-sender.js';
import { openGigeCamera } from '#src/cameras/gige-vision/stream-camera.js';
import { receivedStream } from '#src/cameras/received-stream.js';
import { openInProcess } from '#src/cameras/sdk/in-process-camera.js';
import { DEFAULT_SDK } from '#src/cameras/sdk/sdk-target.js';
import type { Figures } from '../harness.js';
import { FrameComparison } from './frame-comparison.js';

process.env.APPULSE_SDK_DRIVER = fileURLToPath(new URL('../../test/support/imitated-driver.js', import.meta.url));

const OPTIONS: OpenCameraOptions = { packetSize: 9_000, features: {}, nativeReceiver: true, log: () => {} };
const CLOCK_TICKS = 100;
const SLOTS = 24;

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

export interface Streaming {
  readonly seconds: number;
  readonly frameBytes: number;
  /** File of what the camera handed over, against which all is compared that came; null: nothing is compared. */
  readonly truth: string | null;
}

export async function receiveBridged(streaming: Streaming): Promise<Figures> {
  const served = { address: '127.0.0.1', port: 0, extendedIds: true, nativeReceiver: true };
  const log = (): void => {};
  const bridge = await startBridge('qhy:', await bridgeOptions('qhy:', DEFAULT_SDK, served, log), log);
  try {
    const target = { kind: 'address', host: bridge.address, port: bridge.port } as const;
    const camera = await openGigeCamera('qhy:', target, OPTIONS);
    return await receive(camera, streaming, bridge.pid);
  } finally {
    await bridge.stop();
  }
}

export async function receiveInProcess(streaming: Streaming): Promise<Figures> {
  return receive(await openInProcess('qhy:', { ...DEFAULT_SDK, inProcess: true }, OPTIONS), streaming, null);
}

async function receive(
  camera: StreamCamera,
  { seconds, frameBytes, truth }: Streaming,
  bridge: number | null,
): Promise<Figures> {
  const { source, mode } = camera;
  const packets = Math.ceil(mode.payloadBytes / source.packetDataBytes);
  const ring = Ring.create({ payloadBytes: mode.payloadBytes, slots: SLOTS, maxPayloadPackets: packets });
  await ring.prefault();
  const comparison = truth === null ? null : new FrameComparison(frameBytes);
  const latenciesMs: number[] = [];
  const take = () => {
    for (let event = ring.take(); event !== null; event = ring.take()) {
      if (event.type !== 'closed') continue;
      const { cameraTimestamp, complete } = ring.slot(event.slot);
      if (complete) latenciesMs.push(Number(clockPair()[0] - cameraTimestamp) / 1e6);
      if (complete && comparison !== null) {
        // Comparing gives way where it would cost frames.
        const waiting = ring.counters().framesComplete - latenciesMs.length;
        comparison.take(ring.payload(event.slot), cameraTimestamp, waiting < SLOTS / 2);
      }
      ring.free(event.slot);
    }
  };
  const receiver: Receiver =
    (await camera.receive?.(ring.handle, take)) ??
    (await openReceiver(
      'native',
      {
        ...receivedStream(camera),
        ...{ ring: ring.handle, policy: DEFAULT_POLICY },
        ...{ socketBufferBytes: 2 ** 28, receiveCpu: null, realtimePriority: 0 },
      },
      take,
    ));
  try {
    await camera.start(receiver.port);
    await sleep(1_000);
    const before = {
      frames: latenciesMs.length,
      own: process.cpuUsage(),
      bridge: bridge === null ? 0 : cpuSecondsOf(bridge),
    };
    const begunMs = performance.now();
    await sleep(seconds * 1_000);
    const tookS = (performance.now() - begunMs) / 1e3;
    const frames = latenciesMs.length - before.frames;
    const { user, system } = process.cpuUsage(before.own);
    const ownCpu = (user + system) / 1e6;
    const bridgeCpu = bridge === null ? 0 : cpuSecondsOf(bridge) - before.bridge;
    await camera.stopAcquisition();
    await sleep(200);
    const { framesIncomplete, framesDroppedRingFull, framesSkipped } = ring.counters();
    const gigabytes = (frames * frameBytes) / 1e9;
    const sorted = latenciesMs.slice(before.frames).sort((a, b) => a - b);
    return {
      lost: framesIncomplete + framesDroppedRingFull + framesSkipped,
      'Gb/s': (8 * gigabytes) / tookS,
      'CPU s/GB': (ownCpu + bridgeCpu) / gigabytes,
      'bridge CPU s/GB': bridgeCpu / gigabytes,
      latency: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
      'latency 99 %': sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
      ...(truth === null ? {} : comparison?.figures(truth)),
    };
  } finally {
    await receiver.stop();
    await camera.close();
  }
}
