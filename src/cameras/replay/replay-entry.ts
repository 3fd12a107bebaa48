/** The process of a replay: a GigE Vision camera whose frames were recorded. It ends when the one that started it does. */
import { createHash } from 'node:crypto';
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { UsageError } from '#src/config/usage-error.js';
import type { SendMethod } from '../gige-vision/device/frame-sender.js';
import type { CameraModel } from '../simulator/models.js';
import { MAXIMUM_EXPOSURE_NS, MINIMUM_EXPOSURE_NS, type SimulatorOptions } from '../simulator/options.js';
import { SimulatedCamera } from '../simulator/simulated-camera.js';
import type { FrameSource, SourceDescription } from './frame-source.js';
import { openFrameSource } from './open-frame-source.js';
import type { Grant } from './recorded-times.js';
import type { FromReplay, ReplayStart, ToReplay } from './replay-messages.js';
import { type BlockTold, ReplayRun } from './replay-run.js';

/** Longest wait for room at the other side: frames that were lost on the way are never judged. */
const LONGEST_WAIT_MS = 2_000;
const FALLBACK_RATE = 10;

const tell = (message: FromReplay): void => {
  if (process.connected) process.send?.(message);
};

/** Blocks go out when their times are known at the other side and there is room for them. */
class Gate {
  #grant: Grant = { told: 0, until: 0 };
  #announced = 0;
  #wake: () => void = () => {};

  granted(grant: Grant): void {
    this.#grant = grant;
    this.#wake();
  }

  async announce({ blockId, time }: BlockTold): Promise<void> {
    const count = ++this.#announced;
    tell({ kind: 'block', blockId, time });
    const sinceMs = performance.now();
    for (;;) {
      const known = this.#grant.told >= count;
      const late = performance.now() - sinceMs >= LONGEST_WAIT_MS;
      if (known && (this.#grant.until >= count || late)) return;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, 100);
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }
}

const gate = new Gate();

async function start({ request, send }: ReplayStart): Promise<void> {
  const source = await openFrameSource(request);
  const events = {
    announce: (block: BlockTold) => gate.announce(block),
    played: () => tell({ kind: 'played' }),
    failed: (error: unknown) => fail(error),
    log: (message: string) => tell({ kind: 'log', message }),
  };
  const { description } = source;
  const camera = await SimulatedCamera.open(
    optionsFor(description, request.speed ?? 1, send),
    { index: 0, address: '127.0.0.1', port: 0, truth: null },
    { log: (message) => tell({ kind: 'log', message }), gone: () => {} },
    {
      serial: `replay-${createHash('sha256').update(description.name).digest('hex').slice(0, 8)}`,
      gpsHeader: description.time.rawHeader !== null,
      start: (setup) => new ReplayRun(source, setup, events, request),
    },
  );
  process.once('disconnect', () => void end(camera, source));
  tell({ kind: 'ready', address: camera.address, port: camera.port, mode: modeOf(description, request.speed ?? 1) });
}

async function end(camera: SimulatedCamera, source: FrameSource): Promise<void> {
  await camera.close();
  await source.close();
  process.exit(0);
}

function fail(error: unknown): void {
  const code = error instanceof AppulseError ? error.code : 'replay.unreadable';
  tell({ kind: 'failed', code, message: reasonOf(error), usage: error instanceof UsageError });
}

function modeOf({ time, frameRate, capture }: SourceDescription, speed: number) {
  const { rows, exposureNs } = time;
  const shutter: ShutterModel = {
    kind: rows.shutter,
    linePeriodNs: rows.shutter === 'global' ? 0n : rows.linePeriodNs,
    rowZeroEndOffsetNs: rows.shutter === 'global' ? 0n : rows.rowZeroEndOffsetNs,
    rowPairs: rows.rowPairs,
    origin: rows.origin,
  };
  const rate = frameRate === null ? null : frameRate * speed;
  return { frameRate: rate, exposureNs, shutter, rowDirection: rows.rowDirection, capture };
}

/** A simulated camera that has the recorded frames' shape. */
function optionsFor(description: SourceDescription, speed: number, send: SendMethod): SimulatorOptions {
  const { pixelFormat: format, width, height, offsetX, offsetY, time, frameRate } = description;
  const fps = Math.max(0.001, (frameRate ?? FALLBACK_RATE) * speed);
  const { shutter } = modeOf(description, speed);
  const longer = time.exposureNs > MINIMUM_EXPOSURE_NS ? time.exposureNs : MINIMUM_EXPOSURE_NS;
  const exposureNs = longer < MAXIMUM_EXPOSURE_NS ? longer : MAXIMUM_EXPOSURE_NS;
  const model: CameraModel = {
    name: description.cameraName.replace(/[^\w.-]+/g, '-').slice(0, 31) || 'replay',
    code: 'replay',
    description: 'frames that were recorded',
    sensorWidth: offsetX + width,
    sensorHeight: offsetY + height,
    formats: [format.name],
    adcBits: description.bitDepth,
    defaultFps: fps,
    maximumFps: Math.max(fps, 1_000),
    defaultExposureNs: exposureNs,
    shutter,
    ...{ electronsPerUnit: 1, offsetUnits: 0, readNoiseElectrons: 0, skyElectronsPerSecond: 0, psfSigma: 1 },
  };
  return {
    model,
    ...{ addresses: ['127.0.0.1'], port: 0, count: 1, fps, format, width, height, offsetX, offsetY, exposureNs },
    ...{ gainDb: 0, scene: 'noise', seed: 1, gps: 'locked', send, ids: '64', packetSize: null },
    faults: {
      loss: 0,
      burstLoss: { probability: 0, packets: 1 },
      reorder: { probability: 0, depth: 1, withinFrame: false },
      duplicate: 0,
      corrupt: 0,
      stall: { probability: 0, milliseconds: 0 },
      frameGap: 0,
      vanish: null,
    },
    clockFaults: [],
    originUtcNs: null,
    leaderScale: 'utc',
    lateness: { startNs: 0n, endNs: 0n },
    // A slot is used again when its frame has left.
    ...{ resend: false, historyFrames: 0, truth: null, frames: null, firstBlock: 1n, exitWithParent: true },
  };
}

process.on('message', (message: ToReplay) => {
  if (message.kind === 'grant') gate.granted(message.grant);
  else {
    start(message.start).catch((error: unknown) => {
      fail(error);
      process.disconnect();
      process.exitCode = 1;
    });
  }
});
// Ctrl-C and the end of a terminal go to the whole group; the session ends the replay when it has ended itself.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
// Nobody reads it any more: that does not end a replay.
process.stderr.on('error', () => {});
