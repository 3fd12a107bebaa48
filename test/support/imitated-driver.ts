/**
 * A driver of an imitated camera, for tests of what stands between a driver and the engine: frames with a GPS header and, where asked
 * for, a Toupcam frame info; controls of each type; faults on request. APPULSE_SDK_DRIVER names its file; IMITATED_CAMERA sets it.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { type PixelFormat, payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { Control, ControlDeclaration, ControlValue } from '#src/cameras/controls.js';
import { clockPair } from '#src/cameras/gige-vision/device/frame-sender.js';
import { SdkError } from '#src/cameras/sdk/library.js';
import type {
  FrameSink,
  SdkCamera,
  SdkDriver,
  SdkEvent,
  SdkFrame,
  SdkMode,
  Sensor,
  StreamRequest,
} from '#src/cameras/sdk/sdk-camera.js';
import { imitatedControls } from './imitated-controls.js';
import {
  headerOf,
  type ImitatedCamera,
  ImitatedFrames,
  type ImitatedTruth,
  imitatedSettings,
  infoOf,
  MODEL,
  SERIAL,
} from './imitated-frames.js';

class ImitatedSdkCamera implements SdkCamera {
  readonly identity = { vendor: 'Imitated & Sons', model: MODEL, serial: SERIAL, version: '1.2' };
  readonly sensor: Sensor;
  readonly versions = { library: '26.1.1', firmware: '2026-01-01' };
  readonly #camera: ImitatedCamera;
  readonly #event: (event: SdkEvent) => void;
  readonly #declared: readonly ControlDeclaration[];
  readonly #values: Map<string, ControlValue>;
  #frames = 0;
  #since = 0;
  #timer: NodeJS.Timeout | null = null;
  #ended: (() => void) | null = null;
  #sink: FrameSink | null = null;
  /** End of exposure of frame 0 of this stream. */
  #originUtcNs = 0n;

  constructor(camera: ImitatedCamera, event: (event: SdkEvent) => void) {
    this.#camera = camera;
    this.#event = event;
    const all = imitatedControls(camera);
    this.#declared = all.map(([declared]) => declared);
    this.#values = new Map(all.map(([{ name }, value]) => [name, value]));
    const { width, height } = camera;
    this.sensor = { width, height, pixelWidthUm: 3.76, pixelHeightUm: 3.76, adcBits: 12, color: false };
  }

  controls(): readonly Control[] {
    const burst = this.#values.get('BurstMode') === true;
    return this.#declared.map((declared) => ({
      ...declared,
      value: this.#values.get(declared.name) ?? null,
      unavailable: /^Burst(Start|End|Count)$/.test(declared.name) && !burst ? 'needs burst mode' : null,
    }));
  }

  async set(name: string, value: ControlValue): Promise<readonly Control[]> {
    if (name === 'SlowAnswer') await new Promise((done) => setTimeout(done, Number(value)));
    if (name === 'Fault' && this.#values.get('FaultAfter') === 0) this.#fault(String(value));
    if (name === 'Gain' && value === 66) throw new SdkError('sdk.refused', 'the library does not like 66');
    this.#values.set(name, value);
    return this.controls().filter((control) => control.name === name);
  }

  mode(): SdkMode {
    const { height, fps, gpsHeader, info, spareBytes } = this.#camera;
    const width = Number(this.#values.get('Width'));
    const pixelFormat = pixelFormatByName(String(this.#values.get('PixelFormat'))) as PixelFormat;
    return {
      ...{ width, height, offsetX: 0, offsetY: 0, pixelFormat, binningX: 1, binningY: 1 },
      bufferBytes: payloadBytesOf(pixelFormat, width, height) + spareBytes,
      frameRate: fps,
      exposureNs: this.#exposureNs,
      shutter: { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false },
      gpsHeader,
      readMode: 'Standard',
      infoBytes: info ? 104 : 0,
    };
  }

  get #periodNs(): bigint {
    return BigInt(Math.round(1e7 / this.#camera.fps)) * 100n;
  }

  get #exposureNs(): bigint {
    return BigInt(Math.round(Number(this.#values.get('ExposureTime')) * 1_000));
  }

  async start(request: StreamRequest, sink: FrameSink): Promise<{ readonly ended: Promise<void> }> {
    const mode = this.mode();
    const pixelBytes = payloadBytesOf(mode.pixelFormat, mode.width, mode.height);
    const frames = new ImitatedFrames(pixelBytes);
    this.#sink = sink;
    const burst = request.kind === 'burst' ? request.bursts * (request.end - request.start - 1) : 0;
    const most =
      request.kind === 'live' ? Number.POSITIVE_INFINITY : request.kind === 'single' ? request.frames : burst;
    this.#since = 0;
    const beginMs = performance.now();
    this.#originUtcNs = (clockPair()[0] / 100n) * 100n - 1_000_000n - this.#periodNs * BigInt(this.#frames);
    const ended = new Promise<void>((done) => {
      this.#ended = done;
    });
    const periodMs = 1_000 / this.#camera.fps;
    const next = () => {
      const late = Math.min(20, Math.floor((performance.now() - beginMs) / periodMs) - this.#since);
      for (let i = 0; i < late && this.#since < most; i++) this.#frame(mode, frames, sink);
      if (this.#since >= most) this.#ended?.();
      else this.#timer = setTimeout(next, Math.max(1, beginMs + (this.#since + 1) * periodMs - performance.now()));
    };
    next();
    return { ended };
  }

  #frame(mode: SdkMode, frames: ImitatedFrames, sink: FrameSink): void {
    const n = ++this.#frames;
    this.#since++;
    const fault = this.#values.get('Fault');
    const due = fault !== 'None' && this.#since === Number(this.#values.get('FaultAfter'));
    if (due) this.#fault(String(fault));
    const slot = sink.take();
    if (slot === null) {
      if (!this.#camera.counts) sink.event({ kind: 'frames-lost', frames: 1, cause: 'no memory was free for it' });
      return;
    }
    if (due && fault === 'Lose') {
      sink.giveBack(slot);
      return;
    }
    const pixels = frames.frame(n);
    slot.bytes.set(pixels);
    const arrivedUtcNs = clockPair()[0];
    // On the beat of the camera, whenever the frame gets here.
    const endUtcNs = this.#originUtcNs + this.#periodNs * BigInt(n);
    const header = headerOf(n, endUtcNs, this.#camera, mode.exposureNs);
    if (mode.gpsHeader) slot.bytes.set(header);
    const wrong = due && fault === 'WrongSize' ? 1 : 0;
    const frame: SdkFrame = {
      pixelBytes: pixels.length - wrong,
      width: mode.width,
      height: mode.height,
      sequence: this.#camera.counts ? n : null,
      arrivedUtcNs,
      info: mode.infoBytes > 0 ? infoOf(n, endUtcNs, this.#camera, mode.exposureNs) : null,
    };
    this.#tellTruth({
      n,
      endUtcNs: String(endUtcNs),
      arrivedUtcNs: String(arrivedUtcNs),
      header: Buffer.from(header).toString('hex'),
    });
    sink.put(slot, frame);
  }

  #tellTruth(truth: ImitatedTruth): void {
    if (this.#camera.truth !== null) appendFileSync(this.#camera.truth, `${JSON.stringify(truth)}\n`);
  }

  #fault(fault: string): void {
    if (fault === 'None') return;
    const { faultOnce } = this.#camera;
    if (faultOnce !== null) {
      if (existsSync(faultOnce)) return;
      writeFileSync(faultOnce, fault);
    }
    if (fault === 'Crash') process.kill(process.pid, 'SIGSEGV');
    else if (fault === 'Abort') process.kill(process.pid, 'SIGABRT');
    else if (fault === 'Hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    else if (fault === 'Unplug') this.#event({ kind: 'lost', reason: 'the camera was unplugged' });
    else if (fault === 'Exception')
      setImmediate(() => {
        throw new Error('the imitated driver has a mistake');
      });
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { lostAtEnd } = this.#camera;
    if (this.#sink !== null && lostAtEnd > 0) {
      this.#sink.event({ kind: 'frames-lost', frames: lostAtEnd, cause: 'the library threw them away' });
    }
    this.#sink = null;
    this.#ended?.();
  }

  async poll(): Promise<readonly Control[]> {
    const before = Number(this.#values.get('DeviceTemperature'));
    this.#values.set('DeviceTemperature', before - 0.125);
    return this.controls().filter(({ name }) => name === 'DeviceTemperature');
  }

  close(): Promise<void> {
    return this.stop();
  }
}

export const driver: SdkDriver = {
  scheme: 'qhy',
  find: async () => [
    { uri: `qhy:${SERIAL}`, vendor: 'Imitated & Sons', model: MODEL, serial: SERIAL, unavailable: null },
  ],
  open: async (id, _options, event) => {
    if (id !== '' && id !== SERIAL) throw new SdkError('sdk.no-camera', `no camera ${id} is connected`);
    return new ImitatedSdkCamera(imitatedSettings(), event);
  },
};
